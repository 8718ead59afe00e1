/** What one turn means for each wish: an ending, or something that is waited for. */
import type { EscalationReason, Incident, IncidentWish, Progress } from "../incident.ts";
import type { ScanProgress } from "../id-scan.ts";
import type { PlannedWish } from "../plan.ts";
import type { Settings } from "../settings.ts";
import { stepInShort } from "../short-names.ts";
import { toIso, toMs } from "../time.ts";
import { isOutOfTime, KEPT_FOR_MS, type WishOnRecord, type WishOutcome, type WishStatus } from "../wish.ts";
import type { JudgedStep } from "./judge-steps.ts";
import { type Ending, judgeStepState, type Pending, sayFollowed, type TargetState } from "./judge-databases.ts";
import { LOOKED_AT_WITHIN_MS, nextCheckAfterMs } from "./waits.ts";

type View = { now: string; incident: Incident; settings: Settings };
type Seen = Pick<View, "incident">;

const ended = (outcome: WishOutcome, reason: Ending["reason"], detail: string): Ending => ({ kind: "ended", outcome, reason, detail });

const writtenOf = ({ incident }: Seen, { id }: { id: string }): Incident["applied"] =>
  incident.applied.filter((step) => step.wish === id && step.result === "done");

/** What of it Azure has taken and works on. */
const followedOf = ({ incident: { progress } }: Seen, { id }: { id: string }): Progress["following"] =>
  progress.following?.step.wish === id ? progress.following : undefined;

/** What of it was sent and got no answer: whether it was done does not show yet. */
const sentOf = ({ incident: { progress } }: Seen, { id }: { id: string }): Progress["sent"] =>
  progress.sent?.wish === id ? progress.sent : undefined;

const mayBeBegun = (view: Seen, wish: { id: string }): boolean => writtenOf(view, wish).length > 0 || sentOf(view, wish) !== undefined;

/** What of it was written, for whoever has to go on or back by hand. */
function whereItStands(view: Seen, { wish, undo }: Pick<PlannedWish, "undo"> & { wish: { id: string } }): string {
  const written = writtenOf(view, wish);
  const followed = followedOf(view, wish);
  if (followed) return `${stepInShort(followed.step)} was taken by Azure, which goes on with it`;
  const sent = sentOf(view, wish);
  if (written.length === 0 && !sent) return "nothing of it was written";
  const back = undo.length > 0 ? "; how to go back is under undo" : "";
  const unanswered = sent ? [`${stepInShort(sent)} got no answer, and whether it was done does not show yet`] : [];
  const done = written.length > 0 ? [`written so far: ${written.map(stepInShort).join(", ")}`] : [];
  return `${[...done, ...unanswered].join("; ")}${back}`;
}

/** Something can still happen → the earliest of it; else the first of its endings. */
function judgeSteps(view: View, steps: readonly JudgedStep[]): TargetState | undefined {
  const states = steps.map(({ step, state }) => judgeStepState(view, step, state)).filter((state) => state !== undefined);
  const open = states.filter((state): state is Pending => state.kind === "pending").toSorted((a, b) => toMs(a.until) - toMs(b.until));
  return open[0] ?? states[0];
}

/** As this incident has it, which is newer than what was read. */
const statusBefore = ({ incident }: Seen, { id, status }: WishOnRecord): Partial<WishStatus> =>
  incident.wishes?.find((one) => one.id === id) ?? status ?? {};

/** Since when it has been as it is wanted, without a break that a look saw. */
const heldSince = (view: View, { wish, reached }: PlannedWish): string | undefined =>
  reached.done && reached.holdsMs !== undefined ? (statusBefore(view, wish).heldSince ?? view.now) : undefined;

/** What is as it is wanted is done, or looked at until it has been so for long enough. */
function judgeReached(view: View, planned: PlannedWish): TargetState {
  const { detail, holdsMs = 0 } = planned.reached;
  const since = heldSince(view, planned) ?? view.now;
  const until = toMs(since) + holdsMs;
  if (toMs(view.now) >= until) return ended("Completed", null, detail);
  const why = `${detail}; looked at until ${toIso(until)}`;
  return { kind: "pending", until: toIso(Math.min(toMs(view.now) + LOOKED_AT_WITHIN_MS, until)), why, person: false };
}

const pending = ({ now, incident }: View, why: string, latest = Infinity): Pending => {
  const until = Math.min(toMs(now) + nextCheckAfterMs(incident.progress.looks), latest);
  return { kind: "pending", until: toIso(until), why, person: false };
};

/** What is being found out says itself how far it is. */
const awaited = (view: View, { wish, scan }: PlannedWish): Pending =>
  pending(view, "document ids are scanned before anything is written", Math.min(toMs(scan?.dueAt ?? wish.until), toMs(wish.until)));

