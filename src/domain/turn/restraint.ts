/** What keeps Keymend from writing anything at all, whatever a step is allowed: it goes on looking, and says why it does not write. */
import type { Incident } from "../incident.ts";
import { DAY, parseDuration, toIso, toMs } from "../time.ts";

/** A person's word that nothing is to be written. until: ISO 8601 UTC; null: until somebody resumes. */
export type Pause = { reason: string; by: string; name: string; at: string; until: string | null };

/** As it is kept, and read again right before each write. */
export type Restraint = { pause: Pause | null };

/** since: tells one from the next. */
export type Held = { reason: "Paused"; since: string; why: string };

/** Under this the audit keeps who paused and who resumed, as it keeps an incident's story. */
export const RESTRAINT_AUDIT = "pause";

/** Of the audit about pauses: how far it went. */
export type RestraintSeal = NonNullable<Incident["audit"]>;

const LONGEST_PAUSE_MS = 30 * DAY;

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

const endIn = (text: string, nowMs: number): number => {
  const duration = parseDuration(text);
  if (duration !== undefined) return nowMs + duration;
  return TIME.test(text) ? toMs(text) : Number.NaN;
};

/** The end of a pause that begins now, of an ISO 8601 duration or time; undefined where it is neither, is over already, or is too far off. */
export function pauseEnd(text: string, now: string): string | undefined {
  const nowMs = toMs(now);
  const end = endIn(text.trim(), nowMs);
  return end > nowMs && end <= nowMs + LONGEST_PAUSE_MS ? toIso(end) : undefined;
}

/** Why nothing may be written now; null where nothing stands against it. */
export function heldBack({ pause }: Restraint, now: string): Held | null {
  if (pause === null || (pause.until !== null && toMs(now) >= toMs(pause.until))) return null;
  const end = pause.until === null ? "" : ` until ${pause.until}`;
  const why = `nothing is written${end}: ${pause.name} paused Keymend at ${pause.at} (${pause.reason}); POST /api/resume ends it`;
  return { reason: "Paused", since: pause.at, why };
}
