/** Sets an account's key URI to the same key, well written; alone in its write (domain/database-change.ts). */
import { setKeyUri as keyUriChange } from "../databases/database-change.ts";
import { parseKeyUri } from "../key-uri.ts";
import { azPatch } from "./az.ts";
import { findTarget, isStale, onId, stale, type StepSpec } from "./spec.ts";

export const setKeyUri: StepSpec<"SetKeyUri"> = {
  permission: () => "Microsoft.DocumentDB/databaseAccounts/write",
  undo: () => "set the key URI back to what the audit shows",
  // Microsoft Learn, "Troubleshoot CMK", 1.5: a revoked account takes nothing but changes of its identities, though the guide asks for this.
  az: ({ targetId, keyUri }) => [
    "# a revoked account refuses this with 400 (No Update is allowed on Database Account with Customer Managed Key in Revoked Status): ask Microsoft support then",
    ...azPatch("account", targetId, keyUriChange(keyUri)),
  ],
  on: ({ targetId }) => targetId,
  key: ({ targetId }) => onId(targetId),
  sets: ({ keyUri }) => [keyUri.toLowerCase()],
  precondition: ({ targetId, keyUri }, facts) => {
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    if (target.keyUri === keyUri) return "done";
    const [now, wanted] = [parseKeyUri(target.keyUri ?? ""), parseKeyUri(keyUri)];
    const isSameKey = now.host === wanted.host && now.key?.toLowerCase() === wanted.key?.toLowerCase();
    return isSameKey ? "todo" : stale(`${target.name} names another key now`);
  },
};
