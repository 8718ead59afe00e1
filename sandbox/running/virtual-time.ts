/**
 * Moves the one virtual clock, for Azure and the host together. It jumps to the next due thing whenever nothing is in
 * flight, or runs at a speed that people can follow; both do the same things in the same order of virtual time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../time/clock.ts";
import type { HostChild } from "./host-child.ts";

export type Condition = () => boolean | Promise<boolean>;

export type VirtualTime = {
  /** Lets time pass until the condition holds, at most to the virtual time given. Whether it held. */
  until(condition: Condition, limit: number): Promise<boolean>;
  /** Jumps ahead, whatever the speed, doing everything on the way; idle at the end. */
  advance(ms: number): Promise<void>;
  /** 0: jumps from now on. N: virtual milliseconds per wall millisecond. */
  setSpeed(speed: number): Promise<void>;
  close(): void;
};

export type VirtualTimeParts = {
  clock: Clock;
  /** Those that run, in the order in which they are asked. */
  hosts: () => HostChild[];
  /** Done once a host that is being killed is gone, and one that is being started is up: time waits for it. */
  changed: () => Promise<void>;
  /** Virtual times at which something changes by itself, without being scheduled. */
  changes: () => number | undefined;
  /** Called after every move of the clock, when nothing is in flight; while it runs at a speed, often. */
  observe: () => void;
  /** A clock that runs at a speed and can't go on; where it jumps the caller gets the error. */
  onError: (error: unknown) => void;
};

/** How often a clock that runs at a speed is looked at, wall ms. */
const TICK = 25;

const earliest = (times: (number | null | undefined)[]): number | undefined => {
  const known = times.filter((time): time is number => time !== null && time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** What each host had begun when it was last idle. */
const begunBefore = new WeakMap<HostChild, number>();

/** One by one, and once more as long as one of them had something to do: it may have left work for the others. */
async function untilEachIdle(hosts: readonly HostChild[]): Promise<number | undefined> {
  for (;;) {
    let isQuiet = true;
    const due: (number | null)[] = [];
    for (const host of hosts) {
      const { nextDue, begun } = await host.untilIdle();
      due.push(nextDue);
      isQuiet &&= begunBefore.get(host) === begun;
      begunBefore.set(host, begun);
    }
    if (isQuiet) return earliest(due);
  }
}

/** Where a host was killed meanwhile all are asked anew; one that died by itself is an error. */
async function untilHostsIdle({ hosts, changed }: VirtualTimeParts): Promise<number | undefined> {
  for (;;) {
    await changed();
    const asked = hosts();
    try {
      return await untilEachIdle(asked);
    } catch (error) {
      if (asked.every((host) => hosts().includes(host))) throw error;
    }
  }
}

/** Everything due now on both sides; returns when a host is next due. */
async function untilAllIdle(parts: VirtualTimeParts): Promise<number | undefined> {
  const { clock, observe } = parts;
  for (;;) {
    // The hosts first, always: what is due on both sides at once must not depend on who is quicker.
    const due = await untilHostsIdle(parts);
    if ((await clock.runDue()) === 0) {
      observe();
      return due;
    }
  }
}

async function jump(parts: VirtualTimeParts, condition: Condition, limit: number): Promise<boolean> {
  const { clock } = parts;
  for (;;) {
    const hostDue = await untilAllIdle(parts);
    if (await condition()) return true;
    // The condition may have called the app, which may have set things going.
    const again = parts.hosts().length > 0 ? await untilAllIdle(parts) : hostDue;
    const now = clock.now();
    if (now >= limit) return false;
    const next = earliest([clock.nextDue(), again, parts.changes()]);
    clock.set(Math.min(limit, Math.max(next ?? limit, now)));
    for (const host of parts.hosts()) host.clock(clock.now(), 0);
  }
}

export function createVirtualTime(parts: VirtualTimeParts, initialSpeed: number): VirtualTime {
  const { clock } = parts;
  const state = { speed: initialSpeed, closed: false };
  // One mover of the clock at a time.
  let queue: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    // Whoever asked hears of a failure; the next one in the queue goes on.
    queue = result.catch(() => {});
    return result;
  };
  const run = (to: number): void => {
    clock.run(to);
    for (const host of parts.hosts()) host.clock(clock.now(), to);
  };
  const jumpTo = async (condition: Condition, limit: number): Promise<boolean> => {
    run(0);
    return jump(parts, condition, limit);
  };
  const tick = async (): Promise<void> => {
    while (!state.closed && state.speed > 0) {
      await alone(async () => {
        await clock.runDue();
        parts.observe();
      });
      await sleep(TICK);
    }
  };
  return {
    async until(condition, limit) {
      if (state.speed === 0) return alone(() => jumpTo(condition, limit));
      for (;;) {
        if (await condition()) return true;
        if (clock.now() >= limit || state.closed) return false;
        await sleep(TICK);
      }
    },
    advance: (ms) =>
      alone(async () => {
        await jumpTo(() => false, clock.now() + ms);
        if (state.speed > 0) run(state.speed);
      }),
    setSpeed: (to) =>
      alone(async () => {
        const started = state.speed === 0 && to > 0;
        state.speed = to;
        run(to);
        if (started) tick().catch(parts.onError);
      }),
    close() {
      state.closed = true;
    },
  };
}
