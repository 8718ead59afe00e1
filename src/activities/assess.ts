/**
 * One look at one patient: reads signals, decisions and facts, decides the turn, writes it down. Writes nothing to the
 * databases, keys or vaults. Permissions: reader actions on databases, vaults, keys, identities, role and deny assignments.
 */
import { baselineOf } from "../domain/baseline.ts";
import { diagnose } from "../domain/plan/diagnose.ts";
import { TransientError } from "../domain/errors.ts";
import type { Baseline, Facts, Patient, Unreadable, LiftedTag } from "../domain/facts.ts";
import {
  type AuditEntry,
  type Decision,
  type Incident,
  type Next,
  type TicketPlace,
  isUnpermitted,
  type Outcome,
  type Turn,
  type WriteRequest,
} from "../domain/incident.ts";
import { historyOf, plan } from "../domain/plan/plan.ts";
import { type KnownDatabase, knownAfter } from "../domain/databases/sight.ts";
import type { DueScan } from "../domain/id-scan.ts";
import type { Settings } from "../domain/settings.ts";
import type { Signal } from "../domain/signal.ts";
import { stepSpecs } from "../domain/steps/index.ts";
import type { Step } from "../domain/steps/step.ts";
import { undosIn } from "../domain/steps/undo.ts";
import type { WishStatus } from "../domain/wish.ts";
import { MINUTE, toIso, toMs } from "../domain/time.ts";
import { lookFor, type ReadLook } from "../domain/reads/look.ts";
import { outlivedLifts } from "../domain/turn/policy.ts";
import { authorsIn, type LogEntry, type LogQuestion } from "../domain/turn/activity-log.ts";
import { authorsInKeyLog, type KeyLogEntry, type KeyLogQuestion } from "../domain/turn/key-log.ts";
import { type LogQuestions, questionsOf } from "../domain/turn/log-questions.ts";
import { crowdOf } from "../domain/turn/at-work.ts";
import { heldBack } from "../domain/turn/restraint.ts";
import type { TurnInput } from "../domain/turn/record.ts";
import { unarmedAfter } from "../domain/turn/unarmed.ts";
import { decideTurn } from "../domain/turn/turn.ts";
import { firstExpiry } from "../domain/databases/key-path.ts";
import { newsOfLook } from "../domain/telling/of-look.ts";
import { UNDONE } from "../domain/telling/undone.ts";
import type { Log } from "../log.ts";
import type { GatherFacts } from "./gather-facts.ts";
import { forecastsFor, keepSeen, type Revalidations } from "./learn.ts";
import { leavePlace, noteTrouble, type Restraints, tellStorm } from "./note-trouble.ts";
import { nameOf, tellReadiness, tellUnarmed, type Told } from "./tell-limits.ts";
import { type Again, orAgain } from "./results.ts";
import type { Teller } from "./tell.ts";
import { outcomeOf, tellOutcome } from "./tell-outcome.ts";

export type AssessInput = {
  patient: Patient;
  /** The open incident's id; null before there is one. */
  incidentId: string | null;
  /** The id a new incident gets: made from the orchestration's own time, so a repeated activity opens the same one. */
  newId: string;
  turn: number;
};

export type AssessResult =
  | { kind: "step"; incidentId: string; step: Step }
  /** scan: a slice of it is due. */
  | { kind: "scan"; incidentId: string; scan: DueScan }
  /** Microsoft support is to be asked, or it is to be looked how that went. */
  | { kind: "ticket"; incidentId: string; ticket: TicketPlace }
  /** until: by Azure's clock. afterMs: the same as a span, for the orchestration has another clock; absent in what earlier versions answered. */
  | { kind: "wait"; incidentId: string; until: string; afterMs?: number; why: string }
  | { kind: "end"; incidentId: string | null; outcome: Outcome }
  | Again;

export type Incidents = {
  load: (patientId: string, incidentId: string) => Promise<{ incident: Incident; etag: string } | undefined>;
  /** The newest of this patient, open or closed. */
  latest: (patientId: string) => Promise<{ incident: Incident; etag: string } | undefined>;
  /** etag: what it was loaded with; undefined for a new one. */
  save: (incident: Incident, etag: string | undefined) => Promise<void>;
};

export type Mailbox = {
  listSignals: (patientId: string) => Promise<Signal[]>;
  dropSignals: (patientId: string, signalIds: readonly string[]) => Promise<void>;
  listDecisions: (incidentId: string) => Promise<Decision[]>;
};

