/** The tag by which a revocation on purpose is told in Azure itself, whoever made it: on a database, a key or its vault. */
import { besideOnVersion } from "./beside.ts";
import { takenBackBy, type WishOnRecord } from "../wish.ts";
import { dataActions, onVersion, type StepSpec, touchesIntent, versionUrl } from "./spec.ts";

/** What whoever agrees to take access away has to know. */
export const CUTS_OFF =
  "every database that reaches its key by it loses access within an hour or so, and up to an hour of writes before that may be missing from its backups";

export const REVOKED_TAG = "keymend:revoked";

/** Tag names compare without case (Microsoft Learn, "Use tags to organize your Azure resources"). */
export function tagIn(tags: Record<string, string>, name: string): string | undefined {
  const key = Object.keys(tags).find((k) => k.trim().toLowerCase() === name);
  return key === undefined ? undefined : tags[key];
}

/** The tag of a key, unless it stands for a revocation that is taken back: that comes off once access is back. */
export function standingKeyTag({ tags }: { tags: Record<string, string> }, wishes: readonly WishOnRecord[]): string | undefined {
  const value = tagIn(tags, REVOKED_TAG);
  return wishes.some((wish) => takenBackBy(wish, wishes).some(({ id }) => id === value)) ? undefined : value;
}

/** As words of az, which replaces all tags of a version. */
export const tagWords = (tags: Record<string, string>): string[] => Object.entries(tags).map(([name, value]) => `${name}=${value}`);

/** What setting it on a key and taking it off have in common. */
export const writesIntentTag = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/update/action"),
  on: versionUrl,
  touches: touchesIntent,
  about: null,
  tells: null,
  key: onVersion,
  sets: ({ value }) => [value],
  shows: null,
  beside: (params, facts) => besideOnVersion(facts, params),
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
} satisfies Partial<StepSpec<"TagIntent" | "UntagIntent">>;
