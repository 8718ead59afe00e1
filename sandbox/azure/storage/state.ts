/** What storage accounts hold, as far as somebody has laid it out: containers and the versions of their blobs. */
import type { World } from "../world.ts";

/** until: ms. */
export type ImmutabilityPolicy = { until: number; mode: "locked" | "unlocked" };

export type BlobVersion = { versionId: string; content: string; lastModified: number; isCurrent: boolean; policy?: ImmutabilityPolicy };

/** Blob versioning is on for each: policies of single versions need it (Microsoft Learn, "Version-level WORM policies for immutable blob data"). */
export type Container = {
  /** ARM id. */
  id: string;
  account: string;
  name: string;
  /** immutableStorageWithVersioning */
  takesPolicies: boolean;
  /** By name, oldest version first. */
  blobs: Map<string, BlobVersion[]>;
};

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
