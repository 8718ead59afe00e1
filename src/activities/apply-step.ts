/**
 * Carries out one step: rechecks its precondition on facts read just now, submits it, writes down before and after.
 * Permission: the step's own (domain/steps). The intent is in the audit before the write; a failed audit write stops the step.
 */
import { isBeingChanged } from "../domain/databases/at-rest.ts";
import { countAfter, precondition, stepSpecs } from "../domain/steps/index.ts";
import type { Step, StepDraft } from "../domain/steps/step.ts";
import {
  type AppliedStep,
  type AzureRefusal,
  type Incident,
  type PlannedStep,
  refusalDetail,
  toldAlso,
  type WriteRequest,
} from "../domain/incident.ts";
import { InvariantError, TransientError } from "../domain/errors.ts";
import type { Facts, Patient } from "../domain/facts.ts";
import type { Writing } from "../domain/capability.ts";
import type { Settings } from "../domain/settings.ts";
import { diagnose } from "../domain/plan/diagnose.ts";
import { SECOND, toIso } from "../domain/time.ts";
import { judgeNow } from "../domain/turn/judge-steps.ts";
import { hear } from "../domain/turn/record.ts";
import { crowdOf } from "../domain/turn/at-work.ts";
import { heldBack, type Restraint } from "../domain/turn/restraint.ts";
import { RETRY_WITHIN_MS } from "../domain/turn/waits.ts";
import { namesOf, stepInShort } from "../domain/short-names.ts";
import type { Log } from "../log.ts";
import { repairOf } from "../domain/reads/look.ts";
import type { AuditLog, Incidents, Mailbox, WithinBudget } from "./assess.ts";
import type { GatherDeps, GatherFacts } from "./gather-facts.ts";
import { type Again, orAgain } from "./results.ts";

/** follows: it was written in an earlier turn. */
export type ApplyInput = { patient: Patient; incidentId: string; step: Step; turn: number; follows?: true };

/** requests: what was sent for it, by Azure's own ids. */
export type WriteResult = { requests?: WriteRequest[] } & (
  | /** changedOn: when the service says that this write changed it. */
    { kind: "done"; detail: string; changedOn?: string }
  /** poller: where to ask how it went. */
  | { kind: "submitted"; poller: string }
  | { kind: "refused"; reason: AzureRefusal; code: string; detail: string; changedOn?: string }
);

export type StepWriter = { submit: (step: StepDraft) => Promise<WriteResult> };

export type ApplyResult =
  | { kind: "submitted"; poller: string; requests?: WriteRequest[] }
  /** Azure works on it for long: the looks follow it. Nothing holds the vault's other databases up. */
  | { kind: "followed" }
  | { kind: "settled"; result: AppliedStep["result"] }
  | Again;

/** One write of one step in one turn of an incident. */
export type Claim = { incidentId: string; stepId: string; turn: number };

export type Claims = {
  /** False where it is claimed already: an activity runs at least once, and two runs of one must not write twice. */
  claim: (claim: Claim) => Promise<boolean>;
  listClaims: (incidentId: string) => Promise<Claim[]>;
};

export type ApplyDeps = {
  gatherFacts: GatherFacts;
  withinBudget: WithinBudget;
  writer: StepWriter;
  incidents: Incidents;
  audit: AuditLog;
  mailbox: Pick<Mailbox, "listSignals" | "listDecisions"> & Claims;
  listWishes: GatherDeps["listWishes"];
  /** What keeps Keymend from writing anything. */
  restraint: {
    load: () => Promise<Restraint>;
    /** One of the places that the vaults have which are written to at once; false where there is none now. */
    takePlace: (vaultId: string, limit: Pick<Settings, "maxVaultsAtOnce">, now: string) => Promise<boolean>;
  };
  digest: (value: unknown) => string;
  /** Keeps how often a key version's expiry was extended, this time included. */
  countExtension: (patient: Patient, keyVersion: string, count: number) => Promise<void>;
  settings: Settings;
  now: () => Date;
  log: Log;
};

async function load({ incidents }: Pick<ApplyDeps, "incidents">, patient: Patient, incidentId: string) {
  const loaded = await incidents.load(patient.id, incidentId);
  if (!loaded) throw new InvariantError(`incident ${incidentId} of ${patient.id} is gone`);
  return loaded;
}

type Loaded = Awaited<ReturnType<typeof load>>;

