/** Which step of the plan may be taken now, and what holds each of the others back. */
import type { Facts } from "../facts.ts";
import type { AppliedStep, Decision, Incident, PlannedStep, RefusalReason } from "../incident.ts";
import { judgeStep } from "./policy.ts";
import type { Settings } from "../settings.ts";
import type { Plan, Step } from "../steps/step.ts";
import { azOf, precondition } from "../steps/index.ts";
import { toIso, toMs } from "../time.ts";
import { MAX_TRIES, SETTLE_AFTER_WRITE_MS } from "./waits.ts";

export type StepState =
  /** ready: now; otherwise after a step that comes before it. */
  | { kind: "allowed"; ready: boolean }
  /** Written a moment ago: its effect is awaited. */
  | { kind: "settling" }
  | { kind: "ask"; why: string }
  | { kind: "observe" }
  | { kind: "refuse"; reason: RefusalReason; why: string }
  /** Azure refused it. */
  | { kind: "denied"; result: AppliedStep };

export type JudgedStep = { step: Step; state: StepState };

/** May be taken at once. */
export const isNext = ({ state }: JudgedStep): boolean => state.kind === "allowed" && state.ready;

type Made = Pick<Incident, "applied" | "progress">;

/** A yes is for one write: it is used up once that is made, and lapses once a look finds that nothing calls for it. */
function isUsed({ at }: Decision, stepId: string, { applied, progress }: Made): boolean {
  const isSince = (time: string): boolean => toMs(time) >= toMs(at);
  const uncalled = progress.uncalled?.[stepId];
  if (uncalled !== undefined && isSince(uncalled)) return true;
  return applied.some(({ id, result, at: when }) => id === stepId && (result === "done" || result === "alreadyDone") && isSince(when));
}

/** The approval in force: the newest, while it has not expired, for those of its steps that were not made since. */
export function approvalInForce(decisions: readonly Decision[], made: Made, settings: Settings, now: string): Incident["decision"] {
  const newest = newestDecision(decisions);
  if (newest?.decision !== "approve") return null;
  const expires = toMs(newest.at) + settings.approvalTtlMs;
  const steps = newest.steps.filter((id) => !isUsed(newest, id, made));
  return steps.length > 0 && expires > toMs(now) ? { planHash: newest.planHash, steps, expiresAt: toIso(expires) } : null;
}

/** For what it was approved for, or less: a cause that the approver did not see is a question of its own. */
function isApproved({ id, causes }: Step, { incident, decisions, settings, now }: Asked): boolean {
  const seen = newestDecision(decisions)?.causes?.[id] ?? [];
  return approvalInForce(decisions, incident, settings, now)?.steps.includes(id) === true && causes.every((code) => seen.includes(code));
}

const newestDecision = (decisions: readonly Decision[]): Decision | undefined => [...decisions].sort((a, b) => toMs(b.at) - toMs(a.at))[0];

type Asked = { why: string; decisions: readonly Decision[]; incident: Incident; settings: Settings; now: string };

function judgeAsk(step: Step, asked: Asked): StepState {
  const { why, decisions, incident } = asked;
  if (isApproved(step, asked)) return { kind: "allowed", ready: step.ready };
  const newest = newestDecision(decisions);
  if (newest?.decision === "reject" && newest.steps.includes(step.id))
    return { kind: "refuse", reason: "Rejected", why: `rejected by ${newest.by}: ${newest.reason}` };
  if (incident.rejected.includes(step.id))
    return { kind: "refuse", reason: "Rejected", why: "a person rejected it before, and nothing has changed" };
  return { kind: "ask", why };
}

/** What was tried before decides first: nothing is written twice while its effect is awaited, nor more than three times in all. */
function judgeHistory(step: Step, applied: readonly AppliedStep[], now: string): StepState | undefined {
  const tries = applied.filter((entry) => entry.id === step.id && entry.result !== "stale");
  const last = tries.at(-1);
  if (!last) return undefined;
  if (last.result === "refused") return { kind: "denied", result: last };
  if (last.result !== "failed" && toMs(now) - toMs(last.at) < SETTLE_AFTER_WRITE_MS) return { kind: "settling" };
  if (tries.length >= MAX_TRIES)
    return { kind: "refuse", reason: "Stopped", why: `${step.name} was tried ${tries.length} times and did not help` };
  return undefined;
}

function judge(step: Step, facts: Facts, settings: Settings, incident: Incident, decisions: readonly Decision[], now: string): StepState {
  const history = judgeHistory(step, incident.applied, now);
  if (history) return history;
  const verdict = judgeStep(step, facts, settings, incident.callers);
  if (verdict.kind === "observe") return { kind: "observe" };
  if (verdict.kind === "refuse") return verdict;
  return verdict.kind === "allow"
    ? { kind: "allowed", ready: step.ready }
    : judgeAsk(step, { why: verdict.why, decisions, incident, settings, now });
}

export function judgeSteps(
  plan: Plan,
  facts: Facts,
  settings: Settings,
  incident: Incident,
  decisions: readonly Decision[],
  now: string,
): JudgedStep[] {
  return plan.steps.map((step) => ({ step, state: judge(step, facts, settings, incident, decisions, now) }));
}

/** A write whose answer was lost or whose operation failed, and that shows by now: it was Keymend's own. */
export function shownSince({ progress, applied }: Incident, facts: Facts, now: string): { step: Step; entry: AppliedStep } | undefined {
  const step = progress.sent;
  if (step === undefined || precondition(step, facts) !== "done") return undefined;
  const { id, name, on, targetIds } = step;
  const hasFailed = applied.some((entry) => entry.id === id && entry.result === "failed");
  const detail = `${hasFailed ? "its operation failed" : "Azure's answer was lost"}; it is so now`;
  return { step, entry: { id, name, on, at: now, result: "done", detail, targetIds } };
}

const SHOWN: Record<Exclude<StepState["kind"], "allowed">, PlannedStep["state"]> = {
  settling: "applied",
  ask: "waitsForApproval",
  observe: "observed",
  refuse: "refused",
  denied: "refused",
};

const shown = (state: StepState): PlannedStep["state"] =>
  state.kind === "allowed" ? (state.ready ? "next" : "waitsForEarlierStep") : SHOWN[state.kind];

/** Nobody is handed the command for what was revoked on purpose, or for what a person said no to. */
export function isOffered({ state }: JudgedStep): boolean {
  if (state.kind === "refuse") return state.reason !== "RevokedOnPurpose" && state.reason !== "Rejected";
  return state.kind !== "settling";
}

export const showStep = ({ step, state }: JudgedStep): PlannedStep => ({
  id: step.id,
  name: step.name,
  on: step.on,
  permission: step.permission,
  needs: state.kind === "ask" ? "approval" : step.needs,
  causes: step.causes,
  state: shown(state),
  why: state.kind === "ask" || state.kind === "refuse" ? state.why : null,
  undo: step.undo,
  az: isOffered({ step, state }) ? azOf(step) : [],
});
