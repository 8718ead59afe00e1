/** A key's URI without a version: what keeps a database from having one, and the write that sets it. */
import { uriOf } from "../databases/key-path.ts";
import type { TargetFacts } from "../facts.ts";
import { keyUriFaultText, versionlessKeyUri } from "../key-uri.ts";
import type { StepDraft } from "./step.ts";

/**
 * What is wrong with the URI itself, and whether it names a version. Microsoft Learn: account guide, status 4006, "Improper Syntax Detected on
 * the Key Vault URI Property"; a cluster may name one, and does not follow a rotation then (vCore guide, "Use automatic key version update").
 */
export function uriFaults(target: TargetFacts): { faults: string[]; version: string[] } {
  const uri = uriOf(target);
  return { faults: (uri?.faults ?? []).map((fault) => keyUriFaultText[fault]), version: uri?.version ? ["names a version"] : [] };
}

/** Undefined where its URI does not say which key is meant, or a cluster's identity, which is set with it, is not known. */
export function versionlessDraft(target: TargetFacts): StepDraft | undefined {
  const { id: targetId, kind, defaultIdentity } = target;
  const uri = uriOf(target);
  const keyUri = uri && versionlessKeyUri(uri);
  if (keyUri === undefined) return undefined;
  if (kind === "account") return { name: "SetKeyUri", params: { targetId, keyUri } };
  if (defaultIdentity.form !== "user") return undefined;
  return { name: "SetClusterEncryption", params: { targetId, identityId: defaultIdentity.id, keyUrl: keyUri } };
}
