/** Times and durations as values: ISO 8601 in, milliseconds to reckon with, ISO 8601 out. Never the clock: that comes in from the edge. */
/* oxlint-disable no-restricted-globals -- parsing and formatting a given time is pure; reading the clock is not, and is not done here */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Milliseconds since 1970 of an ISO 8601 time, with `Z` or an offset (Cosmos DB sends both). NaN where it is no time. */
export const toMs = (iso: string): number => Date.parse(iso);

export const toIso = (ms: number): string => new Date(ms).toISOString();

/** For what wants a Date: a durable timer. */
export const toDate = (ms: number): Date => new Date(ms);

/** ISO 8601 UTC of unix seconds, which Key Vault counts by: "Expiry date in UTC", of format unixtime (REST specification, Microsoft.KeyVault). */
export const fromUnix = (seconds: number): string => toIso(seconds * SECOND);

/** The whole seconds of a time: a fraction would make what was set look like another time. */
export function toUnix(iso: string): number {
  return Math.floor(toMs(iso) / SECOND);
}

const DURATION = /^P(?:(\d+)Y)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Milliseconds of an ISO 8601 duration; undefined where it is none. A year counts 365 days. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match || text === "P" || text.endsWith("T")) return undefined;
  const [years, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return years! * 365 * DAY + days! * DAY + hours! * HOUR + minutes! * MINUTE + seconds! * SECOND;
}

const UNITS = [
  ["d", DAY],
  ["h", HOUR],
  ["min", MINUTE],
  ["s", SECOND],
] as const;

/** For a sentence: `8 min 6 s`, `1 d 2 h`, `0 s`; the two largest units, what is less is left off. */
export function formatDuration(ms: number): string {
  const largest = UNITS.findIndex(([, unit]) => ms >= unit);
  if (largest < 0) return "0 s";
  let rest = ms;
  const parts = UNITS.slice(largest, largest + 2).map(([name, unit]) => {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    return { name, count };
  });
  return parts.flatMap(({ name, count }) => (count > 0 ? [`${count} ${name}`] : [])).join(" ");
}
