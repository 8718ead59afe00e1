/** What a turn writes down: signals, facts, steps that show, the plan, each on the incident and in the audit. */
import { normalId, sameId } from "../arm-id.ts";
import { isOwn } from "../capability.ts";
import type { Diagnosis } from "../cause.ts";
import type { Facts, Patient } from "../facts.ts";
import type { AuditEntry, Author, Decision, Incident, IncidentCause, IncidentTarget, PlannedStep, Question } from "../incident.ts";
import { toldAlso } from "../incident.ts";
import type { Settings } from "../settings.ts";
import type { Signal } from "../signal.ts";
import type { Plan } from "../plan.ts";
import { factsInShort, namesOf, stepInShort } from "../short-names.ts";
import { toIso, toMs } from "../time.ts";
import { carryTarget, endGone } from "./judge-databases.ts";
import { type JudgedStep, repairFollowed, showStep, shownSince } from "./judge-steps.ts";
import { authorOf } from "./authors.ts";
import { hearAnswers } from "./answers.ts";
import { followLosses, isWhole } from "./losses.ts";
import type { Held } from "./restraint.ts";
import { type Forecast, sayForecast } from "./revalidation.ts";
import { rejectionOf } from "./questions.ts";
import { causesOf, mergeCauses, signature } from "./same-trouble.ts";

export type UnreadLog = { log: LogName; detail: string };
export type LogName = "the activity log" | "the vault's audit log";

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
  /** By target id in lower case: how long the service took elsewhere in its region to notice; absent where nobody knows. */
  forecasts?: Readonly<Record<string, Forecast>>;
  /** Whom the logs name; absent where none was asked. */
  logged?: readonly Author[];
  /** Logs that were asked and could not be read. */
  unread?: readonly UnreadLog[];
  digest: (value: unknown) => string;
  /** What Keymend itself may do, as it was read where it had been refused; absent where it had not. */
  permissions?: unknown;
  settings: Settings;
  /** Why nothing at all may be written now. */
  held: Held | null;
  /** Why this vault waits until others are mended; absent where it does not. */
  crowd?: string;
};

/** An incident in the making, with what is to be appended to its audit. */
export type TurnDraft = { incident: Incident; entries: AuditEntry[]; input: TurnInput };

/** of: tells several of a kind in one turn apart. Ids go by no position: a look that is repeated may have heard one signal more. */
export function note(draft: TurnDraft, kind: AuditEntry["kind"], what: string, data: unknown, of = ""): void {
  const { input, entries, incident } = draft;
  entries.push({ entryId: `${input.turn}-${kind}${of}`, kind, what, data });
  if (kind !== "facts") incident.timeline = toldAlso(incident, input.now, what);
}

/** Signals told one by one in a turn; the rest is told by its number. */
const TOLD_SINGLY = 50;
/** How many signals an incident knows again, and how many authors it names: they come as many as somebody sends. */
const SIGNALS_KNOWN = 1000;
const AUTHORS_KNOWN = 100;

/** An incident that has heard the signals: who is behind them, and that an operator asks anew in spite of a no. */
export function hear(before: Incident, signals: readonly Signal[], { privilegedCallers }: Pick<Settings, "privilegedCallers">): Incident {
  const incident = structuredClone(before);
  const known = new Set(before.signalIds);
  const taken = signals.filter(({ id }) => !known.has(id));
  incident.signalIds = [...incident.signalIds, ...taken.map(({ id }) => id)].slice(-SIGNALS_KNOWN);
  incident.authors = boundedAuthors([...(incident.authors ?? []), ...taken.flatMap((signal) => authorOf(signal) ?? [])], privilegedCallers);
  for (const { at } of taken.filter(({ source }) => source === "operator")) {
    if (toMs(at) <= toMs(incident.progress.askedAnewAt ?? incident.openedAt)) continue;
    incident.progress.askedAnewAt = at;
    incident.rejected = [];
    incident.inVain = {};
  }
  return incident;
}

export function takeSignals(draft: TurnDraft): void {
  const { incident: before, input } = draft;
  const known = new Set(before.signalIds);
  const taken = input.signals.filter(({ id }) => !known.has(id));
  draft.incident = hear(before, input.signals, input.settings);
  // A person's word is never among the rest.
  const isPerson = ({ source }: Signal): boolean => source === "operator" || source === "approver";
  const inOrder = [...taken.filter(isPerson), ...taken.filter((signal) => !isPerson(signal))];
  for (const signal of inOrder.slice(0, TOLD_SINGLY)) {
    const who = signal.caller ? `, by ${signal.caller.name ?? signal.caller.objectId}` : "";
    note(draft, "signal", `told of ${signal.what} (${signal.source}${who})`, signal, `-${signal.id}`);
  }
  const rest = inOrder.slice(TOLD_SINGLY);
  if (rest.length > 0) note(draft, "signal", `told of ${rest.length} more signals at once`, { ids: rest.map(({ id }) => id) }, "-more");
}

