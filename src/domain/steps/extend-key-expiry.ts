/** Moves the expiry of one key version. A new version instead would not help: a database wraps with the version it is on. */
import { toMs } from "../time.ts";
import { az, azTime } from "./az.ts";
import { findVersion, isStale, onVersion, stale, type StepSpec, versionUrl } from "./spec.ts";

export const extendKeyExpiry: StepSpec<"ExtendKeyExpiry"> = {
  permission: () => "Microsoft.KeyVault/vaults/keys/update/action",
  // Key Vault has no way to take an expiry off again, and accepts one in the past (recorded: Azure/azure-sdk-for-js keyvault-keys).
  undo: ({ previous }) =>
    previous === null ? null : `set the expiry back to ${previous}; if that has passed, the key stops wrapping at once`,
  az: (params) => [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), "--expires", azTime(params.expiresOn))],
  on: versionUrl,
  key: onVersion,
  precondition: (params, facts) => {
    const version = findVersion(facts, params);
    if (isStale(version)) return version;
    if (version.expiresOn === null || toMs(version.expiresOn) >= toMs(params.expiresOn)) return "done";
    if (version.expiresOn !== params.previous) return stale(`the expiry was changed to ${version.expiresOn}`);
    return toMs(params.expiresOn) > toMs(facts.at) ? "todo" : stale("the expiry to set has passed");
  },
};
