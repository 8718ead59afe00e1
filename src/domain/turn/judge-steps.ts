/** Which step of the plan may be taken now, and what holds each of the others back. */
import { sameId } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import {
  type AppliedStep,
  type Decision,
  type Incident,
  type PlannedStep,
  type Progress,
  type Question,
  type RefusalReason,
} from "../incident.ts";
import { judgeStep } from "./policy.ts";
import { authorsOf } from "./authors.ts";
import { sayRepeated, settlesUntil } from "./losses.ts";
import type { Held } from "./restraint.ts";
import { approvalOf, type Asked, questionOf, quorumOf, rejectionOf } from "./questions.ts";
import { stepInShort } from "../short-names.ts";
import type { Plan } from "../plan.ts";
import type { Step } from "../steps/step.ts";
import { azOf, precondition } from "../steps/index.ts";
import { toMs } from "../time.ts";
import { MAX_TRIES, inVainBefore, triesOf } from "./in-vain.ts";
import { SETTLE_AFTER_WRITE_MS } from "./waits.ts";

export type StepState =
  /** ready: now; otherwise after a step that comes before it. */
  | { kind: "allowed"; ready: boolean; approval?: Decision }
  /** What it undoes was reported a moment ago: that is looked at once more before. */
  | { kind: "fresh"; until: string }
  /** Allowed, and others are being mended. */
  | { kind: "crowded"; why: string; approval?: Decision }
  /** Written a moment ago: its effect is awaited. */
  | { kind: "settling" }
  | { kind: "ask"; why: string; question: Question }
  | { kind: "observe" }
  | { kind: "refuse"; reason: RefusalReason; why: string }
  /** It is no part of what is deployed: a person's. */
  | { kind: "lacking"; why: string }
  /** Azure refused it. */
  | { kind: "denied"; result: AppliedStep };

export type JudgedStep = { step: Step; state: StepState };

/** May be taken at once. */
export const isNext = ({ state }: JudgedStep): boolean => state.kind === "allowed" && state.ready;

/**
 * The no that stands: also where nothing would ask for it any more, for time that has passed and a setting that is another lift none. isQuestion:
 * where nothing is to be asked, who has wanted it by name since then has asked anew.
 */
function rejectedWhy(
  { id, wish }: Step,
  isQuestion: boolean,
  { decisions, incident, facts: { wishes = [] } }: JudgeView,
): string | undefined {
  const { askedAnewAt } = incident.progress;
  const wanted = isQuestion ? undefined : wishes.find((one) => one.id === wish);
  const newest = rejectionOf(id, decisions, askedAnewAt);
  const rejection = newest && rejectionOf(id, [newest], wanted?.at);
  if (rejection) return `rejected by ${rejection.by}: ${rejection.reason}`;
  return !wanted && incident.rejected.includes(id) ? "a person rejected it before, and nobody has asked for it anew" : undefined;
}

/** By what people have said. why: it is asked about; undefined where nothing asks. */
function judgeWord(step: Step, why: string | undefined, view: JudgeView): StepState {
  const no = rejectedWhy(step, why !== undefined, view);
  if (no !== undefined) return { kind: "refuse", reason: "Rejected", why: no };
  if (why === undefined) return { kind: "allowed", ready: step.ready };
  const { approval, agreed } = approvalOf(step, view);
  if (approval) return { kind: "allowed", ready: step.ready, approval };
  const needed = quorumOf(step, view.settings);
  const said = needed > 1 ? `${why}; ${agreed} of ${needed} approvers have agreed` : why;
  return { kind: "ask", why: said, question: questionOf(step, view) };
}

/** Written, and its effect is awaited: it is not written twice meanwhile. */
function isSettling({ id }: Step, { applied, progress }: Pick<Incident, "applied" | "progress">, now: string): boolean {
  if (progress.following?.step.id === id) return true;
  const newest = applied.findLast((entry) => entry.id === id && entry.result !== "stale");
  const isWritten = newest?.result === "done" || newest?.result === "alreadyDone";
  return isWritten && toMs(now) - toMs(newest.at) < SETTLE_AFTER_WRITE_MS;
}

/** A write for a repair that Azure has taken and works on for long; how a wish's own stands is said of the wish alone. */
export function repairFollowed({ progress: { following } }: Pick<Incident, "progress">): Progress["following"] {
  return following && (following.step.wish === undefined || following.step.causes.length > 0) ? following : undefined;
}

/**
 * While Azure works on a change of something it refuses the next (recorded of accounts: 412, "There is already an operation in progress which
 * requires exclusive lock").
 */
function afterFollowed(state: StepState, step: Step, incident: Incident): StepState {
  const followed = repairFollowed(incident)?.step;
  return state.kind === "allowed" && followed && sameId(followed.on, step.on) ? { ...state, ready: false } : state;
}

