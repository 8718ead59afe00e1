/** Brings a soft-deleted key back, with all its versions. */
import { parseKeyUri } from "../key-uri.ts";
import { az } from "./az.ts";
import { dataActions, keyBecomesLive, keyUrl, type StepSpec, touchesKey } from "./spec.ts";

export const recoverKey: StepSpec<"RecoverKey"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/recover/action"),
  undo: ({ key }) => `delete key ${key} again: every database that wraps with it loses access`,
  az: (params) => [az("keyvault", "key", "recover", "--vault-name", parseKeyUri(keyUrl(params)).vaultName ?? "", "--name", params.key)],
  on: keyUrl,
  touches: touchesKey,
  about: null,
  // Azure does not document whether role assignments at a key's own scope outlive it.
  tells: () => "role assignments at the key itself may not come back with it: what is missing then is told at the end",
  key: (params) => [keyUrl(params).toLowerCase()],
  sets: null,
  precondition: (params, facts) => keyBecomesLive(params, facts, "deleted"),
  shows: null,
  beside: null,
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
