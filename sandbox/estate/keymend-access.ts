/** What Keymend's own identity may do, role by role as its deployment grants it, with all repairs allowed. */
import { addCustomRole, assignRole } from "../azure/authorization/build.ts";
import { ROLE } from "../azure/authorization/builtin-roles.ts";
import type { ManagedIdentityState, Vault, World } from "../azure/world.ts";

const WATCHER = [
  "Microsoft.DocumentDB/databaseAccounts/read",
  "Microsoft.DocumentDB/mongoClusters/read",
  "Microsoft.DocumentDB/locations/*/read",
  "Microsoft.DocumentDB/databaseAccounts/operationResults/read",
  "Microsoft.KeyVault/vaults/read",
  "Microsoft.KeyVault/vaults/keys/read",
  "Microsoft.KeyVault/vaults/keys/versions/read",
  "Microsoft.KeyVault/deletedVaults/read",
  "Microsoft.KeyVault/locations/deletedVaults/read",
  "Microsoft.ManagedIdentity/userAssignedIdentities/read",
  "Microsoft.Authorization/roleAssignments/read",
  "Microsoft.Authorization/roleDefinitions/read",
  "Microsoft.Authorization/denyAssignments/read",
  "Microsoft.Authorization/locks/read",
  "Microsoft.EventGrid/systemTopics/read",
  "Microsoft.EventGrid/systemTopics/eventSubscriptions/read",
  "Microsoft.Resources/subscriptions/resourceGroups/read",
];

const MENDER = [
  "Microsoft.DocumentDB/databaseAccounts/write",
  "Microsoft.DocumentDB/mongoClusters/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
  "Microsoft.EventGrid/systemTopics/eventSubscriptions/write",
  "Microsoft.Web/sites/functions/read",
  "Microsoft.KeyVault/vaults/accessPolicies/write",
  "Microsoft.KeyVault/vaults/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/write",
];

/** Reads, updates and recovers keys; can't use, create or delete them. Granted vault by vault, so it is lost with a vault. */
const KEY_KEEPER = [
  "Microsoft.KeyVault/vaults/keys/read",
  "Microsoft.KeyVault/vaults/keys/update/action",
  "Microsoft.KeyVault/vaults/keys/recover/action",
];

/** The same on a vault with access policies. */
export const KEYMEND_KEY_PERMISSIONS = ["get", "list", "update", "recover"];

/**
 * May grant one role, to service principals other than itself, and take nothing away
 * (Azure RBAC, "Delegate Azure role assignment management to others with conditions").
 */
const grantsOnly = (ownId: string): string => `(
 (!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}))
 OR
 (
  @Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${ROLE.keyVaultCryptoServiceEncryptionUser}}
  AND
  @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}
  AND
  @Request[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAllValues:GuidNotEquals {${ownId}}
 )
)
AND
(
 (!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'}))
)`;

export function grantKeymend(world: World, { principalId }: ManagedIdentityState, vaults: readonly Vault[]): void {
  const scope = `/subscriptions/${world.subscriptionId}`;
  const watcher = addCustomRole(world, { roleName: "Keymend Watcher", actions: WATCHER });
  const mender = addCustomRole(world, { roleName: "Keymend Mender", actions: MENDER });
  const granter = addCustomRole(world, { roleName: "Keymend Granter", actions: ["Microsoft.Authorization/roleAssignments/write"] });
  const keyKeeper = addCustomRole(world, { roleName: "Keymend Key Keeper", dataActions: KEY_KEEPER });
  for (const role of [watcher, mender]) assignRole(world, { principalId, role: role.name, scope });
  assignRole(world, { principalId, role: granter.name, scope, condition: grantsOnly(principalId) });
  for (const vault of vaults) assignRole(world, { principalId, role: keyKeeper.name, scope: vault.id });
}
