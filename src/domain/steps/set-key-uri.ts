/** Sets an account's key URI to the same key, well written; alone in its write (domain/databases/database-change.ts). */
import { sameId } from "../arm-id.ts";
import { verdictOf } from "../databases/index.ts";
import { isSameKey } from "../key-uri.ts";
import { azUpdateAccount } from "./az.ts";
import { besideOnDatabase, KEY_URI } from "./beside.ts";
import { actions, ANOTHER_KEY, findTarget, isStale, onId, shownTarget, stale, type StepSpec, touchesDatabase } from "./spec.ts";

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
  precondition: ({ targetId, keyUri }, facts) => {
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    if (target.keyUri === keyUri) return "done";
    return isSameKey(target.keyUri ?? "", keyUri) ? "todo" : stale(`${target.name} names another key now`);
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
