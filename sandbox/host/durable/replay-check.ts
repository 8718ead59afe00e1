/**
 * Determinism: a replay must ask for exactly what was recorded. The extension compares kinds and names only; here inputs,
 * fire times and event names count too, so that what would go wrong once in production goes wrong at once here.
 * Source for the wording: Azure/durabletask NonDeterministicOrchestrationException.cs, TaskOrchestrationContext.cs.
 */
import type { Action } from "./actions.ts";
import type { Decision } from "./decisions.ts";
import { EventType, type HistoryEvent } from "./history.ts";

export class NonDeterministicError extends Error {
  override readonly name = "NonDeterministicOrchestrationException";

  constructor(details: string) {
    super(`Non-Deterministic workflow detected: ${details}`);
  }
}

const kinds: Record<number, Decision["kind"]> = {
  [EventType.TaskScheduled]: "activity",
  [EventType.TimerCreated]: "timer",
  [EventType.SubOrchestrationInstanceCreated]: "subOrchestration",
};

export function checkScheduled(event: HistoryEvent, decision: Decision | undefined): void {
  const kind = kinds[event.EventType]!;
  const past = `${kind} ${event.Name ?? event.FireAt} with sequence number ${event.EventId}`;
  if (!decision) throw new NonDeterministicError(`a previous execution scheduled ${past}, the current replay has not (yet?) scheduled it`);
  if (decision.kind !== kind) {
    throw new NonDeterministicError(`a previous execution scheduled ${past}, the current replay a ${decision.kind} in its place`);
  }
  const differs = difference(event, decision);
  if (differs) throw new NonDeterministicError(`a previous execution scheduled ${past}, the current replay differs: ${differs}`);
}

function difference(event: HistoryEvent, decision: Decision): string | undefined {
  if (decision.kind === "timer") {
    const fireAt = new Date(decision.fireAt).toISOString();
    return fireAt === event.FireAt ? undefined : `fires at ${fireAt}`;
  }
  if (decision.name !== event.Name) return `name '${decision.name}'`;
  return decision.input === (event.Input ?? null) ? undefined : `input ${decision.input}, was ${event.Input}`;
}

/** Cancelling is the one thing that may happen to an action after it was recorded. */
export function fingerprint(actions: readonly Action[]): string[] {
  return actions.map((action) => JSON.stringify(action, (key, value: unknown) => (key === "isCanceled" ? undefined : value)));
}

/** Holds the whole list against that of the episode before, also what leaves no event (waiters, compounds). */
export function checkPast(recorded: readonly string[], current: readonly string[]): void {
  recorded.forEach((past, index) => {
    if (current[index] === past) return;
    throw new NonDeterministicError(`action ${index} was ${past}, the current replay answers ${current[index] ?? "nothing"}`);
  });
}
