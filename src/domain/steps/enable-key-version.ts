/** Enables one key version. */
import { az } from "./az.ts";
import { besideOnVersion } from "./beside.ts";
import { dataActions, findVersion, isStale, onVersion, type StepSpec, touchesKey, versionUrl } from "./spec.ts";

export const enableKeyVersion: StepSpec<"EnableKeyVersion"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/update/action"),
  undo: (params) => `disable version ${params.version} of key ${params.key} again: every database that wraps with it loses access`,
  az: (params) => [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), "--enabled", "true")],
  on: versionUrl,
  touches: touchesKey,
  about: null,
  tells: null,
  key: onVersion,
  sets: null,
  precondition: (params, facts) => {
    const version = findVersion(facts, params);
    if (isStale(version)) return version;
    return version.enabled ? "done" : "todo";
  },
  shows: null,
  beside: (params, facts) => besideOnVersion(facts, params, "enabled"),
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
