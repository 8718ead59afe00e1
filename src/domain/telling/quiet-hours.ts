/** Quiet hours: a stretch of each day, UTC, in which people are told nothing that can wait. */
import { DAY, HOUR, MINUTE } from "../time.ts";

/** Since midnight, in ms; from after to: over midnight. */
export type QuietHours = { fromMs: number; toMs: number };

const WRITTEN = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;

/** What leaves hardly a moment to tell anything is no quiet hours. */
const LONGEST_MS = 16 * HOUR;

/** Of `22:00-06:30`; undefined where it is none, no time at all, or longer than 16 hours. */
export function parseQuietHours(text: string): QuietHours | undefined {
  const [, ...parts] = WRITTEN.exec(text) ?? [];
  const [fromHour, fromMinute, toHour, toMinute] = parts.map(Number);
  if (parts.length === 0) return undefined;
  const quiet = { fromMs: fromHour! * HOUR + fromMinute! * MINUTE, toMs: toHour! * HOUR + toMinute! * MINUTE };
  const lengthMs = (quiet.toMs - quiet.fromMs + DAY) % DAY;
  return lengthMs === 0 || lengthMs > LONGEST_MS ? undefined : quiet;
}

/** at: ms since 1970, which was midnight. */
export function isQuiet(at: number, quiet: QuietHours | null): boolean {
  if (quiet === null) return false;
  const ofDay = at % DAY;
  const { fromMs, toMs } = quiet;
  return fromMs < toMs ? ofDay >= fromMs && ofDay < toMs : ofDay >= fromMs || ofDay < toMs;
}