type Told = Pick<ApplyDeps, "incidents" | "audit" | "now" | "log" | "settings">;

/** Under which identity it is written, as the audit tells it. */
function identityOf({ name }: Step, { principals }: Settings): { capability: Writing; principalId: string | null } {
  const { capability } = stepSpecs[name];
  return { capability, principalId: principals[capability] ?? null };
}

/** What Azure said to it. */
type Said = { detail: string; changedOn?: string; requests?: WriteRequest[] | undefined };

/** Records how a step went, on the incident and in the audit; the same turn records it once. */
export async function recordStep(
  deps: Told,
  { patient, incidentId, step, turn, follows }: ApplyInput,
  result: AppliedStep["result"],
  { detail, changedOn, requests }: Said,
): Promise<void> {
  const at = deps.now().toISOString();
  const loaded = await load(deps, patient, incidentId);
  // What Azure says to a success is in the data; what it says to a refusal is what a person must read.
  const because = result === "done" ? "" : ` (${detail})`;
  const what = `${stepInShort(step)}: ${result}${because}`;
  const audit = await deps.audit.append(incidentId, [
    // One ending a turn, whatever it is, and one of what is followed beside it: a run that died behind this line said it already.
    {
      entryId: `${turn}-${follows ? "followed" : "step"}-ending`,
      kind: "step",
      what,
      data: { step, result, detail, identity: identityOf(step, deps.settings), ...(requests && { requests }) },
      at,
      actor: "keymend",
    },
  ]);
  const entry: AppliedStep = {
    id: step.id,
    name: step.name,
    on: step.on,
    about: step.about,
    at,
    result,
    detail,
    targetIds: step.targetIds,
    causes: step.causes,
    ...(requests && { requests }),
    ...(changedOn && { changedOn }),
    ...(step.wish && { wish: step.wish }),
  };
  const saidLast = loaded.incident.timeline.at(-1)?.what === what;
  if (recordedBefore(loaded.incident, step) === undefined && !(result === "stale" && saidLast))
    await deps.incidents.save({ ...withStep(loaded.incident, step, entry, what), audit }, loaded.etag);
  deps.log.info("step", { incidentId, vaultId: patient.id, step: step.name, result, text: what });
}

/**
 * What an earlier run of this very activity recorded before its worker died. The look before it left the step as `next`, and
 * the look after it will say again how the step stands. While it is followed nothing is: what stands there is how it ended before.
 */
function recordedBefore({ plan, applied, progress }: Incident, step: Step): AppliedStep["result"] | undefined {
  if (progress.following?.step.id === step.id) return undefined;
  const state = plan?.steps.find(({ id }) => id === step.id)?.state;
  const last = applied.at(-1);
  return (state === "applied" || state === "refused") && last?.id === step.id ? last.result : undefined;
}

/** A stale step was not carried out: it stands where it stood. */
const STATES: Partial<Record<AppliedStep["result"], PlannedStep["state"]>> = {
  done: "applied",
  alreadyDone: "applied",
  refused: "refused",
  failed: "refused",
};

/**
 * An operation that fails may have done its write all the same: identities are added "even if the command later fails with some other
 * error" (Microsoft Learn, "Configure encryption at rest with customer-managed key in Azure Cosmos DB for MongoDB vCore").
 */
function sentSince({ progress }: Incident, step: Step, { result }: AppliedStep): Incident["progress"] {
  if (result === "failed") return { ...progress, sent: step };
  // What was not carried out now says nothing of what was sent before.
  return result === "stale" && isSent(progress, step) ? progress : withoutSent(progress);
}

const withStep = (incident: Incident, step: Step, entry: AppliedStep, what: string): Incident => ({
  ...incident,
  applied: [...incident.applied, entry],
  timeline: toldAlso(incident, entry.at, what),
  progress: { ...withoutFollowed(sentSince(incident, step, entry), step), looks: 0 },
  plan: incident.plan && {
    ...incident.plan,
    steps: incident.plan.steps.map((planned) =>
      planned.id === entry.id ? { ...planned, state: STATES[entry.result] ?? planned.state } : planned,
    ),
  },
});

const isSent = ({ sent }: Incident["progress"], { id }: Step): boolean => sent?.id === id;

const withoutSent = ({ sent: _, ...progress }: Incident["progress"]): Incident["progress"] => progress;

/** Of one that has ended. */
function withoutFollowed(progress: Incident["progress"], { id }: Step): Incident["progress"] {
  const { following, ...others } = progress;
  return following?.step.id === id ? others : progress;
}

