/** What must be read for the rules to judge one database: whoever gathers facts asks here, so that no rule waits for a fact in vain. */
import { ownIdentityCandidates, replacementCandidates } from "./databases/stand-in-names.ts";
import { rememberedDefault } from "./databases/default-identity.ts";
import type { Baseline, IdentityFacts, TargetFacts } from "./facts.ts";
import { isRecreated } from "./databases/index.ts";

/** Identities to read first: attached, default, and what was the default while the database was last healthy. */
export function identitiesToRead(target: TargetFacts, baseline: Baseline | null): string[] {
  const { attached, defaultIdentity } = target;
  const remembered = rememberedDefault(target, baseline);
  return [
    ...attached.map(({ id }) => id),
    ...(defaultIdentity.form === "user" ? [defaultIdentity.id] : []),
    ...(remembered?.form === "user" ? [remembered.id] : []),
  ];
}

/** Identities to read after those: the ones that stand in, or may, for what is gone or borrowed. */
export const standInsToRead = (target: TargetFacts, read: readonly IdentityFacts[]): string[] => [
  ...read.filter((identity) => identity.state === "gone" || isRecreated(target, identity)).flatMap(({ id }) => replacementCandidates(id)),
  ...ownIdentityCandidates(target),
];

/** Principals whose access to the database's key is to be read: every one it uses, might use again, or could be given. */
export function principalsToRead(
  target: TargetFacts,
  identities: readonly IdentityFacts[],
  baseline: Baseline | null,
  firstPartyPrincipalId: string | null,
): string[] {
  const live = identities.flatMap((identity) => (identity.state === "live" ? [identity.principalId] : []));
  const usesFirstParty = [target.defaultIdentity, rememberedDefault(target, baseline)].some((identity) => identity?.form === "firstParty");
  const others = [target.systemPrincipalId, usesFirstParty ? firstPartyPrincipalId : null];
  return [...live, ...others.filter((principalId) => principalId !== null)];
}
