/**
 * One turn of the loop, as a pure function: what was read and what was known before → what to write down and what to do
 * next. The orchestration carries it out; nothing is decided anywhere else.
 */
import { isBaseline } from "../baseline.ts";
import type { DueScan } from "../id-scan.ts";
import type { Plan } from "../plan.ts";
import type { Incident, IncidentTarget, Next, Outcome, OutcomeCode, SupportTicket, Turn } from "../incident.ts";
import type { Signal } from "../signal.ts";
import { formatDuration, toIso, toMs } from "../time.ts";
import { rememberBefore } from "./answers.ts";
import { groundsOf } from "./grounds.ts";
import { nextLogAt } from "./logs.ts";
import { repairsWithin } from "./losses.ts";
import { type Ending, judgeTarget, sayWorks, type TargetState } from "./judge-databases.ts";
import { isNext, type JudgedStep, judgeSteps } from "./judge-steps.ts";
import { endingOf, judgeWish } from "./judge-wishes.ts";
import { nextIncident } from "./next-incident.ts";
import { isFinal, isSuccess, nextLookAfterMs, worstOutcome } from "./outcome.ts";
import {
  forecastFor,
  type TurnDraft,
  note,
  takeAnswers,
  takeDecisions,
  takeFacts,
  takeLogged,
  takeLosses,
  takePermissions,
  takePlan,
  takeSent,
  takeSignals,
  type TurnInput,
} from "./record.ts";
import { takeBegun, takeWish, takeWishes } from "./record-wishes.ts";
import { sayForecast } from "./revalidation.ts";
import { runbookAtEnd, runbookOf } from "./runbook.ts";
import { supportRunbook, ticketDrafts } from "./support.ts";
import { isTicket, isUnderWay, sayTicket, sayTickets, ticketsNow } from "./tickets.ts";
import { isKnown } from "./same-trouble.ts";
import { sinceEvent } from "./fix.ts";
import { inVainAtEnd } from "./in-vain.ts";
import { FINAL_LOOK_AFTER_MS, FINAL_LOOKS_FOR_MS, SLOW_AFTER_MS } from "./waits.ts";

function open(input: TurnInput): Incident {
  const { newId, patient, now, previous, signals, settings } = input;
  const askedAnew = signals.some(({ source }) => source === "operator");
  const incident = nextIncident({ id: newId, patient, at: now }, previous, askedAnew);
  return { ...incident, repairs: repairsWithin(incident.repairs, settings, now), ...sinceEvent(input) };
}

/** Where nothing is wrong only who asked for the look is owed a record of it, once; a wish has one of its own. */
const saysNothingNew = ({ source, id }: Signal, previous: Incident | null): boolean =>
  (source !== "operator" && source !== "approver") || previous?.signalIds.includes(id) === true;

/** What a look finds before there is an incident: nothing at all, what is known already, or undefined where one is to be opened. */
function quietEnd(input: TurnInput, steps: readonly JudgedStep[]): Outcome | undefined {
  const { diagnosis, signals, previous } = input;
  // Whoever wants something is owed a record of what comes of it.
  if (input.plan.wishes) return undefined;
  const trouble = diagnosis.targets.some(({ findings }) => findings.length > 0) || steps.some(isNext);
  // Who was told that nobody can mend it is owed the news that it is well.
  if (!trouble && !isFinal(previous?.outcome ?? null) && signals.every((signal) => saysNothingNew(signal, previous))) {
    return { code: "NoChangeNeeded", reason: null, detail: sayWorks("nothing is wrong", diagnosis.targets) };
  }
  const known = trouble ? isKnown(input, input.digest(groundsOf(input))) : undefined;
  return known && { code: known.outcome!, reason: known.reason, detail: "as before" };
}

/**
 * A database that never came up is its owner's trouble, and one that is out of reach because somebody has just wanted that is none: they say
 * how the incident ended only where nothing else does.
 */
function telling(endings: readonly Ending[]): readonly Ending[] {
  const isWanted = endings.some(({ outcome }) => outcome === "Completed");
  const saysLittle = ({ reason, outcome }: Ending): boolean =>
    outcome === "NoChangeNeeded" || reason === "ProvisioningFailed" || (isWanted && reason === "RevokedOnPurpose");
  const others = endings.filter((ending) => !saysLittle(ending));
  return others.length > 0 ? others : endings;
}

