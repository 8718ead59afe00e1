/**
 * Whether a name is free, and managed HSMs: none is here, which is an answer too. Shapes: azure-rest-api-specs Microsoft.KeyVault
 * keyvault.json and managedHsm.json, CheckNameAvailability, CheckMhsmNameAvailability, ManagedHsms_List*.
 */
import { textAt, objectAt } from "../json.ts";
import type { Call, Reply, Route } from "../routes.ts";
import { PROVIDER } from "./operation-results.ts";
import { groupIdOf, subscriptionIdOf, vaultNamed } from "./vault-state.ts";

const none = (): Reply => ({ status: 200, body: { value: [] } });

/** Soft-deleted vaults keep their names (Key Vault: soft-delete-overview.md). */
function checkVault(call: Call): Reply {
  const name = textAt(objectAt(call.body)["name"]);
  if (!vaultNamed(call.world, name)) return { status: 200, body: { nameAvailable: true } };
  const message = `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken.`;
  return { status: 200, body: { nameAvailable: false, reason: "AlreadyExists", message } };
}

const check = { method: "POST", action: "Microsoft.KeyVault/checkNameAvailability/read", scopeOf: subscriptionIdOf } as const;
const hsms = { method: "GET", action: "Microsoft.KeyVault/managedHSMs/read", handle: none } as const;

export const nameRoutes: Route[] = [
  { ...check, pattern: `${PROVIDER}/checkNameAvailability`, handle: checkVault },
  { ...check, pattern: `${PROVIDER}/checkMhsmNameAvailability`, handle: () => ({ status: 200, body: { nameAvailable: true } }) },
  { ...hsms, pattern: `${PROVIDER}/managedHSMs`, scopeOf: subscriptionIdOf },
  {
    ...hsms,
    pattern: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.KeyVault/managedHSMs",
    scopeOf: groupIdOf,
  },
  { ...hsms, pattern: `${PROVIDER}/deletedManagedHSMs`, action: "Microsoft.KeyVault/deletedManagedHsms/read", scopeOf: subscriptionIdOf },
];
