/** The operations that can have made a loss. Who touches a vault afterwards, or something else on it, has not made it. */
import type { LogOperation, Operation } from "../signal.ts";

export const ASSIGNMENT: readonly Operation[] = [
  "microsoft.authorization/roleassignments/delete",
  "microsoft.authorization/roleassignments/write",
];
/** Role assignments do not move with a resource (Microsoft Learn, "Move Azure resources to a new resource group or subscription"). */
export const MOVED: readonly Operation[] = ["microsoft.resources/subscriptions/resourcegroups/moveresources/action"];
export const DENIAL: readonly Operation[] = ["microsoft.authorization/denyassignments/write"];
export const PERIMETER: readonly Operation[] = ["microsoft.network/networksecurityperimeters/resourceassociations/write"];
export const VAULT: readonly Operation[] = ["microsoft.keyvault/vaults/write"];
export const POLICY: readonly Operation[] = ["microsoft.keyvault/vaults/accesspolicies/write"];
export const DATABASE: readonly Operation[] = ["microsoft.documentdb/databaseaccounts/write", "microsoft.documentdb/mongoclusters/write"];
const GROUP_DELETED: readonly Operation[] = ["microsoft.resources/subscriptions/resourcegroups/delete"];
export const VAULT_DELETED: readonly Operation[] = ["microsoft.keyvault/vaults/delete", ...GROUP_DELETED];
export const VAULT_GONE: readonly Operation[] = [...VAULT_DELETED, "microsoft.keyvault/locations/deletedvaults/purge/action"];
export const IDENTITY_DELETED: readonly Operation[] = ["microsoft.managedidentity/userassignedidentities/delete", ...GROUP_DELETED];
/** What happens to a key happens on the data plane, which Azure Resource Manager tells nobody of (Microsoft Learn, "Azure Monitor activity log": control-plane events only). */
export const NEW_VERSION: readonly LogOperation[] = ["keycreate", "keyimport", "keyrestore", "keyrotate", "keyrotateifdue"];
export const VERSION_CHANGED: readonly LogOperation[] = ["keyupdate"];
export const VERSION: readonly LogOperation[] = [...VERSION_CHANGED, ...NEW_VERSION];
export const KEY_DELETED: readonly LogOperation[] = ["keydelete"];
export const KEY_GONE: readonly LogOperation[] = [...KEY_DELETED, "keypurge"];
/** Heard of because they may mend a loss; they make none. */
export const ONLY_MENDS: readonly Operation[] = [
  "microsoft.authorization/denyassignments/delete",
  "microsoft.managedidentity/userassignedidentities/write",
  "microsoft.network/networksecurityperimeters/resourceassociations/delete",
];
/** Time, the service itself, or a sight that fails: nobody's operation. */
export const NOBODY: readonly Operation[] = [];
