/** Puts back the key operations that a database needs. The write carries the whole set, so it must rest on the present one. */
import { az } from "./az.ts";
import { besideOnVersion, moreThan } from "./beside.ts";
import {
  dataActions,
  findVersion,
  isStale,
  onVersion,
  putsBack,
  shownVersion,
  stale,
  type StepSpec,
  touchesKey,
  versionUrl,
  withAll,
} from "./spec.ts";

const ALLOWED: readonly string[] = ["wrapKey", "unwrapKey"];

export const restoreKeyOperations: StepSpec<"RestoreKeyOperations"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/update/action"),
  undo: (params) => `take the operations that were put back off version ${params.version} of key ${params.key} again`,
  az: (params) => [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), "--ops", ...params.operations)],
  on: versionUrl,
  touches: touchesKey,
  about: null,
  tells: null,
  key: onVersion,
  sets: ({ operations }) => operations.toSorted(),
  precondition: (params, facts) => {
    const version = findVersion(facts, params);
    if (isStale(version)) return version;
    const { operations } = version;
    if (operations === null) return stale("the key operations could not be read");
    if (params.operations.every((operation) => operations.includes(operation))) return "done";
    return operations.every((operation) => params.operations.includes(operation)) ? "todo" : stale("the key operations were changed");
  },
  shows: (params, facts) => shownVersion(facts, params)?.operations?.toSorted(),
  beside: (params, facts) => {
    const others = besideOnVersion(facts, params, "operations");
    return others && { ...others, ...moreThan("operations", shownVersion(facts, params)?.operations, params.operations) };
  },
  takenBackBy: (params) => putsBack(params, "operations", null),
  merge: (first, second) => ({ ...first, operations: withAll(first.operations, second.operations) }),
  // Key Vault REST reference, "Update Key": key_ops is replaced as a whole, so that what is there has to be sent along.
  forbids: ({ vaultUri, key, version, operations }, { facts }) => {
    const live = facts.keys.find((one) => one.name.toLowerCase() === key.toLowerCase());
    const now = live?.state === "live" ? (live.versions.find((one) => one.version === version)?.operations ?? []) : [];
    const more = operations.filter((operation) => !now.includes(operation) && !ALLOWED.includes(operation));
    return more.length === 0 ? undefined : `${vaultUri}/keys/${key} would get ${more.join(", ")}, which no database needs`;
  },
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
