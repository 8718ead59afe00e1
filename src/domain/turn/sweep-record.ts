/** What the sweep remembers from one run to the next: when it ran, which is when the app was there, and what came of it. */
import { HOUR, MINUTE, toMs } from "../time.ts";
import { LONGEST_WAIT_MS, STUCK_AFTER_MS } from "./waits.ts";

/** One sweep that came to its end. late: of its vaults those that it could not see or could not have looked at. */
export type Round = { at: string; vaults: number; late: number };

/** A look that is followed from the sweep that asked for it to the row that it leaves: all that Keymend is made of has worked then. */
export type Canary = { patientId: string; sentAt: string; arrivedAt: string | null };

export type SweepRecord = {
  /** When it began, oldest first: as far back as `stuckBefore` looks. */
  sweeps: string[];
  /** Since when each look has found the inventory lacking; null where the last one has not. */
  doubtSince: string | null;
  /** Of the last hour, oldest first; absent in what earlier versions kept. */
  rounds?: Round[];
  canary?: Canary | null;
  /** The checks of Keymend's own health that were told not to hold; absent: none. */
  unwell?: string[];
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

/** What was written down before the clock was set back lies ahead, and would count as new until the clock has come there. */
const isAhead = (at: string, now: string): boolean => toMs(at) > toMs(now);

function withoutAhead(record: SweepRecord, now: string): SweepRecord {
  const { doubtSince, rounds, canary } = record;
  return {
    ...record,
    ...(doubtSince !== null && isAhead(doubtSince, now) && { doubtSince: now }),
    ...(rounds && { rounds: rounds.filter(({ at }) => !isAhead(at, now)) }),
    ...(canary && isAhead(canary.sentAt, now) && { canary: null }),
  };
}

export function withSweep(record: SweepRecord | null, now: string): SweepRecord {
  const sweeps = [...(record?.sweeps ?? []).filter((at) => toMs(at) < toMs(now)), now];
  return { doubtSince: null, ...(record && withoutAhead(record, now)), sweeps: sweeps.slice(Math.max(longEnoughAgo(sweeps), 0)) };
}

/** The last one stays, however old it is: its age is what is asked for. */
export const withRound = (record: SweepRecord, round: Round): SweepRecord => ({
  ...record,
  rounds: [...(record.rounds ?? []).filter(({ at }) => toMs(at) < toMs(round.at) && toMs(round.at) - toMs(at) < HOUR), round],
});

/** When a sweep last left nobody out; null where none of the last hour did. */
export const seenAllAt = ({ rounds }: SweepRecord): string | null => rounds?.findLast(({ late }) => late === 0)?.at ?? null;

/**
 * An instance that has not moved since before then is stuck: the app was there for longer than any instance waits, and it did nothing. While
 * the app is down none moves, and a healthy one must not be ended for that. Null while the app was not there for long enough to tell.
 */
export const stuckBefore = ({ sweeps }: SweepRecord): string | null => sweeps[longEnoughAgo(sweeps)] ?? null;

/** Since when no sweep has begun, where one should have; null where none is due. One that begins late is no news; one that is left out is. */
export function overdueSince(record: SweepRecord, periodMs: number, now: string): string | null {
  const last = record.sweeps.findLast((at) => !isAhead(at, now));
  return last !== undefined && toMs(now) - toMs(last) > 2 * periodMs + MINUTE ? last : null;
}

const CANARY_EVERY_MS = HOUR;

export type Seen = {
  now: string;
  /** Whether a signal still waits for that patient; undefined where that can't be told now. */
  isTold: (patientId: string) => boolean | undefined;
  isKnown: (patientId: string) => boolean;
  /** Whom this sweep has asked a look for. */
  looked: readonly string[];
};

/** One an hour; the next one only once it has arrived, or whom it was sent to is no more. */
export function followCanary(canary: Canary | null | undefined, { now, isTold, isKnown, looked }: Seen): Canary | null {
  const [next] = looked;
  const sent = next === undefined ? null : { patientId: next, sentAt: now, arrivedAt: null };
  if (!canary) return sent;
  if (canary.arrivedAt === null) {
    if (isTold(canary.patientId) === false) return { ...canary, arrivedAt: now };
    return isKnown(canary.patientId) ? canary : sent;
  }
  return toMs(now) - toMs(canary.sentAt) >= CANARY_EVERY_MS && sent ? sent : canary;
}
