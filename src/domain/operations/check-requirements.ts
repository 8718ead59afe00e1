/** Tells of vault, key, identity and database whether they are what a customer-managed key takes. Writes nothing. */
import { sameId } from "../arm-id.ts";
import { standsInTheWay } from "./requirements.ts";
import type { OperationSpec } from "./spec.ts";
import { readsOfWished, WISHED_ASKS, wishedRequirements } from "./wished.ts";

export const checkRequirements: OperationSpec<"check-requirements"> = {
  title: "Checks whether vault, key, identity and database are what a customer-managed key takes",
  source: "Microsoft Learn: Configure customer-managed keys; Configure customer-managed key in MongoDB vCore, prerequisites",
  loses: null,
  asks: WISHED_ASKS,
  steps: [],
  reads: (params) => ({ ...readsOfWished(params), identityIds: params.identityId === null ? [] : [params.identityId] }),
  ofKeyless: true,
  concerns: ({ databaseId }, { targets }) => targets.filter(({ id }) => databaseId !== null && sameId(id, databaseId)).map(({ id }) => id),
  requirements: (params, { facts }) => wishedRequirements(params, facts),
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