/** Intent may have changed since the plan: what people and Azure say by now is judged by the rule that planned it. */
async function isStillAllowed(deps: ApplyDeps, { patient, step }: ApplyInput, before: Incident, read: Facts): Promise<boolean> {
  const { settings, digest, mailbox } = deps;
  const [signals, decisions, restraint, wishes] = await Promise.all([
    mailbox.listSignals(patient.id),
    mailbox.listDecisions(before.id),
    deps.restraint.load(),
    deps.listWishes(patient.id),
  ]);
  const facts = { ...read, wishes };
  const incident = hear(before, signals, settings);
  const diagnosis = diagnose(facts, settings);
  const now = deps.now().toISOString();
  const held = heldBack(restraint, settings, now);
  const crowd = crowdOf(restraint.atWork, patient.id, settings, now);
  return judgeNow(step, { facts, diagnosis, settings, incident, decisions, now, digest, held, ...crowd }).kind === "allowed";
}

/** How long another run of the same activity is left alone before a look says what came of it. */
const CLAIMED_MS = 30 * SECOND;

const STALE = { kind: "settled", result: "stale" } as const;

/** What the facts settle; undefined where it is to be written. */
async function withoutWrite(deps: ApplyDeps, input: ApplyInput, incident: Incident, facts: Facts): Promise<ApplyResult | undefined> {
  const state = precondition(input.step, facts);
  const isMade = isSent(incident.progress, input.step);
  if (state === "done" && isMade) {
    await finish(deps, input, { detail: SHOWS_NOW });
    return { kind: "settled", result: "done" };
  }
  if (!(await isStillAllowed(deps, input, incident, facts))) return STALE;
  if (state === "todo") return undefined;
  // What Azure is at may be the very write whose answer was lost: nothing is said of it before that is over.
  if (isMade && isBeingChanged(input.step.on, facts)) return STALE;
  const [result, detail] = state === "done" ? (["alreadyDone", "it is so already"] as const) : (["stale", state.stale] as const);
  await recordStep(deps, input, result, { detail });
  return { kind: "settled", result };
}

async function apply(deps: ApplyDeps, input: ApplyInput): Promise<ApplyResult> {
  const { patient, incidentId, step, turn } = input;
  const loaded = await load(deps, patient, incidentId);
  const recorded = recordedBefore(loaded.incident, step);
  if (recorded) return { kind: "settled", result: recorded };
  if (loaded.incident.progress.following?.step.id === step.id) return { kind: "followed" };
  const incident = await rememberBegun(deps, input, loaded);
  const facts = await deps.withinBudget(repairOf(patient), () => deps.gatherFacts(patient, incident.targets));
  const settled = await withoutWrite(deps, input, incident, facts);
  if (settled) return settled;
  // The next look sees that there is none, and waits.
  if (!(await deps.restraint.takePlace(patient.id, deps.settings, deps.now().toISOString()))) return STALE;
  if (!(await deps.mailbox.claim({ incidentId, stepId: step.id, turn })))
    return { kind: "again", afterMs: CLAIMED_MS, why: `${step.name} was begun by another run of this activity` };
  // Whoever decides from here on is told that it comes too late, so this is the last moment to read what was decided.
  if (!(await isStillAllowed(deps, input, incident, facts))) return STALE;
  return write(deps, input, incident);
}

const SHOWS_NOW = "Azure's answer was lost; it is so now";

/**
 * What an earlier run of this very activity has claimed may have been written before its worker died: it is remembered like a write whose answer
 * was lost, whatever becomes of the step.
 */
async function rememberBegun({ mailbox, incidents }: ApplyDeps, { incidentId, step, turn }: ApplyInput, { incident, etag }: Loaded) {
  const claims = await mailbox.listClaims(incidentId);
  if (isSent(incident.progress, step) || !claims.some((one) => one.stepId === step.id && one.turn === turn)) return incident;
  const begun: Incident = { ...incident, progress: { ...incident.progress, sent: step } };
  await incidents.save(begun, etag);
  return begun;
}

