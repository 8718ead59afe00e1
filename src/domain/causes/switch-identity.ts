/** The writes that make a database use another identity, each on its own. */
import { sameId } from "../arm-id.ts";
import type { TargetFacts } from "../facts.ts";
import { userAssigned } from "../default-identity.ts";
import type { StepDraft } from "../steps/step.ts";

/** Account: attach, then default, in two writes. Cluster: identity and key URL in one, which attaches it too. */
export function switchDrafts(target: TargetFacts, identityId: string): StepDraft[] {
  const { id: targetId, kind: targetKind, keyUri: keyUrl } = target;
  if (targetKind === "cluster") return keyUrl === null ? [] : [{ name: "SetClusterEncryption", params: { targetId, identityId, keyUrl } }];
  const setDefault: StepDraft = { name: "SetDefaultIdentity", params: { targetId, defaultIdentity: userAssigned(identityId) } };
  const isAttached = target.attached.some(({ id }) => sameId(id, identityId));
  return isAttached ? [setDefault] : [{ name: "AttachIdentity", params: { targetId, targetKind, identityId } }, setDefault];
}
