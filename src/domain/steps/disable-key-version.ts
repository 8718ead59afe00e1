/** Disables one key version: the documented way to revoke a key (Microsoft Learn, "Configure customer-managed keys", How do I revoke an encryption key). */
import { az } from "./az.ts";
import { besideOnVersion } from "./beside.ts";
import { dataActions, findVersion, isStale, onVersion, type StepSpec, touchesIntent, versionUrl } from "./spec.ts";

export const disableKeyVersion: StepSpec<"DisableKeyVersion"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/update/action"),
  undo: (params) => `enable version ${params.version} of key ${params.key} again`,
  az: (params) => [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), "--enabled", "false")],
  on: versionUrl,
  touches: touchesIntent,
  about: null,
  tells: () =>
    "every database that wraps with it loses access within an hour or so, and up to an hour of writes before that may be missing from its backups",
  key: onVersion,
  sets: null,
  precondition: (params, facts) => {
    const version = findVersion(facts, params);
    if (isStale(version)) return version;
    return version.enabled ? "todo" : "done";
  },
  shows: null,
  beside: (params, facts) => besideOnVersion(facts, params, "enabled"),
  takenBackBy: null,
  merge: null,
  // No repair takes access away.
  forbids: () => "a key is disabled only where somebody wants just that",
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
