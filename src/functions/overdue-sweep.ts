/**
 * Runs the sweep where its timer does not: whatever comes next does it, an event, a call, a probe. Timers are known to stop while the app
 * is there for everything else (Azure/azure-functions-host issue 11828). What came is answered first where it can be; a failure is its own.
 */
import type { DurableClient } from "durable-functions";
import { overdueSince, type SweepRecord } from "../domain/turn/sweep-record.ts";
import { MINUTE, toIso } from "../domain/time.ts";
import type { Log } from "../log.ts";

export type OverdueSweepDeps = {
  loadRecord: () => Promise<SweepRecord | null>;
  /** Hears of the record whenever it is read: its age is told where no sweep comes any more, too. */
  told: (record: SweepRecord | null) => void;
  sweep: (client: DurableClient, log: Log) => Promise<void>;
  /** Between two sweeps, as they are scheduled. */
  periodMs: number;
  now: () => Date;
};

/** How often it is asked for, whatever comes; and how long a timer that is late has to come after the process has begun. */
const AT_MOST_EVERY_MS = MINUTE;

export function createOverdueSweep({ loadRecord, told, sweep, periodMs, now }: OverdueSweepDeps) {
  const bornAt = now().getTime();
  let askedAt = bornAt;

  return async (client: DurableClient, log: Log): Promise<void> => {
    const at = now().getTime();
    if (Math.abs(at - askedAt) < AT_MOST_EVERY_MS) return;
    askedAt = at;
    try {
      const record = await loadRecord();
      told(record);
      // Of no sweep at all nobody knows for how long: as long as this process is there, at least.
      const since = overdueSince(record ?? { sweeps: [toIso(bornAt)], doubtSince: null }, periodMs, toIso(at));
      if (since === null) return;
      log.warn("sweepOverdue", {
        since,
        text: `no sweep has begun since ${since}, so it is run by what has come now: does its timer run?`,
      });
      await sweep(client, log);
    } catch (error) {
      log.error("overdueSweepFailed", { text: error instanceof Error ? error.message : String(error) });
    }
  };
}
