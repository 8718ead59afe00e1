/** What the sweep remembers from one run to the next: when it ran, which is when the app was there, and since when it doubts the inventory. */
import { toMs } from "../time.ts";
import { LONGEST_WAIT_MS, STUCK_AFTER_MS } from "./waits.ts";

export type SweepRecord = {
  /** When it ran, oldest first: as far back as `stuckBefore` looks. */
  sweeps: string[];
  /** Since when each look has found the inventory lacking; null where the last one has not. */
  doubtSince: string | null;
};

/** Of a longer time between two sweeps nobody knows how much of it the app was there. */
const counted = (from: string, to: string): number => Math.min(toMs(to) - toMs(from), LONGEST_WAIT_MS);

/** From which of the sweeps on the app was there for long enough; -1 where it was not yet. */
function longEnoughAgo(sweeps: readonly string[]): number {
  let there = 0;
  for (let i = sweeps.length - 2; i >= 0; i--) {
    there += counted(sweeps[i]!, sweeps[i + 1]!);
    if (there >= STUCK_AFTER_MS) return i;
  }
  return -1;
}

export function withSweep(record: SweepRecord | null, now: string): SweepRecord {
  const sweeps = [...(record?.sweeps ?? []).filter((at) => toMs(at) < toMs(now)), now];
  return { sweeps: sweeps.slice(Math.max(longEnoughAgo(sweeps), 0)), doubtSince: record?.doubtSince ?? null };
}

/**
 * An instance that has not moved since before then is stuck: the app was there for longer than any instance waits, and it did nothing. While
 * the app is down none moves, and a healthy one must not be ended for that. Null while the app was not there for long enough to tell.
 */
export const stuckBefore = ({ sweeps }: SweepRecord): string | null => sweeps[longEnoughAgo(sweeps)] ?? null;
