/** Takes an ARM id apart for the SDKs, which want its pieces. */
import { parseArmId } from "../domain/arm-id.ts";
import { InvariantError } from "../domain/errors.ts";

/** `name` is that of the resource itself, also where the id goes on to a child such as a key. */
export type ResourcePath = { subscriptionId: string; resourceGroup: string; name: string };

export function parseResourcePath(id: string): ResourcePath {
  const { subscriptionId, resourceGroup, names } = parseArmId(id) ?? {};
  const name = names?.[0];
  if (!subscriptionId || !resourceGroup || !name) throw new InvariantError(`${id} is no id of a resource in a resource group`);
  return { subscriptionId, resourceGroup, name };
}

/** For the SDK operations that put a scope or a whole id behind a slash of their own, and escape nothing in it. */
export function scopePath(id: string): string {
  if (!parseArmId(id)) throw new InvariantError(`${id} is no id of a resource or scope`);
  return id.replace(/^\/+/, "");
}
