/** What one turn means for each database: an ending, or something that is waited for. */
import { sameId } from "../arm-id.ts";
import type { Phase, TargetDiagnosis } from "../cause.ts";
import {
  type AppliedStep,
  type Incident,
  type IncidentTarget,
  type OutcomeCode,
  type Progress,
  readRefusal,
  type Reason,
} from "../incident.ts";
import { worstOutcome } from "./outcome.ts";
import type { Settings } from "../settings.ts";
import type { Plan, PlanBlock } from "../plan.ts";
import { formatDuration, toIso, toMs } from "../time.ts";
import { type JudgedStep, repairFollowed, type StepState } from "./judge-steps.ts";
import { stepInShort } from "../short-names.ts";
import { isUndo } from "../steps/index.ts";
import { escalateAfterMs, type Forecast, sayForecast } from "./revalidation.ts";
import { ESCALATE_AFTER_MS, FINAL_VERDICT_AFTER_MS, IN_TROUBLE_LOOKED_AT_WITHIN_MS, nextCheckAfterMs, UNREAD_AFTER_MS } from "./waits.ts";
import { REVALIDATION_WINDOW_MS } from "../databases/rules.ts";

export type Ending = { kind: "ended"; outcome: OutcomeCode; reason: Reason; detail: string };
export type Pending = { kind: "pending"; until: string; why: string; person: boolean };
export type TargetState = Ending | Pending;

const PHASES: readonly Phase[] = ["healthy", "atRisk", "inGrace", "recovering", "revoked"];

/** `recovering` at first sight means the service had noticed: as bad as revoked. */
const worse = (a: Phase, b: Phase): Phase => (PHASES.indexOf(a) > PHASES.indexOf(b) ? a : b);

/** Nothing is left to write: it takes as long as it takes. */
export const sayFollowed = ({ step, since }: NonNullable<Progress["following"]>): string =>
  `${stepInShort(step)} was taken by Azure, which works on it since ${since}`;

const pathWorks = (phase: Phase): boolean => phase === "healthy" || phase === "recovering";

/** What could not be read is no proof of a loss: once it can be, nobody has mended anything but what else was found. */
function provenPhase({ phase, findings }: TargetDiagnosis): Phase {
  const proven = findings.filter(({ code }) => code !== "Unreadable");
  if (phase !== "inGrace" || proven.some(({ evidence }) => evidence.effect !== "willBreak")) return phase;
  return proven.length > 0 ? "atRisk" : "healthy";
}

const wasBroken = ({ worst }: IncidentTarget): boolean => worst !== "healthy" && worst !== "atRisk";

/** Once the path was broken, a word of the service's that nobody knows may well say that it has noticed: it is not health. */
const heardPhase = (seen: TargetDiagnosis, before: IncidentTarget | undefined): Phase =>
  seen.service.verdict === "unclear" && before && wasBroken(before) ? "revoked" : provenPhase(seen);

/** Carries a database's record on by what was just seen. */
export function carryTarget(before: IncidentTarget | undefined, seen: TargetDiagnosis, now: string): IncidentTarget {
  const proven = heardPhase(seen, before);
  const first = before ?? { phaseBefore: seen.phase, worst: proven, pathOkSince: null };
  const isHealthy = seen.phase === "healthy" && seen.service.verdict === "healthy";
  return {
    id: seen.id,
    kind: seen.kind,
    phase: seen.phase,
    phaseBefore: first.phaseBefore,
    worst: worse(first.worst, proven),
    pathOkSince: pathWorks(seen.phase) ? (first.pathOkSince ?? now) : null,
    healthySince: isHealthy ? (before?.healthySince ?? now) : null,
    serviceSays: seen.service.says,
    outcome: null,
    reason: null,
    detail: "",
  };
}

/** forecast: how long the service takes here to notice; null where nobody knows. */
type View = { now: string; incident: Incident; target: IncidentTarget; settings: Settings; forecast?: Forecast | null };

const escalatesAfter = ({ forecast = null }: View): number => escalateAfterMs(forecast);
const foretold = ({ forecast = null }: View): string => (forecast ? ` (here ${sayForecast(forecast)})` : "");

const later = (now: string, ms: number): string => toIso(toMs(now) + ms);
const check = ({ now, incident }: Pick<View, "now" | "incident">): string => later(now, nextCheckAfterMs(incident.progress.looks));
const earliest = (a: string, b: string): string => (toMs(a) < toMs(b) ? a : b);
const ended = (outcome: OutcomeCode, reason: Reason, detail: string): Ending => ({ kind: "ended", outcome, reason, detail });
const pending = (until: string, why: string, person = false): Pending => ({ kind: "pending", until, why, person });

const SUCCESS: Record<Phase, OutcomeCode> = {
  healthy: "NoChangeNeeded",
  atRisk: "Prevented",
  inGrace: "OutageAvoided",
  recovering: "Healed",
  revoked: "Healed",
};

