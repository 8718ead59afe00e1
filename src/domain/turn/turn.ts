/**
 * One turn of the loop, as a pure function: what was read and what was known before → what to write down and what to do
 * next. The orchestration carries it out; nothing is decided anywhere else.
 */
import { sameId } from "../arm-id.ts";
import type { Diagnosis, TargetDiagnosis } from "../cause.ts";
import type { Facts, Patient } from "../facts.ts";
import type {
  AuditEntry,
  Decision,
  Incident,
  IncidentCause,
  IncidentTarget,
  Next,
  Outcome,
  OutcomeCode,
  PlannedStep,
  Turn,
} from "../incident.ts";
import { openIncident, toldAlso } from "../incident.ts";
import { isSuccess, nextLookAfterMs, worstOutcome } from "./outcome.ts";
import type { Settings } from "../settings.ts";
import type { Signal } from "../signal.ts";
import type { Plan } from "../steps/step.ts";
import { formatDuration, toIso, toMs } from "../time.ts";
import { runbookOf } from "./runbook.ts";
import { approvalInForce, type JudgedStep, judgeSteps, showStep, shownSince } from "./judge-steps.ts";
import { carryTarget, endGone, type Ending, judgeTarget, sayWorks, type TargetState } from "./judge-databases.ts";
import { factsInShort, namesOf, placeOf } from "../words.ts";
import { SLOW_AFTER_MS } from "./waits.ts";

export type TurnInput = {
  /** ISO 8601 UTC. */
  now: string;
  /** Number of this turn in the orchestration: makes the audit entries' ids. */
  turn: number;
  patient: Patient;
  /** The open incident, if any. */
  incident: Incident | null;
  /** The last closed one of this vault, if any. */
  previous: Incident | null;
  /** For a new incident. */
  newId: string;
  signals: readonly Signal[];
  decisions: readonly Decision[];
  facts: Facts;
  factsDigest: string;
  diagnosis: Diagnosis;
  plan: Plan;
  planHash: string;
  settings: Settings;
};

type Draft = { incident: Incident; entries: AuditEntry[]; input: TurnInput };

const isTrouble = (target: TargetDiagnosis): boolean => target.findings.length > 0;

/** What makes two looks at a vault the same trouble. */
function signature(causes: readonly { code: string; targetIds: readonly string[] }[]): string {
  return causes
    .flatMap(({ code, targetIds }) => targetIds.map((id) => `${code} ${id.toLowerCase()}`))
    .sort()
    .join("\n");
}

function causesOf(diagnosis: Diagnosis): IncidentCause[] {
  const byCode = new Map<string, IncidentCause>();
  for (const target of diagnosis.targets) {
    for (const { code, evidence } of target.findings) {
      const cause = byCode.get(code) ?? { code, targetIds: [], evidence: [], contradictions: [] };
      cause.targetIds.push(target.id);
      cause.evidence = [...new Set([...cause.evidence, ...evidence.facts])];
      cause.contradictions = [...new Set([...cause.contradictions, ...target.contradictions])];
      byCode.set(code, cause);
    }
  }
  return [...byCode.values()];
}

/** What showed it of databases that do not show it any more stays too. */
function mergeCause(before: IncidentCause | undefined, now: IncidentCause): IncidentCause {
  if (!before) return now;
  const targetIds = union(before.targetIds, now.targetIds);
  if (targetIds.length === now.targetIds.length) return now;
  const all = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
  return {
    ...now,
    targetIds,
    evidence: all(before.evidence, now.evidence),
    contradictions: all(before.contradictions, now.contradictions),
  };
}

/** Causes stay on the incident once found; what was found again is told anew. */
function mergeCauses(before: readonly IncidentCause[], found: readonly IncidentCause[]): IncidentCause[] {
  const kept = before.filter((cause) => !found.some((f) => f.code === cause.code));
  return [
    ...kept,
    ...found.map((cause) =>
      mergeCause(
        before.find(({ code }) => code === cause.code),
        cause,
      ),
    ),
  ];
}
const union = (a: readonly string[], b: readonly string[]): string[] => [...a, ...b.filter((id) => !a.some((x) => sameId(x, id)))];

