/** Makes a new version of a key, of the same kind as the one before: Key Vault does that by its rotation. The one before stays enabled. */
import { toUnix } from "../time.ts";
import { az } from "./az.ts";
import { dataActions, findKey, isStale, keyUrl, stale, type StepSpec, touchesKey } from "./spec.ts";

export const createKeyVersion: StepSpec<"CreateKeyVersion"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/rotate/action"),
  undo: ({ key }) =>
    `none is needed: the versions of key ${key} before stay as they are; one that is no longer the newest can't become it again`,
  az: (params) => [az("keyvault", "key", "rotate", "--id", keyUrl(params))],
  on: keyUrl,
  // A new version is enabled: of a key that was revoked by its latest it would give access back.
  touches: touchesKey,
  about: null,
  tells: () =>
    "every database that follows the key moves to the new version within a day; the one before is to stay enabled until then, and for its backups",
  key: (params) => [keyUrl(params).toLowerCase()],
  sets: ({ since }) => [since],
  precondition: (params, facts) => {
    const key = findKey(facts, params);
    if (isStale(key)) return key;
    if (key.state !== "live") return stale(`key ${params.key} is ${key.state}`);
    const made = key.versions[0]?.createdOn ?? null;
    if (made === null) return stale(`when the newest version of key ${params.key} was made is not known`);
    return toUnix(made) >= toUnix(params.since) ? "done" : "todo";
  },
  shows: null,
  beside: null,
  takenBackBy: null,
  merge: null,
  // Rotation comes after the database is well (account troubleshooting guide; vCore troubleshooting guide, row 1).
  forbids: () => "a key is rotated only where somebody wants just that",
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
