/**
 * Events that never reached Keymend: Event Grid counts at each topic what it has given up to deliver. No alert of Azure's can be put on topics
 * that come and go with the vaults: of system topics each takes one of its own (Microsoft Learn, "Supported resources for metric alerts in Azure
 * Monitor": Microsoft.EventGrid/systemTopics, multi-resource alerts: no). So Keymend reads the counts itself, of each topic once an hour, a
 * share of them at each sweep.
 */
import { DAY, HOUR, MINUTE, toIso, toMs } from "../time.ts";

/** Until when each share was read. ISO 8601 UTC. */
export type DeliveriesRecord = { readTo: string[] };

/** One event subscription of a topic. kept: in the container for dead letters. */
export type Undelivered = { subscription: string; dropped: number; kept: number };

/** Both of them whole grains. */
export type Span = { since: string; until: string };

export const SHARES = 12;

/** The counts come in such grains, so that one which begins where the last has ended counts nothing twice. */
const GRAIN_MS = 5 * MINUTE;
/** A count is there some minutes late (Microsoft Learn, "Azure Monitor Metrics overview"). */
const LATE_MS = 5 * MINUTE;
/** Of an app that was away for longer nobody waits to hear it. */
const BACK_MS = 7 * DAY;

/** The share that was not read for longest, where that is an hour; null: none is due. */
export function dueShare(record: DeliveriesRecord | null, now: string): (Span & { share: number }) | null {
  const end = Math.floor((toMs(now) - LATE_MS) / GRAIN_MS) * GRAIN_MS;
  // What was written down before the clock was set back lies ahead: it is begun anew.
  const from = Array.from({ length: SHARES }, (_, share) => {
    const at = record?.readTo[share];
    return at === undefined || toMs(at) > end ? end - HOUR : Math.max(toMs(at), end - BACK_MS);
  });
  const oldest = Math.min(...from);
  return end - oldest < HOUR ? null : { share: from.indexOf(oldest), since: toIso(oldest), until: toIso(end) };
}

/** Those that were not read yet are due from when they would have been. */
export function withRead(record: DeliveriesRecord | null, { share, since, until }: Span & { share: number }): DeliveriesRecord {
  return { readTo: Array.from({ length: SHARES }, (_, one) => (one === share ? until : (record?.readTo[one] ?? since))) };
}

const times = (count: number): string => (count === 1 ? "1 event" : `${count} events`);

/** For people. */
export function sayUndelivered(sourceId: string, { subscription, dropped, kept }: Undelivered, { since, until }: Span): string {
  const lies = kept === 0 ? "" : `, of which ${kept} lie in the container for dead letters`;
  return `${times(dropped + kept)} of ${sourceId} did not reach Keymend by ${subscription} between ${since} and ${until}${lies}: the sweeps see what it was about`;
}