/** After the path was broken only the service's own word counts, not its silence (a cluster that is Updating, a status that is missing). */
function judgeSilent(view: View): TargetState {
  const { target, now } = view;
  const since = toMs(now) - toMs(target.pathOkSince!);
  if (since < escalatesAfter(view))
    return pending(check(view), "the key path is whole; waiting for the service to say that it has access again");
  const word = target.serviceSays === null ? "nothing" : `'${target.serviceSays}'`;
  const text = `the key path has been whole for ${formatDuration(since)}, and the service says ${word} of its access: look whether it serves`;
  return ended("Escalated", "NotRevalidated", text);
}

/** What may be said of a path that works: of the service only what it says itself. */
export function sayWorks(said: string, seen: readonly Pick<TargetDiagnosis, "service" | "readiness">[]): string {
  const limit = seen.find(({ readiness }) => readiness !== undefined)?.readiness;
  if (limit) return `the service confirms its access, which Keymend can't judge: ${limit.text}; ${limit.wants}`;
  return seen.every(({ service }) => service.verdict === "healthy") ? said : "the key path works; the service says nothing of its access";
}

/** No repair: it says nothing of how a database fared. */
const isWishAlone = ({ wish, causes = [] }: Pick<AppliedStep, "wish" | "causes">): boolean => wish !== undefined && causes.length === 0;

/** Healthy now. A path that was broken is only proven once the service has had its hourly check since. */
function judgeHealthy(view: View, seen: TargetDiagnosis): TargetState {
  const { target, incident, now } = view;
  if (target.worst === "inGrace") {
    const proven = toMs(target.pathOkSince!) + REVALIDATION_WINDOW_MS;
    if (toMs(now) < proven)
      return pending(earliest(check(view), toIso(proven)), "the key path is whole; waiting for the service's next key check to pass");
  }
  if (wasBroken(target) && seen.service.verdict !== "healthy") return judgeSilent(view);
  const beside = incident.applied.find((step) => step.beside === true && step.targetIds.some((id) => sameId(id, target.id)));
  if (beside) return ended("Escalated", "AnsweredOtherwise", `the key path is whole, and ${readRefusal(beside).what}`);
  const ours = incident.applied.some(
    (step) =>
      step.targetIds.some((id) => sameId(id, target.id)) && step.result !== "stale" && step.result !== "refused" && !isWishAlone(step),
  );
  if (!ours && target.worst !== "healthy") return ended("Superseded", null, "someone else mended it");
  // What was put back while all was well kept something from going wrong later.
  const success = ours && target.worst === "healthy" ? "Prevented" : SUCCESS[target.worst];
  const said = target.worst === "healthy" ? "nothing is wrong" : "verified: key path and service both healthy";
  return ended(success, null, sayWorks(said, [seen]));
}

function judgeRecovering(view: View): TargetState {
  const { target, now } = view;
  const since = toMs(now) - toMs(target.pathOkSince!);
  if (since >= escalatesAfter(view)) {
    return ended(
      "Escalated",
      "NotRevalidated",
      `the key path has been whole for ${formatDuration(since)} and the service has not noticed${foretold(view)}: ask Microsoft support`,
    );
  }
  return pending(check(view), `the key path is whole; waiting for the service to notice${foretold(view)}`);
}

export function judgeStepState(view: Omit<View, "target">, step: JudgedStep["step"], state: StepState): TargetState | undefined {
  const { now, settings } = view;
  const what = stepInShort(step);
  switch (state.kind) {
    case "settling":
      return pending(check(view), `${what} is done; waiting for it to take effect`);
    case "fresh":
      return pending(state.until, `${what} waits: what it puts back was reported gone a moment ago, and is looked at once more`);
    case "crowded":
      return pending(check(view), `${what} waits for a place: ${state.why}`);
    case "ask": {
      const expires = toMs(state.question.at) + settings.approvalTtlMs;
      if (toMs(now) >= expires) return ended("Refused", "ApprovalExpired", `nobody decided on ${what} in time`);
      return pending(
        earliest(toIso(expires), later(now, IN_TROUBLE_LOOKED_AT_WITHIN_MS)),
        `${what} waits for approval: ${state.why}`,
        true,
      );
    }
    case "observe":
      return ended("Observed", null, "observe mode: nothing is written");
    case "refuse":
      return ended("Refused", state.reason, state.why);
    case "lacking":
      return ended("Escalated", "NotPermitted", `${state.why}: ${what} is a person's, and how it is done is in the runbook`);
    case "denied":
      return sayDenied(step, state.result);
    case "allowed":
      // It waits for another step, which says how things stand.
      return undefined;
  }
}

function sayDenied(step: JudgedStep["step"], result: AppliedStep): Ending {
  const what = stepInShort(step);
  const { reason, what: said } = readRefusal(result);
  switch (reason) {
    case "AnsweredOtherwise":
      return ended("Escalated", reason, `Azure answered ${what} with another value, and it is not tried again: ${said}`);
    case "NotPermitted":
      return ended(
        "Escalated",
        reason,
        `Keymend is not permitted to do ${what}, which takes ${step.permission}; how a person does it is in the runbook`,
      );
    case "Locked":
    case "Firewall":
    case "NotAccepted":
    case "Conflict":
    case null:
      return ended("Escalated", "NotAccepted", `Azure refused ${what}: ${result.detail}`);
  }
}

