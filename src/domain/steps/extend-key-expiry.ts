/** Moves the expiry of one key version. A new version instead would not help: a database wraps with the version it is on. */
import { parseKeyUri } from "../key-uri.ts";
import { toMs } from "../time.ts";
import { az, azTime } from "./az.ts";
import { besideOnVersion } from "./beside.ts";
import {
  dataActions,
  findVersion,
  isStale,
  keyUrl,
  onVersion,
  putsBack,
  shownVersion,
  stale,
  type StepSpec,
  touchesKey,
  versionUrl,
} from "./spec.ts";
import type { StepParams } from "./step.ts";

/** Under this it is kept how often the expiry of a key version was moved. */
export const counterOf = (params: StepParams["EnableKeyVersion"]): string =>
  `${parseKeyUri(keyUrl(params)).vaultName}/${params.key}/${params.version}`.toLowerCase();

export const extendKeyExpiry: StepSpec<"ExtendKeyExpiry"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/update/action"),
  // Key Vault has no way to take an expiry off again, and accepts one in the past (recorded: Azure/azure-sdk-for-js keyvault-keys).
  undo: ({ previous }) =>
    previous === null ? null : `set the expiry back to ${previous}; if that has passed, the key stops wrapping at once`,
  az: (params) => [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), "--expires", azTime(params.expiresOn))],
  on: versionUrl,
  touches: touchesKey,
  about: null,
  tells: null,
  key: onVersion,
  sets: null,
  precondition: (params, facts) => {
    const version = findVersion(facts, params);
    if (isStale(version)) return version;
    if (version.expiresOn === null || toMs(version.expiresOn) >= toMs(params.expiresOn)) return "done";
    if (version.expiresOn !== params.previous) return stale(`the expiry was changed to ${version.expiresOn}`);
    return toMs(params.expiresOn) > toMs(facts.at) ? "todo" : stale("the expiry to set has passed");
  },
  shows: (params, facts) => shownVersion(facts, params)?.expiresOn,
  beside: (params, facts) => besideOnVersion(facts, params, "expiry"),
  takenBackBy: (params) => putsBack(params, "expiresOn", params.expiresOn),
  merge: null,
  forbids: ({ expiresOn, previous }, { facts, settings }) => {
    // Key Vault takes an expiry in the past without a word, and never takes one off again (recorded: Azure/azure-sdk-for-js keyvault-keys,
    // recording_can_update_a_disabled_key.js).
    if (previous === null) return "a version without an expiry is given none";
    if (toMs(expiresOn) <= toMs(facts.at)) return "an expiry is never set in the past";
    if (toMs(expiresOn) <= toMs(previous))
      return `the expiry is ${previous}, and ${expiresOn} is the furthest that may be set: rotate the key`;
    return toMs(expiresOn) > toMs(facts.at) + settings.expiryHorizonMs ? "an expiry is never moved beyond the horizon" : undefined;
  },
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: (params) => ({ keyVersion: counterOf(params), count: params.extensions }),
};
