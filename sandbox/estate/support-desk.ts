/** The identity by which Keymend asks Microsoft support, with what its deployment gives it for that. */
import { addCustomRole, assignRole } from "../azure/authorization/build.ts";
import { addIdentity } from "../azure/managed-identity/build.ts";
import type { ManagedIdentityState, World } from "../azure/world.ts";
import { readSupportCaller } from "./deployed-roles.ts";
import { KEYMEND, REGION } from "./patient.ts";

export function addSupportCaller(world: World): ManagedIdentityState {
  const identity = addIdentity(world, { resourceGroup: KEYMEND, name: "id-keymend-support", location: REGION, keymend: true });
  const { principalId } = identity;
  const { roleName, permissions } = readSupportCaller(principalId, { name: "keymend", subscriptionId: world.subscriptionId });
  const scope = `/subscriptions/${world.subscriptionId}`;
  const role = addCustomRole(world, { roleName, assignableScopes: [scope] });
  role.permissions = permissions;
  assignRole(world, { principalId, role: role.name, scope });
  return identity;
}
