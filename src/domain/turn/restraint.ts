/** What keeps Keymend from writing anything at all, whatever a step is allowed: it goes on looking, and says why it does not write. */
import type { CauseCode } from "../cause-code.ts";
import type { Diagnosis } from "../cause.ts";
import type { Incident } from "../incident.ts";
import type { Settings } from "../settings.ts";
import type { AtWork } from "./at-work.ts";
import { DAY, formatDuration, parseDuration, toIso, toMs } from "../time.ts";

/** A person's word that nothing is to be written. until: ISO 8601 UTC; null: until somebody resumes. */
export type Pause = { reason: string; by: string; name: string; at: string; until: string | null };

/** A vault whose databases are out of reach of their key: since when, and by what. */
export type Trouble = { vaultId: string; since: string; causes: CauseCode[] };

/** As it is kept, and read again right before each write. */
export type Restraint = {
  pause: Pause | null;
  /** Every vault that is in trouble now. */
  troubles: Trouble[];
  /** Every vault that is being written to. */
  atWork: AtWork[];
  /** When a person last said that Keymend may write: of what was in trouble by then nothing makes a storm. */
  resumedAt: string | null;
  /** That a storm stops all writing was told. */
  stormTold: boolean;
};

/** since: tells one from the next. */
export type Held = { reason: "Paused" | "Storm"; since: string; why: string };

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

/** What can't be seen is no proven loss, and what never came up has lost nothing. */
const NO_LOSS: readonly CauseCode[] = ["Unreadable", "ProvisioningFailed"];

/** By what databases are out of reach of their key now; nothing where none is. */
export function lossesIn({ targets }: Pick<Diagnosis, "targets">): CauseCode[] {
  const lost = targets.filter(({ phase }) => phase === "inGrace" || phase === "revoked");
  const found = lost.flatMap(({ findings }) => findings.filter(({ evidence }) => evidence.effect !== "willBreak"));
  return [...new Set(found.map(({ code }) => code))].filter((code) => !NO_LOSS.includes(code)).toSorted();
}

const countBy = (codes: readonly CauseCode[]): string =>
  [...new Set(codes)]
    .toSorted()
    .map((code) => `${code} of ${codes.filter((one) => one === code).length}`)
    .join(", ");

/** More vaults lost their key within one window, and are still without, than one accident takes: what they share is for a person to find. */
function stormIn({ troubles, resumedAt }: Restraint, { maxAffectedVaults, stormWindowMs }: StormLimits): Held | null {
  const counted = troubles.filter(({ since }) => resumedAt === null || toMs(since) > toMs(resumedAt));
  const times = counted.map(({ since }) => toMs(since)).toSorted((a, b) => a - b);
  const isStorm = times.some((time, i) => (times[i + maxAffectedVaults] ?? Number.POSITIVE_INFINITY) - time < stormWindowMs);
  if (!isStorm) return null;
  const many = `${counted.length} vaults are out of reach (${countBy(counted.flatMap(({ causes }) => causes))})`;
  const limit = `more than ${maxAffectedVaults} of them since within ${formatDuration(stormWindowMs)}`;
  const ask = "look for what they share (the platform, a change at the subscription, one identity); POST /api/resume lets Keymend write";
  return { reason: "Storm", since: resumedAt ?? "", why: `nothing is written: ${many}, ${limit}: ${ask}` };
}

export type StormLimits = Pick<Settings, "maxAffectedVaults" | "stormWindowMs">;

/** Why nothing may be written now; null where nothing stands against it. */
export const heldBack = (restraint: Restraint, limits: StormLimits, now: string): Held | null =>
  pausedBy(restraint, now) ?? stormIn(restraint, limits);

function pausedBy({ pause }: Restraint, now: string): Held | null {
  if (pause === null || (pause.until !== null && toMs(now) >= toMs(pause.until))) return null;
  const end = pause.until === null ? "" : ` until ${pause.until}`;
  const why = `nothing is written${end}: ${pause.name} paused Keymend at ${pause.at} (${pause.reason}); POST /api/resume ends it`;
  return { reason: "Paused", since: pause.at, why };
}
