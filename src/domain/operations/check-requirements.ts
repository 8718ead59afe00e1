/** Tells of vault, key, identity and database whether they are what a customer-managed key takes. Writes nothing. */
import { sameId } from "../arm-id.ts";
import { rulesOf } from "../databases/index.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { showDatabase } from "../mending/advice.ts";
import { type Lines, say } from "../steps/az.ts";
import { azOf } from "../steps/index.ts";
import { uriFaults, versionlessDraft } from "../steps/versionless.ts";
import type { OperationParams, Requirement } from "../wish.ts";
import { standsInTheWay } from "./requirements.ts";
import { advised, requirement } from "./rows.ts";
import type { OperationSpec } from "./spec.ts";
import { readsOfWished, WISHED_ASKS, wishedRequirements } from "./wished.ts";
import { asWished } from "./would-be.ts";

/** Of a URI that says no key, or of a cluster by an identity that is not known, a person knows which is meant. */
function setVersionless(named: TargetFacts): Lines {
  const draft = versionlessDraft(named);
  const words = draft
    ? "the same key, whichever version of it is the newest:"
    : "no line can be given before it is known which key is meant, and by which identity: switch-key and switch-identity set them";
  return [say(words), ...(draft ? azOf(draft) : [showDatabase(named)])];
}

/** Of a database that has a key. A cluster may name a version, and does not follow a rotation then. */
function uriRequirement(params: OperationParams["check-requirements"], facts: Facts): Requirement {
  const { target, known } = asWished(params, facts);
  const named = known?.keyUri ? known : target;
  const { faults, version } = uriFaults(named);
  const words = [...faults, ...version];
  const detail = words.length === 0 ? `${named.keyUri} names no version` : `the key URI '${named.keyUri}' ${words.join(", and ")}`;
  const row = requirement("versionless URI", words.length === 0, detail, ...setVersionless(named));
  return faults.length === 0 && rulesOf(named).mayPinVersion ? advised(row) : row;
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
