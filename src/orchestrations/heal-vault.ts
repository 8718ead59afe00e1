/**
 * The loop over one vault: look, act once or wait, begin anew. One turn is one generation (continueAsNew), so the history
 * stays short and no stale waiter survives. Decides nothing: that is domain/turn/turn.ts, inside the activity.
 */
import type { OrchestrationContext, Task } from "durable-functions";
import type { AssessResult } from "../activities/assess.ts";
import type { Patient } from "../domain/facts.ts";
import { HOUR, MINUTE, SECOND, toDate, toIso, toMs } from "../domain/time.ts";
import { FOLDED_MS, LONGEST_WAIT_MS, RETRY_WITHIN_MS } from "../domain/turn/waits.ts";
import { call } from "./call.ts";
import { WAKE_UP } from "./names.ts";

export type HealInput = {
  patient: Patient;
  incidentId: string | null;
  /** Distinguishes the vaults in incident ids. */
  patientHash: string;
  /** Numbers what is written down; 0: a new instance. */
  turn: number;
  /** Looks in a row that Azure did not answer, and since when. */
  unanswered: { count: number; since: string } | null;
  /** Not looked at before this: what is told until then is one reason to look. Absent where nothing holds it back. */
  notBefore?: string;
};

type Orchestration<T> = Generator<Task, T, never>;

/** What Azure asks for, up to the longest wait: an instance that sleeps for longer looks after nothing, and would count as stuck. */
const heededMs = (asked: number | null): number => Math.min(asked ?? 0, LONGEST_WAIT_MS);

/** Who is told a time comes again then: the more often it was told, the less it is believed, up to this. */
const TOLD_AGAIN_MS = 10 * SECOND;

/** 1 s, 2 s, 4 s ... 5 min, or what Azure asked for. */
const backOffMs = (count: number, asked: number | null): number =>
  Math.max(heededMs(asked), Math.min(SECOND * 2 ** count, asked === null ? RETRY_WITHIN_MS : TOLD_AGAIN_MS));

const GIVE_UP_AFTER_MS = 2 * HOUR;

const nowOf = (context: OrchestrationContext): number => context.df.currentUtcDateTime.getTime();

/**
 * A timer may fire up to a second before its time: Azure Storage delays a message by whole seconds, and what is left over is cut off
 * (Azure/durabletask TaskHubQueue.cs, GetVisibilityDelay; seen in test/real-engine). What then is left is waited out with a second more.
 */
const EARLY_MS = SECOND;

function* sleep(context: OrchestrationContext, ms: number): Orchestration<void> {
  const until = nowOf(context) + ms;
  for (let at = until; nowOf(context) < until; at = until + EARLY_MS) yield context.df.createTimer(toDate(at));
}

/** Until the time, or until somebody says that something has changed: whether somebody did. */
function* waitOrWake(context: OrchestrationContext, until: number): Orchestration<boolean> {
  for (let at = until; nowOf(context) < until; at = until + EARLY_MS) {
    const timer = context.df.createTimer(toDate(at));
    const wake = context.df.waitForExternalEvent(WAKE_UP);
    yield context.df.Task.any([timer, wake]);
    if (timer.isCompleted) continue;
    // A timer left running would keep this instance alive after its end.
    timer.cancel();
    return true;
  }
  return false;
}

/** Incident ids sort by time and are the same however often the activity that uses one is repeated. */
function incidentIdOf(context: OrchestrationContext, patientHash: string): string {
  return `${context.df.currentUtcDateTime.toISOString().replace(/[-:.]/g, "")}-${patientHash.slice(0, 12)}`;
}

/** About two hours of asking. */
const MAX_POLLS = 75;
const pollAfterMs = (polls: number): number => (polls < 3 ? 10 * SECOND : polls < 20 ? 30 * SECOND : 2 * MINUTE);

/** A ticket is made within half a minute or so (recorded: Azure/azure-cli-extensions, test_support_tickets.yaml, 2020-01). */
const TICKET_MS = 30 * SECOND;

/** What takes longer is followed by the looks: the vault is not left alone meanwhile. */
const LOOKED_AT_AFTER_MS = 5 * MINUTE;

type Step = Extract<AssessResult, { kind: "step" }>;

/** Writes once and waits until Azure is done, or has worked on it for some minutes. Where Azure did not answer, how long it asked to wait: what it did is then read, not guessed. */
function* carryOut(
  context: OrchestrationContext,
  { patient, turn }: HealInput,
  { incidentId, step }: Step,
): Orchestration<{ afterMs: number | null } | undefined> {
  const submitted = yield* call(context, "applyStep", { patient, incidentId, step, turn });
  if (submitted.kind === "again") return { afterMs: submitted.afterMs };
  if (submitted.kind !== "submitted") return undefined;
  const since = nowOf(context);
  for (let polls = 0, asked = 0; polls < MAX_POLLS; polls++) {
    // Cosmos DB names no interval (recorded: Azure/azure-powershell, CosmosDB.Test, 2023-04); its own clients ask every 30 s.
    yield* sleep(context, Math.max(pollAfterMs(polls), asked));
    const polled = yield* call(context, "pollStep", {
      patient,
      incidentId,
      step,
      turn,
      poller: submitted.poller,
      requests: submitted.requests,
      ...(nowOf(context) - since >= LOOKED_AT_AFTER_MS && { since: toIso(since) }),
    });
    if (polled.kind === "settled" || polled.kind === "followed") return undefined;
    asked = heededMs(polled.kind === "again" ? polled.afterMs : null);
  }
  return { afterMs: null };
}

