/** What Keymend's own identity may do, as its deployment grants it: one custom role, one conditioned right to grant, no more. */
import { addCustomRole, assignRole } from "./azure/authorization/build.ts";
import { ROLE } from "./azure/authorization/builtin-roles.ts";
import type { ManagedIdentityState, World } from "./azure/world.ts";

/** Reading for the diagnosis, and the writes that repairs need; granting and the data plane come separately. */
const ACTIONS = [
  "Microsoft.Resources/subscriptions/read",
  "Microsoft.Resources/subscriptions/resourceGroups/read",
  "Microsoft.DocumentDB/databaseAccounts/read",
  "Microsoft.DocumentDB/databaseAccounts/write",
  "Microsoft.DocumentDB/databaseAccounts/operationResults/read",
  "Microsoft.DocumentDB/mongoClusters/read",
  "Microsoft.DocumentDB/mongoClusters/write",
  "Microsoft.DocumentDB/locations/*/read",
  "Microsoft.KeyVault/vaults/read",
  "Microsoft.KeyVault/vaults/write",
  "Microsoft.KeyVault/vaults/accessPolicies/write",
  "Microsoft.KeyVault/vaults/keys/read",
  "Microsoft.KeyVault/vaults/keys/versions/read",
  "Microsoft.KeyVault/deletedVaults/read",
  "Microsoft.KeyVault/locations/deletedVaults/read",
  "Microsoft.KeyVault/locations/operationResults/read",
  "Microsoft.ManagedIdentity/userAssignedIdentities/read",
  "Microsoft.ManagedIdentity/userAssignedIdentities/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
  "Microsoft.Authorization/roleAssignments/read",
  "Microsoft.Authorization/roleDefinitions/read",
  "Microsoft.Authorization/denyAssignments/read",
  "Microsoft.Authorization/locks/read",
  "Microsoft.EventGrid/systemTopics/read",
  "Microsoft.EventGrid/systemTopics/eventSubscriptions/read",
  "Microsoft.EventGrid/systemTopics/eventSubscriptions/write",
  "Microsoft.EventGrid/locations/*/read",
  "Microsoft.ResourceGraph/resources/read",
  "Microsoft.Insights/eventtypes/values/read",
];

/** Less than any built-in role with recover (Key Vault Crypto Officer): no create, no delete, no rotate, no use of the key itself. */
const DATA_ACTIONS = [
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

export function grantKeymend(world: World, identity: ManagedIdentityState): void {
  const scope = `/subscriptions/${world.subscriptionId}`;
  const role = addCustomRole(world, { roleName: "Keymend", actions: ACTIONS, dataActions: DATA_ACTIONS });
  assignRole(world, { principalId: identity.principalId, role: role.name, scope });
  assignRole(world, {
    principalId: identity.principalId,
    role: ROLE.rbacAdministrator,
    scope,
    condition: grantsOnly(identity.principalId),
  });
}
