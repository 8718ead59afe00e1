/** The tags by which people and Keymend speak to each other in Azure itself. */

/** A revocation on purpose, whoever made it: on a database, a key or its vault. */
export const REVOKED_TAG = "keymend:revoked";
/** What Keymend may do for a database without asking. */
export const MODE_TAG = "keymend:mode";
/** Of an identity that Keymend made: the name of the one that it stands in for. */
export const INSTEAD_OF_TAG = "keymend:insteadOf";

/** The tags that an approver may lift from a database. */
export const OWN_TAGS = [REVOKED_TAG, MODE_TAG] as const;

/** Tag names compare without case (Microsoft Learn, "Use tags to organize your Azure resources"). */
const isCalled = (name: string, tag: string): boolean => name.trim().toLowerCase() === tag.toLowerCase();

export function tagIn(tags: Record<string, string>, tag: string): string | undefined {
  const name = Object.keys(tags).find((one) => isCalled(one, tag));
  return name === undefined ? undefined : tags[name];
}

export const withoutTag = (tags: Record<string, string>, tag: string): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => !isCalled(name, tag)));