/** Whom the logs name besides those that events have named (`hear` has taken them). Keymend's own writes are no one's change. */
export function takeLogged(draft: TurnDraft): void {
  const { incident, input } = draft;
  const { privilegedCallers, principals } = input.settings;
  const known = incident.authors!;
  const others = (input.logged ?? []).filter(({ objectId }) => !isOwn(principals, objectId));
  incident.authors = boundedAuthors([...known, ...others], privilegedCallers);
  const named = incident.authors.filter((author) => !known.includes(author));
  tellNamed(
    draft,
    "the activity log",
    named.filter(({ scope }) => scope.kind !== "key"),
  );
  tellNamed(
    draft,
    "the vault's audit log",
    named.filter(({ scope }) => scope.kind === "key"),
  );
  for (const { log, detail } of input.unread ?? []) tellUnread(draft, log, detail);
}

function tellNamed(draft: TurnDraft, log: LogName, named: readonly Author[]): void {
  if (named.length === 0) return;
  const who = [...new Set(named.map(({ objectId, operation }) => `${operation} by ${objectId}`))].slice(0, TOLD_SINGLY);
  note(draft, "signal", `${log} says: ${who.join("; ")}`, named, `-${log}`);
}

/** Once in an incident: it is asked again at each look. */
function tellUnread(draft: TurnDraft, log: LogName, detail: string): void {
  const said = `who made the change stays unknown: ${log} can't be read`;
  if (draft.incident.timeline.some(({ what }) => what.startsWith(said))) return;
  note(draft, "note", `${said}: ${detail}`, { log, detail }, `-${log}`);
}

/** Of too many the latest are kept, and every one whose changes count as meant: to forget one of those would let a repair go out unasked. */
function boundedAuthors(authors: readonly Author[], privileged: readonly string[]): Author[] {
  const byChange = new Map<string, Author>();
  for (const author of authors) {
    const change = JSON.stringify([author.objectId, author.operation, author.scope]);
    const known = byChange.get(change);
    // The earliest: whoever did it again after the loss had still done it before.
    if (!known || toMs(author.at) < toMs(known.at)) byChange.set(change, author);
  }
  const distinct = [...byChange.values()];
  const isPrivileged = (id: string): boolean => privileged.includes(id.toLowerCase());
  return distinct.filter(({ objectId }, i) => i >= distinct.length - AUTHORS_KNOWN || isPrivileged(objectId));
}

/** A write whose answer was lost and that shows by now. */
export function takeSent(draft: TurnDraft): void {
  const { incident, input } = draft;
  const shown = shownSince(incident, input.facts, input.now);
  if (!shown) return;
  const { step, entry } = shown;
  delete incident.progress.sent;
  incident.applied = [...incident.applied, entry];
  note(draft, "step", `${stepInShort(step)}: done (${entry.detail})`, {
    step,
    result: entry.result,
    detail: entry.detail,
  });
}

/** A write that shows as something else than it asked for. */
export function takeAnswers(draft: TurnDraft): void {
  const { incident, input } = draft;
  const { left, others } = hearAnswers(incident, input.facts, input.now);
  const { written: _, ...progress } = incident.progress;
  incident.progress = left.length === 0 ? progress : { ...progress, written: left };
  for (const { step, entry } of others) {
    incident.applied = [...incident.applied, entry];
    note(draft, "otherValue", `${stepInShort(step)}: ${entry.detail}`, { step, result: entry.result, detail: entry.detail }, `-${step.id}`);
  }
}

/** Where it was not permitted a step: once Keymend may do other things, that one is tried again, whatever else the incident waits for. */
export function takePermissions(draft: TurnDraft): void {
  const { incident, input } = draft;
  const before = incident.progress.permissions;
  const digest = input.permissions === undefined ? undefined : input.digest(input.permissions);
  if (digest === undefined || digest === before?.digest) return;
  incident.progress.permissions = { digest, changedAt: before ? input.now : null };
  if (before) note(draft, "note", "Keymend's permissions have changed: what it was not permitted is tried again", {}, "-permissions");
}

export function takeLosses({ incident, input }: TurnDraft): void {
  const { losses, repairs } = followLosses(incident, input);
  incident.progress.losses = losses;
  incident.repairs = repairs;
}

/** A service that has noticed is an outage, whatever Keymend may do about it. */
function takeOutages(draft: TurnDraft, before: readonly IncidentTarget[]): void {
  const isDown = (targets: readonly IncidentTarget[], id: string): boolean =>
    targets.some((target) => target.phase === "revoked" && sameId(target.id, id));
  const down = draft.incident.targets.filter(({ id }) => isDown(draft.incident.targets, id) && !isDown(before, id)).map(({ id }) => id);
  if (down.length > 0) note(draft, "outage", `the service has noticed: ${namesOf(down)} out of reach`, { targets: down });
}

export function takeFacts(draft: TurnDraft): void {
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
  const isWritten = incident.applied.length > 0 || repairFollowed(incident) !== undefined;
  note(draft, isWritten ? "verification" : "diagnosis", describe(incident, found), {
    causes: found,
    targets: incident.targets,
  });
  takeOutages(draft, before.targets);
  takeForecasts(draft, before.targets);
}