type Ticket = Extract<AssessResult, { kind: "ticket" }>;

/** Azure's silence about a ticket is none about the vault: the next look says how long it is waited for. */
function* askSupport(context: OrchestrationContext, { patient, turn }: HealInput, { incidentId, ticket }: Ticket): Orchestration<void> {
  const asked = yield* call(context, "openTicket", { patient, incidentId, ticket, turn });
  if (asked.kind !== "settled") yield* sleep(context, Math.max(TICKET_MS, heededMs(asked.kind === "again" ? asked.afterMs : null)));
}

/** Who was woken looks no sooner than this after the look before. */
const afterLook = (lookedAt: number, woken: boolean): Pick<HealInput, "notBefore"> =>
  woken ? { notBefore: toIso(lookedAt + FOLDED_MS) } : {};

/** Never for long, whoever's clock said so. */
function* rest(context: OrchestrationContext, { notBefore }: HealInput): Orchestration<void> {
  if (notBefore !== undefined) yield* sleep(context, Math.min(FOLDED_MS, toMs(notBefore) - nowOf(context)));
}

function* takeTurn(context: OrchestrationContext, given: HealInput): Orchestration<HealInput | string> {
  yield* rest(context, given);
  const { notBefore: _, ...input } = given;
  const lookedAt = nowOf(context);
  const newId = incidentIdOf(context, input.patientHash);
  const assessed = yield* call(context, "assess", { patient: input.patient, incidentId: input.incidentId, newId, turn: input.turn });
  const again = { ...input, turn: input.turn + 1 };
  switch (assessed.kind) {
    case "end":
      return assessed.outcome.code;
    case "again":
      if (!assessed.isOurs) return yield* unanswered(context, again, newId, assessed.afterMs, assessed.why);
      // Others come first: that is no silence of Azure's. Who calls makes it more urgent.
      return { ...again, ...afterLook(lookedAt, yield* waitOrWake(context, nowOf(context) + heededMs(assessed.afterMs))) };
    case "wait": {
      const woken = yield* waitOrWake(context, assessed.afterMs === undefined ? toMs(assessed.until) : nowOf(context) + assessed.afterMs);
      return { ...again, incidentId: assessed.incidentId, unanswered: null, ...afterLook(lookedAt, woken) };
    }
    case "scan": {
      const { incidentId, scan } = assessed;
      const scanned = yield* call(context, "scanIds", { patient: input.patient, incidentId, scan });
      const carried = { ...again, incidentId, unanswered: null };
      if (scanned.kind === "scanned") return carried;
      return yield* unanswered(context, { ...carried, unanswered: input.unanswered }, newId, scanned.afterMs, scanned.why);
    }
    case "ticket":
      yield* askSupport(context, input, assessed);
      return { ...again, incidentId: assessed.incidentId, unanswered: null };
    case "step": {
      const lost = yield* carryOut(context, input, assessed);
      const carried = { ...again, incidentId: assessed.incidentId, unanswered: null };
      if (!lost) return carried;
      const why = `${assessed.step.name} got no answer`;
      return yield* unanswered(context, { ...carried, unanswered: input.unanswered }, newId, lost.afterMs, why);
    }
  }
}

function* unanswered(
  context: OrchestrationContext,
  input: HealInput,
  newId: string,
  asked: number | null,
  why: string,
): Orchestration<HealInput | string> {
  const since = input.unanswered?.since ?? context.df.currentUtcDateTime.toISOString();
  const count = (input.unanswered?.count ?? 0) + 1;
  if (nowOf(context) - toMs(since) >= GIVE_UP_AFTER_MS) {
    const { patient, incidentId, turn: number } = input;
    yield* call(context, "giveUp", {
      patient,
      incidentId,
      newId,
      turn: number,
      reason: "AzureUnavailable",
      detail: `Azure has not answered for two hours: ${why}`,
    });
    return "Escalated";
  }
  const until = nowOf(context) + backOffMs(count - 1, asked);
  // What Azure asks for is waited out, whoever calls meanwhile.
  yield* sleep(context, heededMs(asked));
  const askedAt = nowOf(context);
  const woken = yield* waitOrWake(context, until);
  // Nobody makes the next wait longer by calling.
  return { ...input, unanswered: { count: woken ? count - 1 : count, since }, ...afterLook(askedAt, woken) };
}

/**
 * An instance that takes up the incident of one that was stopped must repeat none of its numbers: what seems to be in the
 * audit already is left out of it. So a new one counts on from its time.
 */
const numbered = (context: OrchestrationContext, input: HealInput): HealInput =>
  input.turn === 0 ? { ...input, turn: nowOf(context) } : input;

/** Ends with the outcome's code; between turns it begins anew under the same instance id. */
export function* healVault(context: OrchestrationContext): Orchestration<string | undefined> {
  const input = numbered(context, context.df.getInput<HealInput>());
  let result: HealInput | string;
  try {
    result = yield* takeTurn(context, input);
  } catch (error) {
    // Only an activity that failed three times comes here: a mistake of this program, or storage that can't be written.
    const { patient, incidentId, turn: number } = input;
    const detail = String(error);
    yield* call(context, "giveUp", {
      patient,
      incidentId,
      newId: incidentIdOf(context, input.patientHash),
      turn: number,
      reason: "InternalError",
      detail: detail.slice(0, 1000),
    });
    return "Escalated";
  }
  if (typeof result === "string") return result;
  context.df.continueAsNew(result);
  return undefined;
}
