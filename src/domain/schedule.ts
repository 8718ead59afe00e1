/** How often an NCRONTAB schedule comes round: six fields, {second} {minute} {hour} {day} {month} {day-of-week}. */
import { DAY, HOUR, MINUTE, SECOND } from "./time.ts";

/** The largest step between its values, in units; undefined where it names one value alone, so that a larger unit decides. */
function stepOf(field: string, size: number): number | undefined {
  const values = field.split(",").flatMap((part) => {
    const [range, step] = part.split("/");
    const [from, to] = range === "*" ? [0, size - 1] : range!.split("-").map(Number);
    const last = to ?? (step === undefined ? from! : size - 1);
    const by = Math.max(1, Number(step ?? 1) || 1);
    return Array.from({ length: Math.max(0, Math.floor((last - from!) / by) + 1) }, (_, i) => from! + i * by);
  });
  const sorted = [...new Set(values)].toSorted((a, b) => a - b);
  if (sorted.length < 2) return undefined;
  return Math.max(...sorted.map((value, i) => (sorted[i + 1] ?? sorted[0]! + size) - value));
}

/** The longest that lies between two of its times on a day that it has times on; a day where it has but one. */
export function periodOf(schedule: string): number {
  const [second = "", minute = "", hour = ""] = schedule.trim().split(/\s+/);
  const [seconds, minutes, hours] = [stepOf(second, 60), stepOf(minute, 60), stepOf(hour, 24)];
  if (hours !== undefined && hours > 1) return hours * HOUR;
  if (minutes !== undefined && minutes > 1) return hours === undefined ? DAY : minutes * MINUTE;
  if (hours === undefined) return DAY;
  if (minutes === undefined) return HOUR;
  return seconds === undefined ? MINUTE : seconds * SECOND;
}