/** The same trouble as last time, whose next look is not due: nothing new to tell anybody. */
function isKnown({ previous, diagnosis, signals, now }: TurnInput): Incident | undefined {
  if (!previous?.outcome || isSuccess(previous.outcome) || previous.nextLookAt === null) return undefined;
  if (signals.some((signal) => signal.source === "operator") || toMs(now) >= toMs(previous.nextLookAt)) return undefined;
  const lastSeen = previous.causes.filter((cause) => cause.code !== "Revalidating");
  return signature(lastSeen) === signature(causesOf(diagnosis).filter((cause) => cause.code !== "Revalidating")) ? previous : undefined;
}

/** What did not end well is carried on: who is behind it, and, unless an operator asks anew, what a person said no to. */
function open({ newId, patient, now, previous, signals }: TurnInput): Incident {
  if (!previous?.outcome || isSuccess(previous.outcome)) return openIncident(newId, patient, now, 0);
  const rejected = signals.some((signal) => signal.source === "operator") ? [] : previous.rejected;
  return { ...openIncident(newId, patient, now, previous.endings), callers: previous.callers, rejected };
}

/** of: tells several of a kind in one turn apart. Ids go by no position: a look that is repeated may have heard one signal more. */
function note(draft: Draft, kind: AuditEntry["kind"], what: string, data: unknown, of = ""): void {
  const { input, entries, incident } = draft;
  entries.push({ entryId: `${input.turn}-${kind}${of}`, kind, what, data });
  if (kind !== "facts") incident.timeline = toldAlso(incident, input.now, what);
}

function takeSignals(draft: Draft): void {
  const { incident, input } = draft;
  for (const signal of input.signals.filter((s) => !incident.signalIds.includes(s.id))) {
    incident.signalIds = [...incident.signalIds, signal.id];
    // Who asks for a look did not make the change that is looked at.
    const author = signal.source === "event" ? signal.caller?.objectId : undefined;
    if (author !== undefined && !incident.callers.includes(author)) incident.callers = [...incident.callers, author];
    const who = signal.caller ? `, by ${signal.caller.name ?? signal.caller.objectId}` : "";
    note(draft, "signal", `told of ${signal.what} (${signal.source}${who})`, signal, `-${signal.id}`);
  }
}

function takeFacts(draft: Draft): void {
  const { incident, input } = draft;
  const before = { targets: incident.targets, causes: signature(incident.causes), phases: incident.targets.map((t) => t.phase).join() };
  const seenNow = input.diagnosis.targets.map((seen) =>
    carryTarget(
      before.targets.find((t) => sameId(t.id, seen.id)),
      seen,
      input.now,
    ),
  );
  const gone = before.targets.filter(({ id }) => !seenNow.some((target) => sameId(target.id, id)));
  // Those seen come first: the rest of the turn goes by the diagnosis' order.
  incident.targets = [...seenNow, ...gone.map(endGone)];
  const found = causesOf(input.diagnosis);
  incident.causes = mergeCauses(incident.causes, found);
  for (const { cause } of input.plan.blocks) incident.progress.verdictSince[cause] ??= input.now;
  for (const code of Object.keys(incident.progress.verdictSince)) {
    if (!input.plan.blocks.some((block) => block.cause === code)) delete incident.progress.verdictSince[code];
  }
  const changed = signature(incident.causes) !== before.causes || incident.targets.map((t) => t.phase).join() !== before.phases;
  if (!changed) return;
  note(draft, "facts", `${factsInShort(input.facts)} (facts ${input.factsDigest.slice(0, 8)})`, {
    digest: input.factsDigest,
    facts: input.facts,
  });
  note(draft, incident.applied.length > 0 ? "verification" : "diagnosis", describe(incident, found), {
    causes: found,
    targets: incident.targets,
  });
}

function describe(incident: Incident, found: readonly IncidentCause[]): string {
  const phases = incident.targets.map((target) => `${namesOf([target.id])} ${target.phase}`).join(", ");
  if (found.length === 0) return `no cause found: ${phases}`;
  return `${found.map((cause) => `${cause.code}: ${cause.evidence.join("; ")}`).join(" · ")} (${phases})`;
}