/** append answers how far the audit goes now: the incident is saved with it. */
export type AuditLog = {
  append: (incidentId: string, entries: readonly (AuditEntry & { at: string; actor: string })[]) => Promise<NonNullable<Incident["audit"]>>;
};

/** Lets a look read once it is its turn; throws TransientError before. */
export type WithinBudget = <T>(look: ReadLook, work: () => Promise<T>) => Promise<T>;

/** A step that was written in an earlier turn, and where to ask how it went. */
export type Followed = {
  patient: Patient;
  incidentId: string;
  step: Step;
  turn: number;
  poller: string;
  since: string;
  requests?: WriteRequest[] | undefined;
  follows: true;
};

export type AssessDeps = {
  gatherFacts: GatherFacts;
  withinBudget: WithinBudget;
  incidents: Incidents;
  mailbox: Mailbox;
  audit: AuditLog;
  baselines: {
    save: (patient: Patient, baseline: Baseline) => Promise<void>;
    endLifts: (patient: Patient, lifts: readonly LiftedTag[]) => Promise<void>;
    /** What was seen is looked at from now on, whether anything lists it or not. */
    remember: (patient: Patient, after: (before: readonly KnownDatabase[]) => readonly KnownDatabase[]) => Promise<void>;
  } & Told;
  /** How long the service took to notice, by place. */
  revalidations: Revalidations;
  /** What came of what somebody wants. */
  keepWishStatus: (patientId: string, wishId: string, status: WishStatus) => Promise<void>;
  /** Asks once how a step went that was written. */
  pollStep: (input: Followed) => Promise<{ kind: "running" | "followed" | "settled" }>;
  /** What keeps Keymend from writing anything. */
  restraint: Restraints;
  teller: Teller;
  /** The role assignments that these of Keymend's own identities have there, with what they allow; plain JSON. */
  readPermissions: (held: readonly { principalId: string; scope: string }[]) => Promise<unknown>;
  readActivityLog: (question: LogQuestion) => Promise<LogEntry[] | Unreadable>;
  /** The vault's own log, of changes of keys. */
  readKeyLog: (question: KeyLogQuestion) => Promise<KeyLogEntry[] | Unreadable>;
  digest: (value: unknown) => string;
  settings: Settings;
  now: () => Date;
  log: Log;
};

/** The open one carries on; of a closed one only its ending is remembered. */
export async function loadIncident(
  { incidents }: Pick<AssessDeps, "incidents">,
  { patient, incidentId }: Pick<AssessInput, "patient" | "incidentId">,
) {
  const found = incidentId === null ? await incidents.latest(patient.id) : await incidents.load(patient.id, incidentId);
  const open = found && found.incident.state !== "closed" ? found : undefined;
  return { open, previous: found && !open ? found.incident : null };
}

/** What Keymend itself may do where it was refused for want of a permission: once that is another, it is tried again. */
async function permissionsAgain({ readPermissions, settings }: AssessDeps, incident: Incident | null, { vault }: Facts): Promise<unknown> {
  const refused = (incident?.applied ?? []).filter(isUnpermitted);
  const vaultId = vault?.id ?? null;
  const held = refused.flatMap(({ name, on }) => {
    const [scope, principalId] = [on.startsWith("/") ? on : vaultId, settings.principals[stepSpecs[name].capability]];
    return scope === null || principalId === undefined ? [] : [{ principalId, scope }];
  });
  const once = new Map(held.map((one) => [`${one.scope}|${one.principalId}`, one]));
  return once.size === 0 ? undefined : readPermissions([...once].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one));
}

type Logged = Pick<TurnInput, "logged" | "unread">;

/** Whom the logs name. What one does not answer leaves the author unknown, which asks a person: it holds up no repair. */
async function askLogs({ readActivityLog, readKeyLog }: AssessDeps, { activity, keys }: LogQuestions): Promise<Required<Logged>> {
  const [ofActivity, ofKeys] = await Promise.all([
    activity ? orUnread(readActivityLog(activity)) : [],
    keys ? orUnread(readKeyLog(keys)) : [],
  ]);
  return {
    logged: [
      ...(Array.isArray(ofActivity) ? authorsIn(ofActivity) : []),
      ...(keys && Array.isArray(ofKeys) ? authorsInKeyLog(ofKeys, keys.vaultId) : []),
    ],
    unread: [
      ...(Array.isArray(ofActivity) ? [] : [{ log: "the activity log" as const, detail: ofActivity.detail }]),
      ...(Array.isArray(ofKeys) ? [] : [{ log: "the vault's audit log" as const, detail: ofKeys.detail }]),
    ],
  };
}

