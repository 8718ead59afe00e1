/**
 * Makes a key that is not there, by Azure Resource Manager: of a key that is there it makes no second version and changes nothing (Microsoft
 * Learn, REST reference of Microsoft.KeyVault, "Keys - Create If Not Exist"), as the data plane would.
 */
import { keyScopeOf } from "../arm-id.ts";
import { azRest } from "./az.ts";
import { actions, keyBecomesLive, keyUrl, type StepSpec, touchesKey } from "./spec.ts";

const API_VERSION = "2026-02-01";

/** RSA of 3072 bits, as the guides advise (Microsoft Learn, "Configure customer-managed keys ... with Azure Key Vault"); it never expires. */
export const NEW_KEY = { kty: "RSA", keySize: 3072 };

export const createKey: StepSpec<"CreateKey"> = {
  capability: "keys",
  permission: () => actions("Microsoft.KeyVault/vaults/keys/write"),
  undo: ({ key }) => `delete key ${key}, once nothing wraps with it; its name is taken until it is purged`,
  az: ({ vaultId, key }) => [azRest("put", keyScopeOf(vaultId, key), API_VERSION, { properties: NEW_KEY })],
  on: keyUrl,
  touches: touchesKey,
  about: null,
  tells: null,
  key: (params) => [keyUrl(params).toLowerCase()],
  sets: null,
  precondition: (params, facts) => keyBecomesLive(params, facts, "gone"),
  shows: null,
  beside: null,
  takenBackBy: null,
  merge: null,
  // Another key of the same name unwraps nothing that the one before has wrapped.
  forbids: () => "a key is made only where somebody wants just that",
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
