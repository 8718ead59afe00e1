/** What a turn writes down: signals, facts, steps that show, the plan, each on the incident and in the audit. */
import { sameId } from "../arm-id.ts";
import type { Diagnosis } from "../cause.ts";
import type { Facts, Patient } from "../facts.ts";
import type { AuditEntry, Decision, Incident, IncidentCause, PlannedStep } from "../incident.ts";
import { toldAlso } from "../incident.ts";
import type { Settings } from "../settings.ts";
import type { Signal } from "../signal.ts";
import type { Plan } from "../steps/step.ts";
import { factsInShort, namesOf, placeOf } from "../short-names.ts";
import { carryTarget, endGone } from "./judge-databases.ts";
import { approvalInForce, type JudgedStep, showStep, shownSince } from "./judge-steps.ts";
import { causesOf, mergeCauses, signature } from "./same-trouble.ts";

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

/** An incident in the making, with what is to be appended to its audit. */
export type Draft = { incident: Incident; entries: AuditEntry[]; input: TurnInput };

/** of: tells several of a kind in one turn apart. Ids go by no position: a look that is repeated may have heard one signal more. */
export function note(draft: Draft, kind: AuditEntry["kind"], what: string, data: unknown, of = ""): void {
  const { input, entries, incident } = draft;
  entries.push({ entryId: `${input.turn}-${kind}${of}`, kind, what, data });
  if (kind !== "facts") incident.timeline = toldAlso(incident, input.now, what);
}

/** Signals told one by one in a turn; the rest is told by its number. */
const TOLD_SINGLY = 50;
/** How many signals an incident knows again, and how many authors it names: they come as many as somebody sends. */
const SIGNALS_KNOWN = 1000;
const AUTHORS_KNOWN = 1000;

export function takeSignals(draft: Draft): void {
  const { incident, input } = draft;
  const known = new Set(incident.signalIds);
  const taken = input.signals.filter(({ id }) => !known.has(id));
  incident.signalIds = [...incident.signalIds, ...taken.map(({ id }) => id)].slice(-SIGNALS_KNOWN);
  // Who asks for a look did not make the change that is looked at.
  const authors = taken.flatMap(({ source, caller }) => (source === "event" && caller ? [caller.objectId] : []));
  incident.callers = boundedAuthors([...new Set([...incident.callers, ...authors])], input.settings.privilegedCallers);
  // Those of people first: an operator's word is never among the rest.
  const inOrder = [...taken.filter(({ source }) => source === "operator"), ...taken.filter(({ source }) => source !== "operator")];
  for (const signal of inOrder.slice(0, TOLD_SINGLY)) {
    const who = signal.caller ? `, by ${signal.caller.name ?? signal.caller.objectId}` : "";
    note(draft, "signal", `told of ${signal.what} (${signal.source}${who})`, signal, `-${signal.id}`);
  }
  const rest = inOrder.slice(TOLD_SINGLY);
  if (rest.length > 0) note(draft, "signal", `told of ${rest.length} more signals at once`, { ids: rest.map(({ id }) => id) }, "-more");
}

/** Of too many the latest are kept, and every one whose changes count as meant: to forget one of those would let a repair go out unasked. */
function boundedAuthors(authors: readonly string[], privileged: readonly string[]): string[] {
  const isPrivileged = (id: string): boolean => privileged.includes(id.toLowerCase());
  return authors.filter((id, i) => i >= authors.length - AUTHORS_KNOWN || isPrivileged(id));
}

/** A write whose answer was lost and that shows by now. */
export function takeSent(draft: Draft): void {
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

export function takeFacts(draft: Draft): void {
  const { incident, input } = draft;
  const before = { targets: incident.targets, causes: signature(incident.causes), phases: phasesOf(incident) };
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
  if (signature(incident.causes) === before.causes && phasesOf(incident) === before.phases) return;
  note(draft, "facts", `${factsInShort(input.facts)} (facts ${input.factsDigest.slice(0, 8)})`, {
    digest: input.factsDigest,
    facts: input.facts,
  });
  note(draft, incident.applied.length > 0 ? "verification" : "diagnosis", describe(incident, found), {
    causes: found,
    targets: incident.targets,
  });
}

const phasesOf = ({ targets }: Incident): string => targets.map(({ phase }) => phase).join();

function describe(incident: Incident, found: readonly IncidentCause[]): string {
  const phases = incident.targets.map((target) => `${namesOf([target.id])} ${target.phase}`).join(", ");
  if (found.length === 0) return `no cause found: ${phases}`;
  return `${found.map((cause) => `${cause.code}: ${cause.evidence.join("; ")}`).join(" · ")} (${phases})`;
}

const ASKS: PlannedStep["state"] = "waitsForApproval";

export function takePlan(draft: Draft, steps: readonly JudgedStep[]): void {
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
  `planned ${steps.map(({ name, on, state, why }) => `${name} on ${placeOf(on)} (${WORDS[state]}${why ? `: ${why}` : ""})`).join("; ")}`;