function judge(view: View, planned: PlannedWish, steps: readonly JudgedStep[]): TargetState {
  const { wish, reached, unmet } = planned;
  const { now } = view;
  if (wish.cancelled) return ended("Refused", "Cancelled", `called off: ${wish.cancelled.reason}`);
  const followed = followedOf(view, wish);
  if (followed) return pending(view, sayFollowed(followed));
  if (reached.done) return judgeReached(view, planned);
  if (isOutOfTime(wish, now)) return ended("Escalated", "OutOfTime", `not done by ${wish.until}: ${reached.detail}`);
  // What is half done is nobody's to refuse any more: a person has to go on or back.
  if (unmet !== null) return ended(mayBeBegun(view, wish) ? "Escalated" : "Refused", "RequirementsUnmet", unmet);
  return judgeWork(view, planned, judgeSteps(view, steps));
}

/** Where nothing stands in its way. */
function judgeWork(view: View, planned: PlannedWish, state: TargetState | undefined): TargetState {
  if (state?.kind === "ended" && state.outcome === "Observed") return ended("Refused", "ObserveMode", state.detail);
  if (state?.kind !== "ended" && planned.awaits !== null) return awaited(view, planned);
  return state ?? pending(view, planned.reached.detail, toMs(planned.wish.until));
}

/** An ending that leaves something half done says where it stands. */
function withStanding(view: View, planned: PlannedWish, state: TargetState): TargetState {
  if (state.kind === "pending" || state.outcome === "Completed") return state;
  return { ...state, detail: `${state.detail}; ${whereItStands(view, planned)}` };
}

export const judgeWish = (view: View, planned: PlannedWish, steps: readonly JudgedStep[]): TargetState =>
  withStanding(
    view,
    planned,
    judge(
      view,
      planned,
      steps.filter(({ step }) => step.wish === planned.wish.id),
    ),
  );

const OUTCOMES: Partial<Record<Ending["outcome"], WishOutcome>> = { Completed: "Completed", Refused: "Refused" };

type Standing = Pick<IncidentWish, "state" | "outcome" | "reason" | "closedAt">;

const standingOf = (state: TargetState, now: string): Standing =>
  state.kind === "pending"
    ? { state: state.person ? "waiting" : "working", outcome: null, reason: null, closedAt: null }
    : { state: "closed", outcome: OUTCOMES[state.outcome] ?? "Escalated", reason: state.reason, closedAt: now };

const NO_PROGRESS = { percent: null, etaSeconds: null };

const scanProgress = ({ state }: Standing, scan: PlannedWish["scan"]): ScanProgress =>
  state !== "closed" && scan ? scan.progress : NO_PROGRESS;

const sinceOf = (before: WishStatus["progress"] | undefined, what: string, now: string): string =>
  before?.what === what ? before.since : now;

/** What is kept of it after a turn. */
export function statusOf(view: View, planned: PlannedWish, state: TargetState): IncidentWish {
  const { wish, requirements, scan, stands, undo, before: used, disposable } = planned;
  const { now, incident } = view;
  const before = wish.status?.progress;
  const held = heldSince(view, planned);
  const what = state.kind === "pending" ? state.why : state.detail;
  const standing = standingOf(state, now);
  return {
    id: wish.id,
    ...standing,
    reasonCode: standing.reason,
    detail: what,
    incidentId: incident.id,
    requirements,
    undo,
    ...(used && { before: used }),
    ...(held !== undefined && { heldSince: held }),
    ...(standing.outcome === "Completed" && disposable.length > 0 && { disposable: { from: toIso(toMs(now) + KEPT_FOR_MS) } }),
    progress: {
      what,
      since: sinceOf(before, what, now),
      ...scanProgress(standing, scan),
    },
    // What was begun of it stays too, until it is taken back.
    stands: stands && (standing.outcome === "Completed" || mayBeBegun(view, wish)),
  };
}

/** Of one that has ended in this incident before. */
export const endingOf = ({ outcome, reason, detail }: IncidentWish): Ending => ended(outcome!, reason, detail);

type GivenUp = { reason: EscalationReason; detail: string; at: string };

/** One that can't be carried on: nothing of it is written any more, for nobody would expect it after a person was called. */
export function giveUpWish(wish: WishOnRecord, incident: Incident, { reason, detail, at }: GivenUp): IncidentWish {
  const { requirements = [], undo = [], stands = false, before } = statusBefore({ incident }, wish);
  const told = `${detail}; ${whereItStands({ incident }, { wish, undo })}`;
  return {
    id: wish.id,
    state: "closed",
    outcome: "Escalated",
    reason,
    reasonCode: reason,
    detail: told,
    incidentId: incident.id,
    closedAt: at,
    requirements,
    undo,
    ...(before && { before }),
    progress: { what: told, since: at, ...NO_PROGRESS },
    stands,
  };
}