async function write(deps: ApplyDeps, input: ApplyInput, { targets }: Incident): Promise<ApplyResult> {
  const { patient, incidentId, step, turn } = input;
  const at = deps.now().toISOString();
  const intent = stepInShort(step);
  await deps.audit.append(incidentId, [
    {
      entryId: `${turn}-step-intent`,
      kind: "step",
      what: `about to write: ${intent}`,
      data: { step, identity: identityOf(step, deps.settings) },
      at,
      actor: "keymend",
    },
  ]);
  deps.log.info("write", {
    incidentId,
    vaultId: patient.id,
    step: step.name,
    text: `${intent}${step.causes.length > 0 ? ` — ${step.causes.join(", ")} of ${namesOf(step.targetIds)}` : ""}`,
  });
  const written = await submit(deps, input, targets);
  if (written.kind === "submitted" && isLong(step)) {
    await follow(deps, input, written, deps.now().toISOString());
    return { kind: "followed" };
  }
  if (written.kind === "submitted") return written;
  if (written.kind === "refused") {
    await recordStep(deps, input, "refused", { ...written, detail: refusalDetail(written.reason, `${written.code}: ${written.detail}`) });
    return { kind: "settled", result: "refused" };
  }
  await finish(deps, input, written);
  return { kind: "settled", result: "done" };
}

/** Encrypting what an account holds takes spare request units and grows with the data (Microsoft Learn, "... for your existing account"). */
export const isLong = (step: Step): boolean => step.name === "SetKeyUri" && step.params.first !== undefined;

type Taken = { poller: string; requests?: WriteRequest[] | undefined };

/** From now on the looks ask how it goes. Whether they do: they follow one at a time. */
export async function follow(
  deps: Pick<Told, "incidents" | "now">,
  { patient, incidentId, step }: ApplyInput,
  { poller, requests }: Taken,
  since: string,
): Promise<boolean> {
  const { incident, etag } = await load(deps, patient, incidentId);
  const { following } = incident.progress;
  if (following) return following.step.id === step.id;
  const timeline = toldAlso(incident, deps.now().toISOString(), `${stepInShort(step)} was taken by Azure, which works on it`);
  await deps.incidents.save(
    { ...incident, timeline, progress: { ...incident.progress, following: { step, poller, since, requests }, looks: 0 } },
    etag,
  );
  return true;
}

/** An answer may get lost after the write: what it did is read, not guessed. Where Azure asked to wait it did nothing. */
async function submit(deps: ApplyDeps, input: ApplyInput, targets: Incident["targets"]): Promise<WriteResult> {
  const { patient, step } = input;
  try {
    return await deps.writer.submit(step);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    await noteUnanswered(deps, input, error);
    if (error.retryAfterMs !== null) throw error;
    const facts = await deps.withinBudget(repairOf(patient), () => deps.gatherFacts(patient, targets));
    if (precondition(step, facts) !== "done") throw error;
    return { kind: "done", detail: SHOWS_NOW };
  }
}

/**
 * Who reads the incident sees that it is being tried. A write that may have worked is remembered: it may show only later, when nobody
 * calls for this step any more, and then a look must know whose it was.
 */
async function noteUnanswered(
  { incidents, now }: ApplyDeps,
  { patient, incidentId, step }: ApplyInput,
  error: TransientError,
): Promise<void> {
  const { incident, etag } = await load({ incidents }, patient, incidentId);
  const at = now();
  const saying = `${stepInShort(step)} got no answer that counts; what came of it is read, and what is missing tried again`;
  const what = `${saying}: ${error.message}`;
  const isTold = incident.timeline.at(-1)?.what.startsWith(saying) ?? false;
  const nextLookAt = toIso(at.getTime() + Math.max(error.retryAfterMs ?? 0, RETRY_WITHIN_MS));
  await incidents.save(
    {
      ...incident,
      nextLookAt,
      timeline: isTold ? incident.timeline : toldAlso(incident, at.toISOString(), what),
      progress: error.isUncertain && error.retryAfterMs === null ? { ...incident.progress, sent: step } : incident.progress,
    },
    etag,
  );
}

/** After a write that Azure carried out. */
export async function finish(deps: Told & Pick<ApplyDeps, "countExtension">, input: ApplyInput, said: Said): Promise<void> {
  // First, and as a number rather than one more: a repeat counts nothing twice, a crash after it forgets nothing.
  const counted = countAfter(input.step);
  if (counted) await deps.countExtension(input.patient, counted.keyVersion, counted.count);
  await recordStep(deps, input, "done", said);
}

export const createApplyStep =
  (deps: ApplyDeps) =>
  (input: ApplyInput): Promise<ApplyResult> =>
    orAgain(deps.log, input.patient.id, () => apply(deps, input));