function takePlan(draft: Draft, steps: readonly JudgedStep[]): void {
  const { incident, input } = draft;
  if (isWhole(input.diagnosis)) noteUncalled(incident, steps, input.now);
  incident.decision = approvalInForce(input.decisions, incident, input.settings, input.now);
  incident.rejected = [
    ...new Set([...incident.rejected, ...input.decisions.flatMap(({ decision, steps: ids }) => (decision === "reject" ? ids : []))]),
  ];
  const asking = steps.some(({ state }) => state.kind === "ask");
  incident.progress.askedAt = asking ? (incident.progress.askedAt ?? input.now) : null;
  // The plan that was carried out stays on record until another one takes its place.
  if (steps.length === 0) return;
  const shown = steps.map(showStep);
  const before = incident.plan;
  const isAskedAnew = shown.some(({ id, state }) => state === ASKS && before?.steps.find((step) => step.id === id)?.state !== ASKS);
  incident.plan = { hash: input.planHash, steps: shown };
  if (before?.hash !== input.planHash || isAskedAnew) note(draft, "plan", describePlan(shown), incident.plan);
}

const ASKS: PlannedStep["state"] = "waitsForApproval";

/** What could not be read may be just what calls for a step. */
const isWhole = ({ targets }: Diagnosis): boolean => targets.every(({ findings }) => findings.every(({ code }) => code !== "Unreadable"));

/** Steps that were planned or approved and that nothing calls for now: neither may be decided on, or carried out, on an old yes. */
function noteUncalled(incident: Incident, steps: readonly JudgedStep[], now: string): void {
  const isCalled = (id: string): boolean => steps.some(({ step }) => step.id === id);
  const { plan, decision, progress } = incident;
  const known = [...(decision?.steps ?? []), ...(plan?.steps ?? []).map((step) => step.id)];
  const uncalled = known.filter((id) => !isCalled(id)).map((id) => [id, now]);
  if (uncalled.length > 0) progress.uncalled = { ...progress.uncalled, ...Object.fromEntries(uncalled) };
  if (plan && steps.length === 0) incident.plan = { ...plan, steps: plan.steps.filter(({ state }) => state !== ASKS) };
}

const WORDS: Record<PlannedStep["state"], string> = {
  next: "now",
  waitsForEarlierStep: "after that",
  applied: "done",
  waitsForApproval: "waits for approval",
  observed: "not written: observe mode",
  refused: "refused",
};

const describePlan = (steps: readonly PlannedStep[]): string =>
  `planned ${steps.map(({ name, on, state }) => `${name} on ${placeOf(on)} (${WORDS[state]})`).join("; ")}`;

function close(draft: Draft, endings: readonly Ending[], steps: readonly JudgedStep[]): Next {
  const { incident, input } = draft;
  const code: OutcomeCode = worstOutcome(endings.map((ending) => ending.outcome));
  const because = endings.find((ending) => ending.outcome === code);
  const outcome = { code, reason: because?.reason ?? null, detail: because?.detail ?? "nothing is wrong" };
  incident.state = "closed";
  incident.closedAt = input.now;
  incident.outcome = outcome.code;
  incident.reason = outcome.reason;
  incident.detail = outcome.detail;
  incident.endings = isSuccess(code) ? 0 : incident.endings + 1;
  incident.nextLookAt = isSuccess(code) ? null : toIso(toMs(input.now) + nextLookAfterMs(incident.endings));
  incident.runbook = isSuccess(code) ? [] : runbookOf(steps, input.plan.blocks);
  note(draft, code === "Refused" ? "refusal" : "outcome", `${code}${outcome.reason ? ` (${outcome.reason})` : ""}: ${outcome.detail}`, {
    outcome,
    runbook: incident.runbook,
  });
  return { do: "end", outcome };
}

function withEnding(target: IncidentTarget, state: TargetState): IncidentTarget {
  return state.kind === "ended" ? { ...target, outcome: state.outcome, reason: state.reason, detail: state.detail } : target;
}

function saySlow(draft: Draft): void {
  const { incident, input } = draft;
  const slow = incident.targets.find(
    (t) => t.phase === "recovering" && t.pathOkSince !== null && toMs(input.now) - toMs(t.pathOkSince) >= SLOW_AFTER_MS,
  );
  if (!slow || incident.progress.saidSlow) return;
  incident.progress.saidSlow = true;
  note(draft, "note", `the service has not noticed for ${formatDuration(SLOW_AFTER_MS)}, longer than documented; still waiting`, {
    targetId: slow.id,
  });
}

