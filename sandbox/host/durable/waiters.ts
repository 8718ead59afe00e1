/**
 * External events of one execution. Waiters are a stack (the last to wait is served first, forgotten ones stay), events
 * that nobody waits for are a queue. Source: Azure/azure-functions-durable-extension DurableOrchestrationContext.cs,
 * WaitForExternalEvent and RaiseEvent.
 */
import { Deferred } from "./deferred.ts";
import type { HistoryEvent } from "./history.ts";

export class Waiters {
  readonly #pending = new Map<string, Deferred[]>();
  readonly #buffered = new Map<string, HistoryEvent[]>();

  wait(name: string): Deferred {
    const key = name.toLowerCase();
    const waiter = new Deferred();
    const stack = this.#pending.get(key) ?? [];
    this.#pending.set(key, stack);
    stack.push(waiter);
    const early = this.#buffered.get(key)?.shift();
    if (early) this.raise(early);
    return waiter;
  }

  raise(event: HistoryEvent): void {
    const key = (event.Name ?? "").toLowerCase();
    const waiter = this.#pending.get(key)?.pop();
    if (waiter) waiter.settle();
    else this.#buffered.set(key, [...(this.#buffered.get(key) ?? []), event]);
  }

  /** Events that no waiter took, oldest first. */
  unprocessed(): HistoryEvent[] {
    return [...this.#buffered.values()].flat();
  }

  /** Names with a waiter still open. */
  open(): string[] {
    return [...this.#pending].filter(([, stack]) => stack.some((waiter) => !waiter.done)).map(([name]) => name);
  }
}
