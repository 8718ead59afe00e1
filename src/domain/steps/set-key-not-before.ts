/** Lets one key version be used from now on. */
import { toMs } from "../time.ts";
import { az, azTime } from "./az.ts";
import { besideOnVersion } from "./beside.ts";
import { dataActions, findVersion, isStale, onVersion, putsBack, shownVersion, type StepSpec, touchesKey, versionUrl } from "./spec.ts";

export const setKeyNotBefore: StepSpec<"SetKeyNotBefore"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/update/action"),
  undo: (params) => `set the activation date of version ${params.version} of key ${params.key} back to what the audit shows`,
  az: (params) => [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), "--not-before", azTime(params.notBefore))],
  on: versionUrl,
  touches: touchesKey,
  about: null,
  tells: null,
  key: onVersion,
  sets: null,
  precondition: (params, facts) => {
    const version = findVersion(facts, params);
    if (isStale(version)) return version;
    return version.notBefore === null || toMs(version.notBefore) <= toMs(facts.at) ? "done" : "todo";
  },
  shows: (params, facts) => shownVersion(facts, params)?.notBefore,
  beside: (params, facts) => besideOnVersion(facts, params, "activation"),
  takenBackBy: (params) => putsBack(params, "notBefore", params.notBefore),
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
