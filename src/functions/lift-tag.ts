/**
 * Lifts a tag from a database that can't be rid of it: "No Update is allowed on Database Account with Customer Managed Key in Revoked
 * Status" (Microsoft Learn, "Cosmos DB customer-managed keys troubleshooting", case 1.5). Kept with who did it, when and why.
 */
import type { GatherFacts } from "../activities/gather-facts.ts";
import { sameId } from "../domain/arm-id.ts";
import { verdictOf } from "../domain/databases/index.ts";
import type { LiftedTag, Patient } from "../domain/facts.ts";
import type { Signal } from "../domain/signal.ts";
import { tagIn } from "../domain/tags.ts";
import type { ApiCaller } from "./authenticate.ts";
import { ProblemError } from "./problem.ts";

export type KeepLift = (patient: Patient, lift: LiftedTag) => Promise<void>;

export type LiftDeps = { gatherFacts: GatherFacts; keepLift: KeepLift; newGuid: () => string; now: () => Date };

export const createLiftTag =
  ({ gatherFacts, keepLift, newGuid, now }: LiftDeps) =>
  async (patient: Patient, { id, tag, reason }: Pick<LiftedTag, "tag" | "reason"> & { id: string }, caller: ApiCaller) => {
    const { targets } = await gatherFacts(patient, []);
    const target = targets.find((one) => sameId(one.id, id));
    const value = target && tagIn(target.tags, tag);
    if (!target || value === undefined) throw new ProblemError(409, `${id} bears no tag ${tag}, as it is read now.`);
    if (verdictOf(target) !== "lost")
      throw new ProblemError(409, `${target.name} does not say that it lost its key, so the tag ${tag} can be taken off it.`);
    const at = now().toISOString();
    await keepLift(patient, { targetId: target.id, tag, value, reason, by: caller.objectId, at });
    const what = `the lift of tag ${tag} ('${value}') from ${target.name}: ${reason}`;
    const scope: Signal["scope"] = { kind: "database", id: target.id };
    const by = { objectId: caller.objectId, name: caller.name };
    const signal: Signal = { id: `approver-${newGuid()}`, source: "approver", what, at, scope, caller: by };
    return { signal, value };
  };
