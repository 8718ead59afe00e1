/** An identity as ARM and Resource Graph show it. */
import { type JsonObject, type ManagedIdentityState, tenantOf, type World } from "../world.ts";

export const IDENTITY_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities";

/** The order of members changed with 2022-01-31-preview. */
export function renderIdentity(world: World, identity: ManagedIdentityState, apiVersion: string): JsonObject {
  const { id, name, location, tags, principalId, clientId } = identity;
  const properties = { tenantId: tenantOf(world, id), principalId, clientId };
  return apiVersion < "2022"
    ? { id, name, type: IDENTITY_TYPE, location, tags, properties }
    : { location, tags, id, name, type: IDENTITY_TYPE, properties };
}
