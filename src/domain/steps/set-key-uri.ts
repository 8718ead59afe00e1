/** Sets an account's key URI to the same key, well written; alone in its write, as Azure demands. */
import { parseKeyUri } from "../key-uri.ts";
import { azPatch } from "./az.ts";
import { findTarget, isStale, onId, stale, type StepSpec } from "./spec.ts";

export const setKeyUri: StepSpec<"SetKeyUri"> = {
  permission: () => "Microsoft.DocumentDB/databaseAccounts/write",
  undo: () => "set the key URI back to what the audit shows",
  az: ({ targetId, keyUri }) => azPatch("account", targetId, { properties: { keyVaultKeyUri: keyUri } }),
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
