/** Puts a value of one key version back to what it was before Keymend's own write, which came out as something else (undo.ts). */
import type { KeyVersionFacts } from "../facts.ts";
import { az, azTime } from "./az.ts";
import { besideOnVersion } from "./beside.ts";
import {
  dataActions,
  findVersion,
  isStale,
  type KeyAttribute,
  onVersion,
  shownVersion,
  stale,
  type StepSpec,
  touchesKey,
  versionUrl,
} from "./spec.ts";
import type { StepParams } from "./step.ts";

const KNOWN_AS: Record<KeyAttribute, { words: string; flag: string; beside: Parameters<typeof besideOnVersion>[2] }> = {
  expiresOn: { words: "its expiry", flag: "--expires", beside: "expiry" },
  notBefore: { words: "its activation", flag: "--not-before", beside: "activation" },
  operations: { words: "its operations", flag: "--ops", beside: "operations" },
};

const sorted = (value: string | readonly string[] | null | undefined): string =>
  JSON.stringify(typeof value === "object" ? value?.toSorted() : value);

const isBack = (version: KeyVersionFacts, { attribute, value }: StepParams["PutBackKeyVersion"]): boolean =>
  sorted(version[attribute]) === sorted(value);

export const putBackKeyVersion: StepSpec<"PutBackKeyVersion"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/update/action"),
  // It takes back what nobody asked for.
  undo: () => null,
  az: (params) => {
    const { attribute, value } = params;
    const values = typeof value === "string" ? [azTime(value)] : value;
    return [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), KNOWN_AS[attribute].flag, ...values)];
  },
  on: versionUrl,
  touches: touchesKey,
  about: ({ attribute }) => `${KNOWN_AS[attribute].words} as it was before Keymend's own write`,
  tells: null,
  key: (params) => [...onVersion(params), params.attribute],
  sets: null,
  precondition: (params, facts) => {
    const version = findVersion(facts, params);
    if (isStale(version)) return version;
    if (isBack(version, params)) return "done";
    // What somebody has set since is theirs.
    return version.updatedOn === params.writtenOn ? "todo" : stale(`version ${params.version} of key ${params.key} was changed since`);
  },
  shows: (params, facts) => {
    const shown = shownVersion(facts, params);
    return shown && sorted(shown[params.attribute]);
  },
  beside: (params, facts) => besideOnVersion(facts, params, KNOWN_AS[params.attribute].beside),
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: true,
  switchesIdentity: false,
  counts: null,
};
