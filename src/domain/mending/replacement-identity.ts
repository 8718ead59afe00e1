/**
 * The identity that stands in for one that can't come back, or that belongs to another account. Its name is new and derived from the
 * old one: an identity made again under its old name does not help (Microsoft Learn, vCore troubleshooting guide).
 */
import { formatArmId, nameOf, parseArmId, sameId } from "../arm-id.ts";
import type { Facts, IdentityFacts, TargetFacts } from "../facts.ts";
import { isRecreated } from "../databases/index.ts";
import { standsInFor } from "../steps/create-identity.ts";

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

export type Replacement = { identityId: string; principalId: string | null; insteadOf: string };

const isOurs = (identity: IdentityFacts, insteadOf: string): boolean => identity.state === "live" && standsInFor(identity, insteadOf);

/** The first candidate that is Keymend's own already or free; undefined where every name is taken or could not be read. */
export function replacementFor(facts: Facts, identityId: string, candidates: readonly string[]): Replacement | undefined {
  const insteadOf = nameOf(identityId);
  const read = candidates.map((id) => ({ id, identity: facts.identities.find((one) => sameId(one.id, id)) }));
  for (const { id, identity } of read) {
    if (identity?.state === "live" && isOurs(identity, insteadOf)) return { identityId: id, principalId: identity.principalId, insteadOf };
  }
  const free = read.find(({ identity }) => !identity || identity.state === "gone");
  return free && { identityId: free.id, principalId: null, insteadOf };
}

/** The identity, gone by now, that the current one was made to stand in for and that is still attached. */
export function staleAttachment(facts: Facts, target: TargetFacts): { identityId: string; current: string } | undefined {
  const { defaultIdentity } = target;
  if (defaultIdentity.form !== "user") return undefined;
  const current = facts.identities.find(({ id }) => sameId(id, defaultIdentity.id));
  if (current?.state !== "live") return undefined;
  const isGone = (id: string): boolean =>
    facts.identities.some((one) => sameId(one.id, id) && (one.state === "gone" || isRecreated(target, one)));
  const stale = target.attached.find(({ id }) => standsInFor(current, nameOf(id)) && isGone(id));
  return stale && { identityId: stale.id, current: defaultIdentity.id };
}
