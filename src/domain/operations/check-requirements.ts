/** Tells of vault, key, identity and database whether they are what a customer-managed key takes. Writes nothing. */
import { sameId } from "../arm-id.ts";
import { uriOf } from "../databases/key-path.ts";
import { rulesOf } from "../databases/index.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { keyUriFaultText, type KeyUri, versionlessKeyUri } from "../key-uri.ts";
import { azOf } from "../steps/index.ts";
import type { OperationParams, Requirement } from "../wish.ts";
import { standsInTheWay } from "./requirements.ts";
import type { OperationSpec } from "./spec.ts";
import { readsOfWished, WISHED_ASKS, wishedRequirements } from "./wished.ts";
import { asWished } from "./would-be.ts";

function setVersionless({ id: targetId, kind, defaultIdentity }: TargetFacts, uri: KeyUri): string[] {
  const keyUri = versionlessKeyUri(uri);
  if (keyUri === undefined) return [];
  if (kind === "account") return azOf({ name: "SetKeyUri", params: { targetId, keyUri } });
  const identityId = defaultIdentity.form === "user" ? defaultIdentity.id : null;
  return identityId === null ? [] : azOf({ name: "SetClusterEncryption", params: { targetId, identityId, keyUrl: keyUri } });
}

/**
 * Of a database that has a key. An account is to name none (account guide, status 4006, "Improper Syntax Detected on the Key Vault URI Property");
 * a cluster may, and does not follow a rotation then (vCore guide, "Use automatic key version update").
 */
function uriRequirement(params: OperationParams["check-requirements"], facts: Facts): Requirement {
  const { target, known } = asWished(params, facts);
  const named = known?.keyUri ? known : target;
  const uri = uriOf(named)!;
  const words = [...uri.faults.map((fault) => keyUriFaultText[fault]), ...(uri.version === null ? [] : ["names a version"])];
  const detail = words.length === 0 ? `${named.keyUri} names no version` : `the key URI '${named.keyUri}' ${words.join(", and ")}`;
  const pins = uri.faults.length === 0 && rulesOf(named).mayPinVersion;
  return {
    name: "versionless URI",
    state: words.length === 0 ? "met" : "unmet",
    detail,
    az: words.length === 0 ? [] : setVersionless(named, uri),
    ...(pins && { advised: true }),
  };
}

export const checkRequirements: OperationSpec<"check-requirements"> = {
  title: "Checks whether vault, key, identity and database are what a customer-managed key takes",
  source: "Microsoft Learn: Configure customer-managed keys; Configure customer-managed key in MongoDB vCore, prerequisites",
  loses: null,
  asks: [...WISHED_ASKS, "versionless URI"],
  steps: [],
  reads: (params) => ({ ...readsOfWished(params), identityIds: params.identityId === null ? [] : [params.identityId] }),
  ofKeyless: true,
  concerns: ({ databaseId }, { targets }) => targets.filter(({ id }) => databaseId !== null && sameId(id, databaseId)).map(({ id }) => id),
  requirements: (params, { facts }) => [...wishedRequirements(params, facts), uriRequirement(params, facts)],
  drafts: () => [],
  mends: [],
  doneWhen: "each requirement was looked at; whether all are met is told",
  reached: (params, view) => {
    const unmet = checkRequirements.requirements(params, view).filter(standsInTheWay);
    const detail = unmet.length === 0 ? "every requirement is met" : `not met or not known: ${unmet.map(({ name }) => name).join(", ")}`;
    return { done: true, detail };
  },
  stands: false,
  wayBack: "nothing is written",
  undo: () => [],
};