const orUnread = <T>(reading: Promise<T | Unreadable>): Promise<T | Unreadable> =>
  reading.catch((error: unknown): Unreadable => {
    if (error instanceof TransientError) return { state: "unreadable", why: "unusable", detail: error.message };
    throw error;
  });

type Open = NonNullable<Awaited<ReturnType<Incidents["load"]>>>;

/** Reads everything there is to know and decides; writes nothing. */
async function decide(deps: AssessDeps, input: AssessInput, open: Open | undefined, previous: Incident | null) {
  const { settings, digest } = deps;
  const before = open?.incident ?? null;
  const signals = await deps.mailbox.listSignals(input.patient.id);
  const decisions = open ? await deps.mailbox.listDecisions(open.incident.id) : [];
  const facts = await deps.withinBudget(lookFor(input.patient, before, signals), () =>
    deps.gatherFacts(input.patient, before?.targets ?? []),
  );
  const permissions = await permissionsAgain(deps, before ?? previous, facts);
  const diagnosis = diagnose(facts, settings);
  const planned = plan(facts, diagnosis, settings, { ...historyOf(before), undos: undosIn(before, facts) });
  const now = deps.now().toISOString();
  const restraint = await noteTrouble(deps.restraint, { patient: input.patient, diagnosis, now });
  const held = heldBack(restraint, settings, now);
  await tellStorm(deps, restraint, held, { patient: input.patient, now });
  const given = {
    now,
    turn: input.turn,
    patient: input.patient,
    incident: before,
    previous,
    newId: input.newId,
    signals,
    decisions,
    facts,
    factsDigest: digest(facts),
    diagnosis,
    plan: planned,
    digest,
    ...(permissions === undefined ? {} : { permissions }),
    settings,
    held,
    ...crowdOf(restraint.atWork, input.patient.id, settings, now),
    forecasts: await forecastsFor(deps.revalidations, before, facts),
  };
  const logs = await askLogs(deps, questionsOf(given));
  for (const { log, detail } of logs.unread)
    deps.log.warn("logUnread", { vaultId: input.patient.id, text: `who made the change stays unknown: ${log} can't be read: ${detail}` });
  const turn = decideTurn({ ...given, ...logs });
  await leavePlace(deps.restraint, restraint, { patient: input.patient, diagnosis, isOver: turn.next.do === "end" });
  const unarmed = unarmedAfter(given, turn.next, turn.incident ?? previous);
  return { facts, diagnosis, turn, unarmed, signalIds: signals.map((signal) => signal.id) };
}

/** A write that Azure works on for long is asked after at every look, so that no other database of the vault waits for it. */
async function loadFollowing(deps: AssessDeps, input: AssessInput): ReturnType<typeof loadIncident> {
  const loaded = await loadIncident(deps, input);
  const { id: incidentId, progress } = loaded.open?.incident ?? {};
  if (incidentId === undefined || !progress?.following) return loaded;
  const asked = { patient: input.patient, incidentId, turn: input.turn, ...progress.following, follows: true as const };
  const { kind } = await orAgain(deps.log, input.patient.id, () => deps.pollStep(asked));
  // No answer this time is none at the next look either, perhaps: it holds up nothing.
  return kind === "settled" ? loadIncident(deps, input) : loaded;
}

async function assess(deps: AssessDeps, input: AssessInput): Promise<AssessResult> {
  const { open, previous } = await loadFollowing(deps, input);
  // Closed by an earlier run of this very activity, or told in vain: only what follows the closing may be left to do.
  if (previous && previous.id === (input.incidentId ?? input.newId)) {
    await keepWishes(deps, previous);
    await deps.mailbox.dropSignals(input.patient.id, previous.signalIds);
    return finish(deps, previous);
  }
  const { facts, diagnosis, turn, unarmed, signalIds } = await decide(deps, input, open, previous);
  const { vault } = facts;
  await deps.baselines.remember(input.patient, (before) => knownAfter(facts, diagnosis, before));
  const over = outlivedLifts(facts);
  if (over.length > 0) await deps.baselines.endLifts(input.patient, over);
  if (turn.healthy && vault?.state === "live")
    await deps.baselines.save(input.patient, baselineOf(facts, diagnosis, vault, historyOf(turn.incident).recovered !== null));
  if (turn.incident) await writeDown(deps, turn.incident, turn.entries, facts.at, open?.etag);
  else
    deps.log.info("looked", {
      vaultId: input.patient.id,
      expiresOn: firstExpiry(facts),
      text: `${nameOf(input.patient)}: nothing new`,
    });
  await tellReadiness(deps, input.patient, diagnosis);
  await tellUnarmed(deps, input.patient, facts, unarmed);
  if (turn.incident) await keepWishes(deps, turn.incident);
  await deps.mailbox.dropSignals(input.patient.id, signalIds);
  await keepSeen(deps.revalidations, open, turn.incident, facts);
  await tellLook(deps, turn, facts);
  return carryOn(deps, turn.incident, turn.next);
}

