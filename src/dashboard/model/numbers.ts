/** What Keymend is for, as numbers: how soon a fix is effective, against the hour within which a service notices. */
import type { OutcomeCode } from "../../domain/incident.ts";
import { HOUR, MINUTE, toMs } from "../../domain/time.ts";
import type { IncidentRow } from "./answers.ts";

export type Bar = { upToMinutes: number | null; label: string; count: number };

/** Edges in minutes; what took longer than the hour stands by itself. */
const EDGES = [2, 5, 10, 20, 30, 45, 60];

/** From the trouble to where it was seen to be over, not to the end of the watch that follows. */
export const timesToFix = (incidents: readonly IncidentRow[]): number[] =>
  incidents.flatMap(({ since, fixedAt }) => (fixedAt === null ? [] : [toMs(fixedAt) - toMs(since)]));

export function barsOf(times: readonly number[]): Bar[] {
  const bars: Bar[] = EDGES.map((edge, i) => ({
    upToMinutes: edge,
    label: `${EDGES[i - 1] ?? 0}–${edge}`,
    count: times.filter((ms) => ms <= edge * MINUTE && ms > (EDGES[i - 1] ?? -1) * MINUTE).length,
  }));
  return [...bars, { upToMinutes: null, label: "> 60", count: times.filter((ms) => ms > HOUR).length }];
}

/** The smallest value that so many of a hundred do not exceed; undefined of none. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

export function countByOutcome(incidents: readonly IncidentRow[]): [OutcomeCode, number][] {
  const counts = new Map<OutcomeCode, number>();
  for (const { outcome } of incidents) if (outcome) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]);
}
