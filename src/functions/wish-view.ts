/** How a planned operation reads in the operations API: what is promised to others, not how it is stored. */
import type * as v from "valibot";
import type { OPERATION, OPERATION_SUMMARY } from "../api/answers.ts";
import type { Incident } from "../domain/incident.ts";
import { operations } from "../domain/operations/index.ts";
import type { WishOnRecord, WishStatus } from "../domain/wish.ts";
import { toMs } from "../domain/time.ts";
import { viewPlan } from "./incident-view.ts";

/** Before a look has judged it. */
const UNSEEN = "it is on record; a look at its vault is on its way";

type Judged = Omit<WishStatus, "incidentId"> & { incidentId: string | null };

const unjudged = (at: string): Judged => ({
  state: "working",
  outcome: null,
  reasonCode: null,
  detail: UNSEEN,
  incidentId: null,
  closedAt: null,
  requirements: [],
  undo: [],
  progress: { what: UNSEEN, percent: null, since: at, etaSeconds: null },
  stands: false,
});

/** The list's form: enough to choose one. */
export function summarizeWish(wish: WishOnRecord): v.InferOutput<typeof OPERATION_SUMMARY> {
  const { id, operation, params, patient, by, reason, at, until, cancelled } = wish;
  const { state, outcome, reasonCode, detail, closedAt } = wish.status ?? unjudged(at);
  return {
    id,
    operation,
    vaultId: patient.id,
    parameters: params,
    requestedBy: by,
    reason,
    requestedAt: at,
    until,
    cancelled,
    state,
    outcome,
    reasonCode,
    detail,
    closedAt,
  };
}

/** Whether what it leaves behind is told by now. */
export const tellsLeftover = ({ status }: WishOnRecord, now: string): boolean =>
  status?.disposable !== undefined && toMs(now) >= toMs(status.disposable.from);

/** incident: where it was last judged; undefined where it never was. leftover: what is needed no more, by a look of now; none before its time. */
export function viewWish(wish: WishOnRecord, incident: Incident | undefined, leftover: string[]): v.InferOutput<typeof OPERATION> {
  const isMine = ({ wish: of }: { wish?: string }): boolean => of === wish.id;
  const { incidentId, requirements, progress, undo, disposable } = wish.status ?? unjudged(wish.at);
  return {
    ...summarizeWish(wish),
    loses: operations[wish.operation].loses,
    incidentId,
    requirements,
    plan: viewPlan(incident?.plan ?? null, isMine),
    applied: (incident?.applied ?? []).filter(isMine).map(({ name, on, at, result, detail }) => ({ name, on, at, result, detail })),
    progress,
    timeline: incident?.timeline ?? [],
    undo,
    // Before its time it is no more than told that there will be something.
    disposable: disposable ? { from: disposable.from, az: leftover } : null,
  };
}
