/** The identity that stands in for one that can't come back, or that belongs to another account: which it is, and how it takes its place. */
import { nameOf, sameId } from "../arm-id.ts";
import type { Mend } from "../cause.ts";
import type { Facts, IdentityFacts, TargetFacts } from "../facts.ts";
import { isRecreated } from "../databases/index.ts";
import { standsInFor } from "../steps/create-identity.ts";
import type { StepDraft } from "../steps/step.ts";
import { replacementCandidates } from "../databases/stand-in-names.ts";
import { detachDraft, grantAndSwitch, switchDrafts } from "./switch-identity.ts";

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

/** A cluster's identity must be in its region (Microsoft Learn, Azure DocumentDB limitations), an account's may be anywhere. */
function placeFor(facts: Facts, target: TargetFacts, insteadOf: string): TargetFacts {
  const usesIt = ({ kind, defaultIdentity }: TargetFacts): boolean =>
    kind === "cluster" && defaultIdentity.form === "user" && nameOf(defaultIdentity.id).toLowerCase() === insteadOf.toLowerCase();
  return facts.targets.find(usesIt) ?? target;
}

/** Make it, grant it, switch to it, and only then let go of the stale one. */
export function replaceWith(replacement: Replacement, facts: Facts, target: TargetFacts, last: StepDraft[] = []): Mend {
  const { identityId, principalId, insteadOf } = replacement;
  const { location } = placeFor(facts, target, insteadOf);
  const create: StepDraft = { name: "CreateIdentity", params: { identityId, location, insteadOf } };
  const after = [...switchDrafts(target, identityId), ...last];
  return grantAndSwitch(facts, target, { identityId, principalId }, { before: [create], after });
}

/** For a database whose identity is gone: one new identity serves all that shared the old one. */
export function replaceGone(facts: Facts, target: TargetFacts, goneId: string): Mend {
  const replacement = replacementFor(facts, goneId, replacementCandidates(goneId));
  if (!replacement) return { kind: "escalate", reason: `no free name was found for an identity in place of ${nameOf(goneId)}` };
  // As the database spells it: a removal under another casing is none (Azure/azure-cli, cosmosdb module, identity remove).
  const identityId = target.attached.find(({ id }) => sameId(id, goneId))?.id ?? goneId;
  return replaceWith(replacement, facts, target, [detachDraft(target, identityId, replacement.identityId)]);
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
