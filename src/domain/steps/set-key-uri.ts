/**
 * Sets an account's key URI: to the same key, well written, to another one or to its first where somebody wants that. Alone in its write
 * (domain/databases/database-change.ts). By a first key Azure encrypts all that is there, which nothing takes back (Microsoft Learn, "Configure
 * customer-managed keys for your existing Azure Cosmos DB account").
 */
import { sameId } from "../arm-id.ts";
import { verdictOf } from "../databases/index.ts";
import { movedTo } from "../databases/moved-to.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { isSameKey } from "../key-uri.ts";
import { azUpdateAccount } from "./az.ts";
import { besideOnDatabase, KEY_URI } from "./beside.ts";
import { isSameDefault, readDefaultIdentity } from "../databases/default-identity.ts";
import { checkSwitch } from "./set-default-identity.ts";
import {
  actions,
  ANOTHER_KEY,
  findTarget,
  isStale,
  onId,
  type Precondition,
  shownTarget,
  stale,
  type StepSpec,
  touchesDatabase,
} from "./spec.ts";

/** Never to a key that its identity can't reach yet. */
function checkMove(target: TargetFacts, keyUri: string, facts: Facts): Precondition {
  const { defaultIdentity } = target;
  return defaultIdentity.form === "undefined" || defaultIdentity.form === "unknown"
    ? stale(`${target.name} uses no identity that is known`)
    : checkSwitch(movedTo(target, keyUri), defaultIdentity, facts);
}

/** target: as it is to be. Azure tries the key as it takes it: the identity that it is to be reached by is in place before. */
function checkFirst(target: TargetFacts, wanted: string, facts: Facts): Precondition {
  const identity = readDefaultIdentity(wanted);
  if (!identity || !isSameDefault(target.defaultIdentity, identity)) return stale(`${target.name} does not use ${wanted} yet`);
  return checkSwitch(target, identity, facts);
}

export const setKeyUri: StepSpec<"SetKeyUri"> = {
  capability: "databases",
  permission: () => actions("Microsoft.DocumentDB/databaseAccounts/write"),
  undo: ({ first }) => (first ? null : "set the key URI back to what the audit shows"),
  // Microsoft Learn, "Troubleshoot CMK", 1.5: a revoked account takes nothing but changes of its identities, though the guide asks for this.
  az: ({ targetId, keyUri, first }) => [
    first
      ? "# this can't be undone; look first that no document's id has more than 990 bytes in UTF-8"
      : "# a revoked account refuses this with 400 (No Update is allowed on Database Account with Customer Managed Key in Revoked Status): ask Microsoft support then",
    azUpdateAccount(targetId, "--key-uri", keyUri),
  ],
  on: ({ targetId }) => targetId,
  touches: touchesDatabase,
  about: null,
  tells: ({ first }) => (first ? "an account that was given a key can never be without one again" : null),
  key: ({ targetId }) => onId(targetId),
  sets: ({ keyUri }) => [keyUri.toLowerCase()],
  precondition: ({ targetId, keyUri, from, first }, facts) => {
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    if (target.keyUri === keyUri) return "done";
    if (target.keyUri === null && first) return checkFirst({ ...target, keyUri }, first.defaultIdentity, facts);
    if (!isSameKey(target.keyUri ?? "", from ?? keyUri)) return stale(`${target.name} names another key now`);
    return from === undefined ? "todo" : checkMove(target, keyUri, facts);
  },
  shows: ({ targetId }, facts) => shownTarget(facts, targetId)?.keyUri,
  beside: ({ targetId }, facts) => besideOnDatabase(facts, targetId, KEY_URI),
  takenBackBy: null,
  merge: null,
  // A revoked account takes nothing but changes of its identities (Microsoft Learn, "Troubleshoot CMK", 1.5). The guide to revoked
  // accounts says to set a malformed URI right all the same: that one attempt is made, and Azure's refusal believed.
  forbids: ({ targetId, keyUri }, { facts, cause }) => {
    const target = facts.targets.find(({ id }) => sameId(id, targetId));
    if (target && !isSameKey(target.keyUri ?? "", keyUri)) return ANOTHER_KEY;
    if (!target || verdictOf(target) !== "lost" || cause === "KeyUriMalformed") return undefined;
    return "a revoked account takes nothing but changes of its identities";
  },
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
