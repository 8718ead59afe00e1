/** ISO 8601 time intervals, as the Log Analytics API takes them: a duration up to now, or two ends of which one may be a duration. */

/** Weeks, days, hours, minutes, seconds. */
function durationMs(text: string): number | undefined {
  const match = /^P(?=\d|T\d)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!match) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

export function readTimespan(text: string, now: number): { from: number; to: number } | undefined {
  const [first = "", second, ...more] = text.split("/");
  if (more.length > 0) return undefined;
  const lengths = [durationMs(first), second === undefined ? undefined : durationMs(second)];
  if (second === undefined) return lengths[0] === undefined ? undefined : { from: now - lengths[0], to: now };
  const to = lengths[1] === undefined ? Date.parse(second) : Date.parse(first) + lengths[1];
  const from = lengths[0] === undefined ? Date.parse(first) : to - lengths[0];
  return Number.isNaN(from) || Number.isNaN(to) ? undefined : { from, to };
}
