/**
 * Names for the identity that stands in for one of a database. New ones, derived from the old one: an identity made again under its old name
 * does not help (Microsoft Learn, vCore troubleshooting guide).
 */
import { formatArmId, parseArmId } from "../arm-id.ts";
import type { TargetFacts } from "../facts.ts";

/** More namesakes than these in a row are no accident. */
const NUMBERS = [2, 3, 4];
/** Names of user-assigned identities have up to 128 characters (Microsoft Learn, "Naming rules and restrictions for Azure resources"). */
const LONGEST = 126;

function numbered(identityId: string, home: Pick<TargetFacts, "id"> | undefined): string[] {
  const old = parseArmId(identityId);
  const place = home && parseArmId(home.id);
  const name = old?.names[0];
  if (!old || !name) return [];
  const base = name.slice(0, LONGEST);
  const { subscriptionId, resourceGroup } = place ?? old;
  return NUMBERS.map((number) => formatArmId({ ...old, subscriptionId, resourceGroup, names: [`${base}-${number}`] }));
}

/** Ids that must be read before a replacement can be planned, for an identity that is gone. */
export const replacementCandidates = (identityId: string): string[] => numbered(identityId, undefined);

/** The same for an identity that a restored account borrows: its own one lives beside the account, not beside the source. */
export function ownIdentityCandidates(target: TargetFacts): string[] {
  const { defaultIdentity, restoredFrom } = target;
  return restoredFrom === null || defaultIdentity.form !== "user" ? [] : numbered(defaultIdentity.id, target);
}
