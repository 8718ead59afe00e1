/** What operations on one key share: the key as it was read, and the databases that wrap with it. */
import { sameId } from "../arm-id.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import type { Facts, KeyFacts, LiveVault } from "../facts.ts";
import { isSameKey, keyNameOf } from "../key-uri.ts";
import { az, type Lines, say } from "../steps/az.ts";
import { azOf } from "../steps/index.ts";
import type { StepParams } from "../steps/step.ts";
import { standingKeyTag } from "../steps/intent-tag.ts";
import { REVOKED_TAG, tagIn } from "../tags.ts";
import { type Requirement, standingRevocations } from "../wish.ts";
import { met, OUT_OF_SIGHT, requirement } from "./rows.ts";

export type OneKey = { keyUri: string };

/** What access goes by: a key, or a database's identity. */
export const isOfKey = (params: OneKey | { databaseId: string }): params is OneKey => "keyUri" in params;

/** What its databases call for is read anyway. */
export const NO_READS = { keys: [], identityIds: [] };

export const readsOfKey = (params: OneKey): { keys: string[]; identityIds: string[] } => ({
  keys: [keyNameOf(params.keyUri)],
  identityIds: [],
});

export const targetsOf = ({ keyUri }: OneKey, { targets }: Pick<Facts, "targets">): Facts["targets"] =>
  targets.filter((target) => isSameKey(target.keyUri ?? "", keyUri));

/**
 * Databases that could not be read and may wrap with the key: of one that was last seen well with another it is known that it does not. Nothing
 * is said of all databases of a key while one of these is left.
 */
export const unreadOf = ({ keyUri }: OneKey, { missing, baseline }: Pick<Facts, "missing" | "baseline">): string[] =>
  missing
    .filter(({ id, state }) => {
      const held = Object.entries(baseline?.holders ?? {}).find(([known]) => sameId(known, id));
      return state === "unreadable" && (held?.[1].key ?? keyNameOf(keyUri).toLowerCase()) === keyNameOf(keyUri).toLowerCase();
    })
    .map(({ id }) => id);

export type LiveKey = { vault: LiveVault; key: Extract<KeyFacts, { state: "live" }> };

export function liveKeyOf(params: OneKey, facts: Facts): LiveKey | undefined {
  const vault = liveVaultOf(facts);
  const key = facts.keys.find(({ name }) => name.toLowerCase() === keyNameOf(params.keyUri).toLowerCase());
  return vault && key?.state === "live" && key.versions.length > 0 ? { vault, key } : undefined;
}

export const onVersionOf = ({ vault, key }: LiveKey, version: string): StepParams["DisableKeyVersion"] => ({
  vaultId: vault.id,
  vaultUri: vault.uri,
  key: key.name,
  version,
});

function backOrAnother(params: OneKey, facts: Facts): Lines {
  const vault = liveVaultOf(facts);
  const name = keyNameOf(params.keyUri);
  const key = facts.keys.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const list = vault ? [az("keyvault", "key", "list", "--vault-name", vault.name)] : [];
  if (!vault || key?.state !== "deleted")
    return [say("name a key that is there; GET /api/targets has which databases wrap with which"), ...list];
  return [
    say("it is deleted, and can be had back:"),
    ...azOf({ name: "RecoverKey", params: { vaultId: vault.id, vaultUri: vault.uri, key: name } }),
  ];
}

/** Nothing is written to a key that is not there, or that was not read. */
export function keyIsThere(params: OneKey, facts: Facts): Requirement {
  const live = liveKeyOf(params, facts);
  if (live) return met("key", `key ${live.key.name} of vault ${live.vault.name} is there`);
  const isRead = facts.keys.every(({ state }) => state !== "unreadable") && facts.vault?.state !== "unreadable";
  const words = `key ${params.keyUri} is not there, or was not read`;
  return isRead ? requirement("key", "unmet", words, ...backOrAnother(params, facts)) : requirement("key", "unknown", words, OUT_OF_SIGHT);
}

const TAKEN_BACK = say(
  `whoever revoked it takes that back: POST /api/operations with operation restore, or the tag ${REVOKED_TAG} comes off key or vault`,
);

/** Whoever takes up a key, or makes a version of it, is not to undo that somebody took it away, be a database of it in sight or not. */
export function keyInUse(params: OneKey, { vault, keys, wishes = [] }: Facts): Requirement {
  const key = keys.find(({ name }) => name.toLowerCase() === keyNameOf(params.keyUri).toLowerCase());
  const isVaultTagged = vault !== null && "tags" in vault && tagIn(vault.tags, REVOKED_TAG) !== undefined;
  const isTagged = isVaultTagged || (key !== undefined && "tags" in key && standingKeyTag(key, wishes) !== undefined);
  const isWished = standingRevocations(wishes).some((wish) => isOfKey(wish.params) && isSameKey(wish.params.keyUri, params.keyUri));
  const isMeant = isTagged || isWished;
  const words = isMeant ? "the key is revoked on purpose" : "nobody has revoked it on purpose";
  return requirement("key in use", !isMeant, words, TAKEN_BACK);
}