/** What was tried before decides first; nothing is written more than three times in a row. */
function judgeHistory(step: Step, incident: Pick<Incident, "applied" | "progress" | "inVain">, now: string): StepState | undefined {
  if (isSettling(step, incident, now)) return { kind: "settling" };
  const tries = triesOf(step.id, incident);
  const last = tries.at(-1);
  if (last?.result === "refused") return { kind: "denied", result: last };
  const inAll = tries.length + inVainBefore(step.id, incident);
  return inAll < MAX_TRIES ? undefined : { kind: "refuse", reason: "Stopped", why: sayStopped(step, inAll) };
}

const sayStopped = (step: Step, tries: number): string =>
  `${stepInShort(step)} was tried ${tries} times and did not help; POST /api/heal tries it again`;

/** held: why nothing at all may be written. crowd: why this vault waits for a place; absent where it does not. */
export type JudgeView = Asked & { facts: Facts; incident: Incident; held: Held | null; crowd?: string };

/** How one step stands now: the same rule when it is planned and right before it is written. */
export function judgeNow(step: Step, view: JudgeView): StepState {
  const { facts, settings, incident, now, held } = view;
  const history = judgeHistory(step, incident, now);
  if (history) return history;
  const verdict = judgeStep(step, facts, settings, authorsOf(step, incident, view));
  if (verdict.kind === "refuse") return verdict;
  if (held && verdict.kind !== "observe") return { kind: "refuse", reason: held.reason, why: held.why };
  const until = settlesUntil(step, incident, view.diagnosis, settings, now);
  if (until !== undefined) return { kind: "fresh", until };
  if (verdict.kind === "observe" || verdict.kind === "lacking") return verdict;
  // Who wants it on purpose has been asked, as it were.
  const repeated = step.wish === undefined ? sayRepeated(step, incident, settings, now) : undefined;
  const why = verdict.kind === "ask" ? verdict.why : repeated;
  const state = afterFollowed(judgeWord(step, why, view), step, incident);
  return view.crowd === undefined ? state : inCrowd(state, view.crowd);
}

/** What could be taken at once waits; what waits anyway is asked, or comes after another, all the same. */
function inCrowd(state: StepState, why: string): StepState {
  if (state.kind !== "allowed" || !state.ready) return state;
  const { approval } = state;
  return { kind: "crowded", why, ...(approval && { approval }) };
}

export const judgeSteps = (plan: Plan, view: JudgeView): JudgedStep[] => plan.steps.map((step) => ({ step, state: judgeNow(step, view) }));

/** A write whose answer was lost or whose operation failed, and that shows by now: it was Keymend's own. */
export function shownSince({ progress, applied }: Incident, facts: Facts, now: string): { step: Step; entry: AppliedStep } | undefined {
  const step = progress.sent;
  if (step === undefined || precondition(step, facts) !== "done") return undefined;
  const { id, name, on, about, targetIds, causes, wish } = step;
  const hasFailed = applied.some((entry) => entry.id === id && entry.result === "failed");
  const detail = `${hasFailed ? "its operation failed" : "Azure's answer was lost"}; it is so now`;
  return { step, entry: { id, name, on, about, at: now, result: "done", detail, targetIds, causes, ...(wish && { wish }) } };
}

const SHOWN: Record<Exclude<StepState["kind"], "allowed">, PlannedStep["state"]> = {
  fresh: "settles",
  crowded: "waitsForPlace",
  settling: "applied",
  ask: "waitsForApproval",
  observe: "observed",
  refuse: "refused",
  lacking: "refused",
  denied: "refused",
};

const shown = (state: StepState): PlannedStep["state"] =>
  state.kind === "allowed" ? (state.ready ? "next" : "waitsForEarlierStep") : SHOWN[state.kind];

/** Nobody is handed the command for what was revoked on purpose, or for what a person said no to. */
export function isOffered({ state }: JudgedStep): boolean {
  if (state.kind === "refuse") return state.reason !== "RevokedOnPurpose" && state.reason !== "Rejected";
  return state.kind !== "settling";
}

function whyOf({ tells }: Step, state: StepState): string | null {
  const why = "why" in state ? state.why : null;
  return state.kind === "ask" && tells ? [why, tells].filter((part) => part).join("; ") : why;
}

export const showStep = ({ step, state }: JudgedStep): PlannedStep => ({
  id: step.id,
  name: step.name,
  on: step.on,
  about: step.about,
  permission: step.permission,
  needs: state.kind === "ask" ? "approval" : step.needs,
  causes: step.causes,
  state: shown(state),
  why: whyOf(step, state),
  undo: step.undo,
  az: isOffered({ step, state }) ? azOf(step) : [],
  ...(step.wish && { wish: step.wish }),
});
