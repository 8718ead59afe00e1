/** Lays out containers, for estates and tests. */
import type { Container, World } from "../world.ts";

export function addContainer(
  world: World,
  { resourceGroup, account, name, takesPolicies }: { resourceGroup: string; account: string; name: string; takesPolicies: boolean },
): Container {
  const accounts = `/subscriptions/${world.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts`;
  const id = `${accounts}/${account}/blobServices/default/containers/${name}`;
  const container: Container = { id, account, name, takesPolicies, blobs: new Map() };
  world.containers.set(`${account}/${name}`, container);
  return container;
}