export const forecastFor = ({ forecasts = {} }: Pick<TurnInput, "forecasts">, targetId: string): Forecast | null =>
  forecasts[normalId(targetId)] ?? null;

/** Who waits is told for how long, once it is mended. */
function takeForecasts(draft: TurnDraft, before: readonly IncidentTarget[]): void {
  const { incident, input } = draft;
  for (const { id, phase } of incident.targets) {
    const forecast = forecastFor(input, id);
    const isNew = phase === "recovering" && before.find((target) => sameId(target.id, id))?.phase !== "recovering";
    if (isNew && forecast)
      note(
        draft,
        "note",
        `until the service notices: ${namesOf([id])} ${sayForecast(forecast)}`,
        { targetId: id, forecast },
        `-until-${id}`,
      );
  }
}

const phasesOf = ({ targets }: Incident): string => targets.map(({ phase }) => phase).join();

function describe(incident: Incident, found: readonly IncidentCause[]): string {
  const phases = incident.targets.map((target) => `${namesOf([target.id])} ${target.phase}`).join(", ");
  if (found.length === 0) return `no cause found: ${phases}`;
  return `${found.map((cause) => `${cause.code}: ${cause.evidence.join("; ")}`).join(" · ")} (${phases})`;
}

const ASKS: PlannedStep["state"] = "waitsForApproval";

/** What people said stands in the timeline, also what came too late or was overruled. Its audit row is written where it came in. */
export function takeDecisions(draft: TurnDraft): void {
  const { input } = draft;
  const { heard = [] } = draft.incident.progress;
  const news = input.decisions.filter(({ id }) => !heard.includes(id));
  if (news.length === 0) return;
  draft.incident.progress.heard = [...heard, ...news.map(({ id }) => id)];
  for (const { decision, by, reason, late } of news)
    draft.incident.timeline = toldAlso(draft.incident, input.now, `${decision} by ${by}: ${reason}${late ? " (too late)" : ""}`);
}

/** What is asked now; a question ends where nothing calls for its step any more, or its write is made. */
function takeQuestions({ incident, input }: TurnDraft, steps: readonly JudgedStep[]): void {
  const before = incident.progress.asked ?? {};
  const asked: Record<string, Question> = isWhole(input.diagnosis) ? {} : { ...before };
  for (const { step, state } of steps) {
    if (state.kind === "ask") asked[step.id] = state.question;
    else if (before[step.id] && state.kind !== "settling") asked[step.id] = before[step.id]!;
  }
  incident.progress.asked = asked;
}

function inForce(steps: readonly JudgedStep[], { approvalTtlMs }: Settings): Incident["decision"] {
  const approved = steps.flatMap(({ step: { id }, state }) =>
    "approval" in state && state.approval ? [{ id, approval: state.approval }] : [],
  );
  const newest = approved.map(({ approval }) => approval).toSorted((a, b) => toMs(b.at) - toMs(a.at))[0];
  if (!newest) return null;
  return { planHash: newest.planHash, steps: approved.map(({ id }) => id), expiresAt: toIso(toMs(newest.at) + approvalTtlMs) };
}

export function takePlan(draft: TurnDraft, steps: readonly JudgedStep[]): void {
  const { incident, input } = draft;
  incident.progress.turn = input.turn;
  incident.progress.lookedAt = input.now;
  takeQuestions(draft, steps);
  incident.decision = inForce(steps, input.settings);
  const { rejected, progress } = incident;
  const refused = input.decisions.flatMap(({ steps: ids }) => ids).filter((id) => rejectionOf(id, input.decisions, progress.askedAnewAt));
  incident.rejected = [...new Set([...rejected, ...refused])];
  const before = incident.plan;
  // The plan that was carried out stays on record until another one takes its place; nobody can decide on what it asked.
  if (steps.length === 0) {
    if (before && isWhole(input.diagnosis)) incident.plan = { ...before, steps: before.steps.filter(({ state }) => state !== ASKS) };
    return;
  }
  const shown = steps.map(showStep);
  const hash = input.digest(steps.map(({ step }) => [step.id, progress.asked?.[step.id] ?? null]));
  incident.plan = { hash, steps: shown };
  if (before?.hash !== hash) note(draft, "plan", describePlan(shown), incident.plan);
}

const WORDS: Record<PlannedStep["state"], string> = {
  next: "now",
  settles: "once it was looked at again",
  waitsForPlace: "once there is a place",
  waitsForEarlierStep: "after that",
  applied: "done",
  waitsForApproval: "waits for approval",
  observed: "not written: observe mode",
  refused: "refused",
};

const describePlan = (steps: readonly PlannedStep[]): string =>
  `planned ${steps.map((step) => `${stepInShort(step)} (${WORDS[step.state]}${step.why ? `: ${step.why}` : ""})`).join("; ")}`;
