/** Puts back the key operations that a database needs. The write carries the whole set, so it must rest on the present one. */
import { az } from "./az.ts";
import { findVersion, isStale, onVersion, stale, type StepSpec, versionUrl } from "./spec.ts";

export const restoreKeyOperations: StepSpec<"RestoreKeyOperations"> = {
  permission: () => "Microsoft.KeyVault/vaults/keys/update/action",
  undo: (params) => `take the operations that were put back off version ${params.version} of key ${params.key} again`,
  az: (params) => [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), "--ops", ...params.operations)],
  on: versionUrl,
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
};
