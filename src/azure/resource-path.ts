/** Takes an ARM id apart for the SDKs, which want its pieces. */
import { InvariantError } from "../domain/errors.ts";

export type ResourcePath = { subscriptionId: string; resourceGroup: string; name: string };

/** Of a resource in a resource group, in any casing: identities come back with `resourcegroups`. */
export function parseResourcePath(id: string): ResourcePath {
  const match = /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/[^/]+\/[^/]+\/([^/]+)/i.exec(id);
  const [, subscriptionId, resourceGroup, name] = match ?? [];
  if (!subscriptionId || !resourceGroup || !name) throw new InvariantError(`${id} is no id of a resource in a resource group`);
  return { subscriptionId, resourceGroup, name };
}
