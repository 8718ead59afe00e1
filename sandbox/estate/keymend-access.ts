/** Gives Keymend's own identities the roles that its deployment gives them, with all repairs allowed. */
import { addCustomRole, assignRole } from "../azure/authorization/build.ts";
import type { ManagedIdentityState, Vault, World } from "../azure/world.ts";
import { type ByCapability, CAPABILITIES, type Capability, readDeployedRoles } from "./deployed-roles.ts";

export type KeymendIdentities = Record<Capability, ManagedIdentityState>;

/** What docs/deploy.md has set on a vault with access policies: as much as the roles on keys. */
export const KEYMEND_KEY_PERMISSIONS: ByCapability<string[]> = { observe: ["get", "list"], keys: ["update", "rotate", "recover"] };

/** As the setting names them. */
export const identitiesSetting = (identities: Readonly<Record<string, ManagedIdentityState>>): string =>
  Object.entries(identities)
    .map(([name, { clientId, principalId }]) => `${name}=${clientId}:${principalId}`)
    .join(",");

/** In one subscription, where these vaults are. */
export function grantKeymend(
  world: World,
  keymend: KeymendIdentities,
  vaults: readonly Vault[],
  subscriptionId = world.subscriptionId,
): void {
  const subscription = `/subscriptions/${subscriptionId}`;
  const places = {
    subscription: [subscription],
    vaultGroup: [...new Set(vaults.map(({ id }) => id.split("/providers/")[0]!))],
  };
  const observe = keymend.observe.principalId;
  const principals = Object.fromEntries(CAPABILITIES.map((capability) => [capability, keymend[capability].principalId]));
  const roles = readDeployedRoles({ ...principals, observe }, undefined, { name: "keymend", subscriptionId });
  for (const { roleName, permissions, assignments } of roles) {
    const role = addCustomRole(world, { roleName, assignableScopes: [subscription] });
    role.permissions = permissions;
    for (const { principalId, at, condition } of assignments)
      for (const scope of places[at])
        assignRole(world, { principalId, role: role.name, scope, ...(condition === undefined ? {} : { condition }) });
  }
}