/** What was put before is no news. A step is not held up by who is told: what there is goes out with the next look, or the next sweep. */
async function tellLook({ teller, settings, log }: AssessDeps, turn: Pick<Turn, "incident" | "next">, facts: Facts): Promise<void> {
  const news = newsOfLook(turn, facts, settings);
  if (news.length === 0) return;
  for (const { type, about, text } of await teller.put(news)) if (type === UNDONE) log.error("revocationUndone", { vaultId: about, text });
  if (turn.next.do !== "step") await teller.deliver(log);
}

/** After the incident, which says the same: where this fails the next look judges the wish again, and finds it as it is. */
export async function keepWishes(
  { keepWishStatus }: Pick<AssessDeps, "keepWishStatus">,
  { vaultId, wishes = [] }: Incident,
): Promise<void> {
  for (const { id, reason: _, ...status } of wishes) await keepWishStatus(vaultId, id, status);
}

export const asAudited = (at: string) => (entry: AuditEntry) => ({ ...entry, at, actor: "keymend" });

async function writeDown(
  deps: AssessDeps,
  incident: Incident,
  entries: readonly AuditEntry[],
  at: string,
  etag: string | undefined,
): Promise<void> {
  // A look that says nothing new adds no row, and need not read how far the audit goes: the seal stays that of the last that did.
  const audit = entries.length === 0 ? undefined : await deps.audit.append(incident.id, entries.map(asAudited(at)));
  await deps.incidents.save({ ...incident, ...(audit && { audit }) }, etag);
  for (const { kind, what } of entries) {
    const fields = { incidentId: incident.id, vaultId: incident.vaultId, text: what };
    if (kind === "outage" || kind === "otherValue") deps.log.error(kind, fields);
    else deps.log.info(kind, fields);
  }
}

async function carryOn(deps: AssessDeps, incident: Incident | null, next: Next): Promise<AssessResult> {
  if (next.do === "end") return incident ? finish(deps, incident) : { kind: "end", incidentId: null, outcome: next.outcome };
  // Without an incident a turn can only end.
  const { id: incidentId, vaultId } = incident!;
  if (next.do === "step") return { kind: "step", incidentId, step: next.step };
  if (next.do === "scan") return { kind: "scan", incidentId, scan: next.scan };
  if (next.do === "ticket") return { kind: "ticket", incidentId, ticket: next.ticket };
  deps.log.info("wait", { incidentId, vaultId, until: next.until, text: next.why });
  return waitFor(deps, incidentId, next.until, next.why);
}

function waitFor({ now }: Pick<AssessDeps, "now">, incidentId: string, until: string, why: string): AssessResult {
  return { kind: "wait", incidentId, until, afterMs: Math.max(0, toMs(until) - now().getTime()), why };
}

/** A storage that does not answer must not keep a vault from being looked after for long; the log has said it all the same. */
const TELL_FOR_MS = 5 * MINUTE;
const TELL_AGAIN_AFTER_MS = MINUTE;

async function finish(deps: AssessDeps, incident: Incident): Promise<AssessResult> {
  const { id: incidentId, vaultId } = incident;
  try {
    await tellOutcome(deps, incident);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    const now = deps.now().getTime();
    if (now < toMs(incident.closedAt!) + TELL_FOR_MS)
      return waitFor(deps, incidentId, toIso(now + TELL_AGAIN_AFTER_MS), `its outcome is still to be told: ${error.message}`);
    deps.log.error("outcomeNotTold", { incidentId, vaultId, text: error.message });
  }
  return { kind: "end", incidentId, outcome: outcomeOf(incident) };
}

export const createAssess =
  (deps: AssessDeps) =>
  (input: AssessInput): Promise<AssessResult> =>
    orAgain(deps.log, input.patient.id, () => assess(deps, input));