/** Only what was so for a while ends anything. */
function onceSure({ now, incident }: View, { cause, reason }: PlanBlock, outcome: OutcomeCode, afterMs: number): TargetState {
  const certain = toMs(incident.progress.verdictSince[cause]!) + afterMs;
  return toMs(now) < certain
    ? pending(earliest(later(now, 30_000), toIso(certain)), `${cause}: making sure`)
    : ended(outcome, cause, reason);
}

/** What rests on the service's word alone may be its word from before Keymend's own repair: it looks about once an hour. */
function waitForWord(view: View, { isWord, reason }: PlanBlock): Pending | undefined {
  const { now, incident, target } = view;
  const ours = incident.applied.filter(({ result, targetIds }) => result === "done" && targetIds.some((id) => sameId(id, target.id)));
  const last = ours.at(-1);
  if (isWord !== true || !last || toMs(now) - toMs(last.at) >= ESCALATE_AFTER_MS) return undefined;
  return pending(check(view), `${reason}; it may not have looked since the repair`);
}

function judgeBlock(view: View, block: PlanBlock): TargetState {
  const { now, incident } = view;
  switch (block.kind) {
    case "escalate":
      // A single refusal may be a grant on its way; the next look at an escalated vault comes an hour later.
      return (
        waitForWord(view, block) ??
        (block.cause === "Unreadable" ? onceSure(view, block, "Escalated", UNREAD_AFTER_MS) : ended("Escalated", block.cause, block.reason))
      );
    case "unrecoverable":
      // A thing just deleted answers 404 everywhere for a while before it shows among the deleted.
      return onceSure(view, block, "Unrecoverable", FINAL_VERDICT_AFTER_MS);
    case "wait": {
      const limit = toMs(incident.progress.verdictSince[block.cause]!) + ESCALATE_AFTER_MS;
      return toMs(now) < limit
        ? pending(check(view), block.reason)
        : ended("Escalated", block.cause, `${block.reason}; it has not passed in ${formatDuration(ESCALATE_AFTER_MS)}`);
    }
  }
}

/** Something can still happen for this database → the earliest of it; else the worst of its endings. */
function combine(states: TargetState[]): TargetState {
  const open = states.filter((state): state is Pending => state.kind === "pending");
  const first = open.sort((a, b) => toMs(a.until) - toMs(b.until))[0];
  if (first) return { ...first, person: open.every((state) => state.person) };
  const endings = states.filter((state): state is Ending => state.kind === "ended");
  const code = worstOutcome(endings.map((state) => state.outcome));
  return (
    endings.find((state) => state.outcome === code) ?? ended("Escalated", "InternalError", "a finding without a step, a block or a reason")
  );
}

/** Steps without a finding put things in order around a database that is well: only what was begun and has not ended holds it open. */
function judgeTidying(view: View, steps: readonly JudgedStep[]): TargetState | undefined {
  const begun = steps.filter(
    ({ state }) => state.kind === "settling" || state.kind === "denied" || (state.kind === "refuse" && state.reason === "Stopped"),
  );
  const states = begun.map(({ step, state }) => judgeStepState(view, step, state)).filter((state) => state !== undefined);
  return states.length === 0 ? undefined : combine(states);
}

/** Ends what is left of a database that is not among those of this vault any more. */
export const endGone = (target: IncidentTarget): IncidentTarget => ({
  ...target,
  outcome: "NoChangeNeeded",
  reason: null,
  detail: "it is gone, or names no key of this vault any more",
});

export function judgeTarget(view: View, seen: TargetDiagnosis, steps: readonly JudgedStep[], plan: Plan): TargetState {
  const serves = (ids: readonly string[]): boolean => ids.some((id) => sameId(id, seen.id));
  const followed = repairFollowed(view.incident);
  if (followed && serves(followed.step.targetIds)) return pending(check(view), sayFollowed(followed));
  // What only a wish asks for says how the wish stands, not its databases.
  const repairs = steps.filter(({ step }) => !isWishAlone(step));
  if (seen.findings.length === 0)
    return (
      judgeTidying(
        view,
        repairs.filter(({ step }) => serves(step.targetIds)),
      ) ?? judgeHealthy(view, seen)
    );
  if (seen.phase === "recovering") return judgeRecovering(view);
  // What only puts things in order around it neither mends a finding nor stands for one; what puts an own write back is waited for.
  const mine = steps
    .filter(({ step }) => (step.causes.length > 0 || isUndo(step)) && serves(step.targetIds))
    .map(({ step, state }) => judgeStepState(view, step, state));
  const blocked = plan.blocks.filter((block) => serves(block.targetIds)).map((block) => judgeBlock(view, block));
  return combine([...mine.filter((state) => state !== undefined), ...blocked]);
}