function lookAgainAfterMs(code: OutcomeCode, { incident, input }: TurnDraft): number {
  if (!isFinal(code)) return nextLookAfterMs(incident.endings);
  return isFinal(input.previous?.outcome ?? null) ? FINAL_LOOKS_FOR_MS : FINAL_LOOK_AFTER_MS;
}

/** A verdict that was told as final, and is none. */
function sayReopened(draft: TurnDraft): void {
  const { previous, incident, plan } = draft.input;
  if (incident || !previous || !isFinal(previous.outcome)) return;
  if (plan.blocks.some(({ kind, cause }) => kind === "unrecoverable" && cause === previous.reason)) return;
  const what = `${previous.reason} was told as final on ${previous.closedAt} (incident ${previous.id}), and turns out otherwise`;
  note(draft, "note", what, { incidentId: previous.id }, "-reopened");
}

/** What a recovery in this incident has left for a person to put back, and what support was asked, is told with whatever it came to. */
function toldAlong(outcome: Outcome, { missing }: Plan, { tickets }: Incident): Outcome {
  const along = [...(missing ? [missing.text] : []), ...sayTickets({ tickets: tickets ?? [], reason: outcome.reason })];
  return { ...outcome, detail: [outcome.detail, ...along].join("; ") };
}

function close(draft: TurnDraft, all: readonly Ending[], steps: readonly JudgedStep[]): Next {
  const { incident, input } = draft;
  const endings = telling(all);
  const code: OutcomeCode = worstOutcome(endings.map((ending) => ending.outcome));
  const because = endings.find((ending) => ending.outcome === code);
  const ending = { code, reason: because?.reason ?? null, detail: because?.detail ?? "nothing is wrong" };
  const outcome = toldAlong(ending, input.plan, incident);
  incident.state = "closed";
  incident.closedAt = input.now;
  incident.outcome = outcome.code;
  incident.reason = outcome.reason;
  incident.detail = outcome.detail;
  incident.inVain = inVainAtEnd(
    incident,
    steps.map(({ step }) => step),
  );
  incident.endings = isSuccess(code) ? 0 : incident.endings + 1;
  // What was revoked on purpose is told again, though that it was revoked is a success.
  const isOver = isSuccess(code) && !all.some(({ reason }) => reason === "RevokedOnPurpose");
  incident.nextLookAt = isOver ? null : toIso(toMs(input.now) + lookAgainAfterMs(code, draft));
  incident.runbook = [...runbookAtEnd(code, steps, input.plan), ...supportRunbook(incident)];
  note(draft, code === "Refused" ? "refusal" : "outcome", `${code}${outcome.reason ? ` (${outcome.reason})` : ""}: ${outcome.detail}`, {
    outcome,
    runbook: incident.runbook,
  });
  return { do: "end", outcome };
}

function withEnding(target: IncidentTarget, state: TargetState): IncidentTarget {
  return state.kind === "ended" ? { ...target, outcome: state.outcome, reason: state.reason, detail: state.detail } : target;
}

function saySlow(draft: TurnDraft): void {
  const { incident, input } = draft;
  const slow = incident.targets.find(
    (t) => t.phase === "recovering" && t.pathOkSince !== null && toMs(input.now) - toMs(t.pathOkSince) >= SLOW_AFTER_MS,
  );
  if (!slow || incident.progress.saidSlow) return;
  incident.progress.saidSlow = true;
  const forecast = forecastFor(input, slow.id);
  const here = forecast ? `; here ${sayForecast(forecast)}` : "";
  note(draft, "note", `the service has not noticed for ${formatDuration(SLOW_AFTER_MS)}, longer than documented; still waiting${here}`, {
    targetId: slow.id,
  });
}

/** How each wish stands; one that has ended in this incident stays ended. */
function takeWishStates(draft: TurnDraft, steps: readonly JudgedStep[]): TargetState[] {
  const { incident, input } = draft;
  const over = (incident.wishes ?? []).filter(({ state }) => state === "closed");
  const left = (input.plan.wishes ?? []).filter(({ wish }) => !over.some(({ id }) => id === wish.id));
  const view = { now: input.now, incident, settings: input.settings };
  const states = left.map((planned) => ({ planned, state: judgeWish(view, planned, steps) }));
  for (const { planned, state } of states) takeWish(draft, planned, state);
  return [...states.map(({ state }) => state), ...over.map(endingOf)];
}