const isNext = ({ state }: JudgedStep): boolean => state.kind === "allowed" && state.ready;

function next(draft: Draft, steps: readonly JudgedStep[]): Next {
  const { incident, input } = draft;
  const now = steps.find(isNext);
  if (now) {
    incident.state = "working";
    incident.progress.looks = 0;
    return { do: "step", step: now.step };
  }
  const { now: at, settings, plan, diagnosis } = input;
  const states = diagnosis.targets.map((seen, i) =>
    judgeTarget({ now: at, incident, target: incident.targets[i]!, settings }, seen, steps, plan),
  );
  incident.targets = incident.targets.map((target, i) => (states[i] ? withEnding(target, states[i]) : target));
  const waits = states.filter((state) => state.kind === "pending").sort((a, b) => toMs(a.until) - toMs(b.until));
  const first = waits[0];
  if (!first)
    return close(
      draft,
      states.filter((state) => state.kind === "ended"),
      steps,
    );
  saySlow(draft);
  incident.progress.looks += 1;
  incident.state = waits.every((wait) => wait.person) ? "waiting" : "working";
  incident.nextLookAt = first.until;
  // Who is asked may rather do it by hand.
  incident.runbook = incident.state === "waiting" ? runbookOf(steps, plan.blocks) : [];
  return { do: "wait", until: first.until, why: first.why };
}

/** The timer's look, or an event that comes again after its incident was closed: Event Grid delivers at least once. */
const saysNothingNew = ({ source, id }: Signal, previous: Incident | null): boolean =>
  source === "sweep" || previous?.signalIds.includes(id) === true;

/** A path that works is a good baseline even where it will break at a known time; one around which something is missing is not. */
function isBaseline({ diagnosis, facts, plan, incident }: TurnInput): boolean {
  const works = diagnosis.targets.length > 0 && diagnosis.targets.every(({ phase }) => phase === "healthy" || phase === "atRisk");
  // After trouble the service's own word is needed, not its silence.
  const isConfirmed = incident === null || diagnosis.targets.every(({ service }) => service.verdict === "healthy");
  return works && isConfirmed && facts.missing.length === 0 && plan.steps.every(({ causes }) => causes.length > 0);
}

const serviceOf = ({ service }: TargetDiagnosis): TargetDiagnosis["service"] => service;

/** What a look finds before there is an incident: nothing at all, what is known already, or undefined where an incident is to be opened. */
function quietEnd(input: TurnInput): Outcome | undefined {
  const { diagnosis, facts, plan, settings, decisions, now } = input;
  const steps = judgeSteps(plan, facts, settings, open(input), decisions, now);
  const trouble = diagnosis.targets.some(isTrouble) || steps.some(isNext);
  if (!trouble && input.signals.every((signal) => saysNothingNew(signal, input.previous)))
    return { code: "NoChangeNeeded", reason: null, detail: sayWorks("nothing is wrong", diagnosis.targets.map(serviceOf)) };
  const known = trouble ? isKnown(input) : undefined;
  return known && { code: known.outcome!, reason: known.reason, detail: "as before" };
}

function takeSent(draft: Draft): void {
  const { incident, input } = draft;
  const shown = shownSince(incident, input.facts, input.now);
  if (!shown) return;
  const { step, entry } = shown;
  delete incident.progress.sent;
  incident.applied = [...incident.applied, entry];
  note(draft, "step", `${entry.name} on ${placeOf(entry.on)}: done (${entry.detail})`, {
    step,
    result: entry.result,
    detail: entry.detail,
  });
}

export function decideTurn(input: TurnInput): Turn {
  const healthy = isBaseline(input);
  const quiet = input.incident ? undefined : quietEnd(input);
  if (quiet) return { incident: null, entries: [], next: { do: "end", outcome: quiet }, healthy };
  // A turn never changes what it was given.
  const incident = structuredClone(input.incident ?? open(input));
  const draft: Draft = { incident, entries: [], input };
  takeSignals(draft);
  takeSent(draft);
  takeFacts(draft);
  const steps = judgeSteps(input.plan, input.facts, input.settings, incident, input.decisions, input.now);
  takePlan(draft, steps);
  const decided = next(draft, steps);
  return { incident: draft.incident, entries: draft.entries, next: decided, healthy };
}
