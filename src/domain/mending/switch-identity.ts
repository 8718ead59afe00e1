/** The writes that make a database use another identity, each on its own, after the grant that it needs. */
import { sameId } from "../arm-id.ts";
import type { Mend } from "../cause.ts";
import { grantStateOf } from "../access/key-access.ts";
import { type NamedDefault, userAssigned } from "../databases/default-identity.ts";
import { principalOf } from "../databases/index.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { grantDrafts, whyNoGrant } from "./grants.ts";
import type { Grantee } from "../access/access.ts";
import type { StepDraft } from "../steps/step.ts";

/** Account: attach, then default, in two writes. Cluster: identity and key URL in one, which attaches it too. */
export function switchDrafts(target: TargetFacts, identityId: string): StepDraft[] {
  const { id: targetId, kind, keyUri: keyUrl } = target;
  if (kind === "cluster") return keyUrl === null ? [] : [{ name: "SetClusterEncryption", params: { targetId, identityId, keyUrl } }];
  const setDefault: StepDraft = { name: "SetDefaultIdentity", params: { targetId, defaultIdentity: userAssigned(identityId) } };
  const isAttached = target.attached.some(({ id }) => sameId(id, identityId));
  return isAttached ? [setDefault] : [{ name: "AttachIdentity", params: { targetId, identityId } }, setDefault];
}

/** Nothing is switched to an identity that somebody keeps out of the key. */
export function grantAndSwitch(
  facts: Facts,
  target: TargetFacts,
  grantee: Grantee,
  steps: { before?: StepDraft[]; after: StepDraft[] },
): Mend {
  const why = whyNoGrant(facts, target, grantee);
  if (why !== undefined) return { kind: "escalate", reason: why };
  return { kind: "steps", steps: [...(steps.before ?? []), ...grantDrafts(facts, target, grantee), ...steps.after] };
}

/** The last write of a replacement. identityId: the stale one, as the database spells it. current: what the database uses instead. */
export function detachDraft(target: TargetFacts, identityId: string, current: string): StepDraft {
  const { id: targetId, kind: targetKind, keyUri } = target;
  const keeps = targetKind === "cluster" && keyUri !== null ? { identityId: current, keyUrl: keyUri } : null;
  return { name: "DetachIdentity", params: { targetId, targetKind, identityId, keeps } };
}

const userIdentity = (id: string): NamedDefault => ({ form: "user", id, federatedClientId: null });

/** The one attached identity that can reach the key, if there is just one. */
export function onlyAble(facts: Facts, target: TargetFacts): NamedDefault | undefined {
  const able = (principalId: string | null | undefined): boolean => !!principalId && grantStateOf(facts, target, principalId) !== "none";
  // A grant outlives its identity: only one that exists can do anything with it.
  const users = target.attached.filter(({ id }) =>
    able(principalOf({ ...target, defaultIdentity: userIdentity(id) }, facts.identities, null)),
  );
  const choices: NamedDefault[] = users.map(({ id }) => userIdentity(id));
  if (able(target.systemPrincipalId)) choices.push({ form: "system" });
  return choices.length === 1 ? choices[0] : undefined;
}
