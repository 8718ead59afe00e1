/**
 * The lock by which one host alone of several fires the timers: held for a minute and renewed at the half of it; who does not have it asks once a
 * minute. A process that is started again is another holder. Source: Microsoft Learn, "Timer trigger for Azure Functions", on scale-out, and
 * "host.json reference", `singleton` (listenerLockPeriod, listenerLockRecoveryPollingInterval); Azure/azure-webjobs-sdk SingletonManager.cs. There it is
 * one a function; here one for all, as all of them ask at the same moments.
 */
import { randomUUID } from "node:crypto";
import type { Store } from "./durable/store.ts";

const LOCK_MS = 60_000;

type Parts = { store: Store; now: () => number; /** Undefined: there is nobody else. */ hostName: string | undefined };

export class ListenerLock {
  readonly #parts: Parts;
  readonly #holder = randomUUID();
  #nextTurn = -Infinity;
  #isHeld = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether this host has it, once it has asked where it is time to. */
  ask(): boolean {
    const { store, now, hostName } = this.#parts;
    if (hostName === undefined) return true;
    if (now() < this.#nextTurn) return this.#isHeld;
    store.transaction(() => {
      const lock = store.lock("timers");
      this.#isHeld = lock === undefined || lock.owner === this.#holder || lock.expiresAt <= now();
      if (this.#isHeld) store.saveLock("timers", { owner: this.#holder, expiresAt: now() + LOCK_MS });
    });
    this.#nextTurn = now() + (this.#isHeld ? LOCK_MS / 2 : LOCK_MS);
    return this.#isHeld;
  }

  nextTurn(): number | undefined {
    return this.#parts.hostName === undefined ? undefined : this.#nextTurn;
  }
}
