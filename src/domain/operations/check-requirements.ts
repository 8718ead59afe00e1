/** Tells of vault, key, identity and database whether they are what a customer-managed key takes. Writes nothing. */
import { sameId } from "../arm-id.ts";
import { vaultUriOf } from "../clouds.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import type { OperationParams } from "../wish.ts";
import { identityRequirements, keyRequirements, standsInTheWay, vaultRequirements, wouldBe } from "./requirements.ts";
import type { OperationSpec } from "./spec.ts";

type Params = OperationParams["check-requirements"];

const uriOf = ({ key }: Params, { patient }: Facts): string => `${vaultUriOf(patient.vaultName ?? "")}/keys/${key}`;

/** As it is with that key and identity, whatever it uses now. */
function judged(params: Params, facts: Facts): { target: TargetFacts; location: string | null } {
  const stood = wouldBe(params.kind, facts, uriOf(params, facts), params.identityId);
  const known = facts.targets.find(({ id }) => params.databaseId !== null && sameId(id, params.databaseId));
  return known
    ? { target: { ...stood, id: known.id, name: known.name, location: known.location }, location: known.location }
    : { target: stood, location: null };
}

export const checkRequirements: OperationSpec<"check-requirements"> = {
  title: "Checks whether vault, key, identity and database are what a customer-managed key takes",
  source: "Microsoft Learn: Configure customer-managed keys; Configure customer-managed key in MongoDB vCore, prerequisites",
  loses: null,
  steps: [],
  reads: ({ key, identityId }) => ({ keys: [key], identityIds: identityId === null ? [] : [identityId] }),
  concerns: ({ databaseId }, { targets }) => targets.filter(({ id }) => databaseId !== null && sameId(id, databaseId)).map(({ id }) => id),
  requirements: (params, { facts }) => {
    const { target, location } = judged(params, facts);
    return [
      ...vaultRequirements(facts),
      ...keyRequirements(facts, target),
      ...identityRequirements(facts, target, params.identityId, location),
    ];
  },
  drafts: () => [],
  mends: [],
  reached: (params, view) => {
    const unmet = checkRequirements.requirements(params, view).filter(standsInTheWay);
    const detail = unmet.length === 0 ? "every requirement is met" : `not met or not known: ${unmet.map(({ name }) => name).join(", ")}`;
    return { done: true, detail };
  },
  stands: false,
  undo: () => [],
};