/** A slice of a scan whose time has come, of a wish that waits for it. */
function dueScan({ incident: { wishes = [] }, input: { plan, now } }: TurnDraft): DueScan | undefined {
  const isOpen = (wishId: string): boolean => wishes.some(({ id, state }) => id === wishId && state !== "closed");
  const due = (plan.wishes ?? []).flatMap(({ scan }) => (scan && toMs(scan.dueAt) <= toMs(now) && isOpen(scan.wishId) ? [scan] : []));
  return due[0];
}

/** Tickets that are under way are followed, whatever else is waited for; one is wanted only once nothing is. */
function dueTicket(draft: TurnDraft, isOver: boolean): SupportTicket | undefined {
  const { incident, input } = draft;
  const before = incident.tickets ?? [];
  const tickets = ticketsNow(isOver ? ticketDrafts(incident) : [], before, input);
  const isNews = (ticket: SupportTicket): boolean => !before.some((one) => isTicket(one, ticket) && one.state === ticket.state);
  for (const ticket of tickets.filter(isNews))
    note(draft, "note", sayTicket(ticket), ticket, `-ticket-${ticket.subscriptionId}-${ticket.name}`);
  if (tickets.length > 0) incident.tickets = tickets;
  else delete incident.tickets;
  return tickets.find(isUnderWay);
}

function next(draft: TurnDraft, steps: readonly JudgedStep[]): Next {
  const { incident, input } = draft;
  const now = steps.find(isNext);
  if (now) {
    incident.state = "working";
    incident.progress = { ...rememberBefore(incident.progress, now.step, input.facts, input.now), looks: 0 };
    takeBegun(draft, now.step);
    return { do: "step", step: now.step };
  }
  const { now: at, settings, plan, diagnosis } = input;
  const states = diagnosis.targets.map((seen, i) =>
    judgeTarget({ now: at, incident, target: incident.targets[i]!, settings, forecast: forecastFor(input, seen.id) }, seen, steps, plan),
  );
  incident.targets = incident.targets.map((target, i) => (states[i] ? withEnding(target, states[i]) : target));
  const all = [...states, ...takeWishStates(draft, steps)];
  const scan = dueScan(draft);
  if (scan) {
    incident.state = "working";
    incident.nextLookAt = input.now;
    return { do: "scan", scan };
  }
  const waits = all.filter((state) => state.kind === "pending").sort((a, b) => toMs(a.until) - toMs(b.until));
  const first = waits[0];
  const ticket = dueTicket(draft, first === undefined);
  if (ticket) {
    incident.state = "working";
    incident.nextLookAt = input.now;
    return { do: "ticket", ticket: { name: ticket.name, subscriptionId: ticket.subscriptionId } };
  }
  if (!first)
    return close(
      draft,
      all.filter((state) => state.kind === "ended"),
      steps,
    );
  saySlow(draft);
  incident.progress.looks += 1;
  incident.state = waits.every((wait) => wait.person) ? "waiting" : "working";
  const until = untilLog(draft, steps, first.until);
  incident.nextLookAt = until;
  // Who is asked may rather do it by hand.
  incident.runbook = incident.state === "waiting" ? runbookOf(steps, plan.blocks) : [];
  return { do: "wait", until, why: first.why };
}

/** Where a step is asked about for want of an author, a log that may name one is not waited for longer than it takes. */
function untilLog({ incident, input }: TurnDraft, judged: readonly JudgedStep[], until: string): string {
  const steps = judged.filter(({ state }) => state.kind === "ask").map(({ step }) => step);
  const at = nextLogAt({ ...input, incident, steps });
  return at !== undefined && toMs(at) < toMs(until) ? at : until;
}

export function decideTurn(input: TurnInput): Turn {
  const healthy = isBaseline(input);
  // A turn never changes what it was given.
  const draft: TurnDraft = { incident: structuredClone(input.incident ?? open(input)), entries: [], input };
  takeSignals(draft);
  takeLogged(draft);
  takeSent(draft);
  takeAnswers(draft);
  takeDecisions(draft);
  takePermissions(draft);
  takeLosses(draft);
  const steps = judgeSteps(input.plan, { ...input, incident: draft.incident });
  const quiet = input.incident ? undefined : quietEnd(input, steps);
  if (quiet) return { incident: null, entries: [], next: { do: "end", outcome: quiet }, healthy };
  takeWishes(draft);
  takeFacts(draft);
  takePlan(draft, steps);
  draft.incident.grounds = input.digest(groundsOf(input));
  sayReopened(draft);
  const decided = next(draft, steps);
  return { incident: draft.incident, entries: draft.entries, next: decided, healthy };
}
