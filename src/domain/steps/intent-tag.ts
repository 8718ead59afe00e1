/** What the steps that tell a revocation on purpose share: the tag of a key, set and taken off. */
import { REVOKED_TAG, tagIn } from "../tags.ts";
import { besideOnVersion } from "./beside.ts";
import { takenBackBy, type WishOnRecord } from "../wish.ts";
import { dataActions, onVersion, type StepSpec, touchesIntent, versionUrl } from "./spec.ts";

/** What whoever agrees to take access away has to know. */
export const CUTS_OFF =
  "every database that reaches its key by it loses access within an hour or so, and up to an hour of writes before that may be missing from its backups";

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
