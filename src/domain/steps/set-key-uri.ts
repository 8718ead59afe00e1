/** Sets an account's key URI to the same key, well written, or to another one where somebody wants that; alone in its write (domain/databases/database-change.ts). */
import { sameId } from "../arm-id.ts";
import { verdictOf } from "../databases/index.ts";
import { movedTo } from "../databases/moved-to.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { isSameKey } from "../key-uri.ts";
import { azUpdateAccount } from "./az.ts";
import { besideOnDatabase, KEY_URI } from "./beside.ts";
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

export const setKeyUri: StepSpec<"SetKeyUri"> = {
  capability: "databases",
  permission: () => actions("Microsoft.DocumentDB/databaseAccounts/write"),
  undo: () => "set the key URI back to what the audit shows",
  // Microsoft Learn, "Troubleshoot CMK", 1.5: a revoked account takes nothing but changes of its identities, though the guide asks for this.
  az: ({ targetId, keyUri }) => [
    "# a revoked account refuses this with 400 (No Update is allowed on Database Account with Customer Managed Key in Revoked Status): ask Microsoft support then",
    azUpdateAccount(targetId, "--key-uri", keyUri),
  ],
  on: ({ targetId }) => targetId,
  touches: touchesDatabase,
  about: null,
  tells: null,
  key: ({ targetId }) => onId(targetId),
  sets: ({ keyUri }) => [keyUri.toLowerCase()],
  precondition: ({ targetId, keyUri, from }, facts) => {
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    if (target.keyUri === keyUri) return "done";
    if (!isSameKey(target.keyUri ?? "", from ?? keyUri)) return stale(`${target.name} names another key now`);
    return from === undefined ? "todo" : checkMove(target, keyUri, facts);
  },
  shows: ({ targetId }, facts) => shownTarget(facts, targetId)?.keyUri,
  beside: ({ targetId }, facts) => besideOnDatabase(facts, targetId, KEY_URI),
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
  switchesIdentity: false,
  counts: null,
};
