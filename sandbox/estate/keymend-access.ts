/** Gives Keymend's own identity the roles that its deployment gives it, with all repairs allowed. */
import { addCustomRole, assignRole } from "../azure/authorization/build.ts";
import type { ManagedIdentityState, Vault, World } from "../azure/world.ts";
import { EVERYTHING, readDeployedRoles } from "./deployed-roles.ts";

/** What docs/deploy.md has set on a vault with access policies: as much as the role on keys. */
export const KEYMEND_KEY_PERMISSIONS = ["get", "list", "update", "rotate", "recover"];

export function grantKeymend(world: World, keymend: ManagedIdentityState, vaults: readonly Vault[]): void {
  const { principalId } = keymend;
  const { roles, atVaults } = readDeployedRoles(EVERYTHING, principalId, { name: "keymend", subscriptionId: world.subscriptionId });
  const scope = `/subscriptions/${world.subscriptionId}`;
  for (const { symbol, roleName, permissions, isAssigned, condition } of roles) {
    const role = addCustomRole(world, { roleName });
    role.permissions = permissions;
    if (isAssigned) assignRole(world, { principalId, role: role.name, scope, ...(condition === undefined ? {} : { condition }) });
    if (symbol === atVaults) keyRoles.set(world, role.name);
  }
  grantKeymendAt(world, keymend, vaults);
}

/** The role that is granted vault by vault, so it is lost with a vault. */
const keyRoles = new WeakMap<World, string>();

export function grantKeymendAt(world: World, { principalId }: ManagedIdentityState, vaults: readonly Vault[]): void {
  const role = keyRoles.get(world);
  if (role !== undefined) for (const { id } of vaults) assignRole(world, { principalId, role, scope: id });
}
