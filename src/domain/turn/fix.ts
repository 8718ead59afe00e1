/** How long a repair took: from the trouble, as far as that is known, to where its effect was seen. */
import type { Facts } from "../facts.ts";
import type { Incident, IncidentTarget, OutcomeCode } from "../incident.ts";
import { toIso, toMs } from "../time.ts";
import type { TurnInput } from "./record.ts";

type Opening = Pick<TurnInput, "signals" | "previous" | "now"> & { facts: Pick<Facts, "baseline"> };

/**
 * What happened before the last incident was closed belongs to that one, what happened before all was last seen well has broken nothing, however
 * late the event of it comes; and nothing has happened yet that an event tells of for later.
 */
export function sinceEvent({ signals, previous, now, facts: { baseline } }: Opening): Pick<Incident, "since"> {
  const from = Math.max(...[previous?.closedAt, baseline?.at].map((at) => (at ? toMs(at) : -Infinity)));
  const times = signals.filter(({ source }) => source === "event").map(({ at }) => toMs(at));
  const known = times.filter((at) => at >= from && at < toMs(now));
  return known.length === 0 ? {} : { since: toIso(Math.min(...known)) };
}

export const troubleAt = ({ since, openedAt }: Pick<Incident, "since" | "openedAt">): string => since ?? openedAt;

/** Ended well, and something had been broken or was about to be. */
const MENDED: readonly (OutcomeCode | null)[] = ["Prevented", "OutageAvoided", "Healed"];

/** What the service had noticed is over by its own word alone; else the way to the key counts, as Keymend reads it. */
function wellAt({ worst, pathOkSince, healthySince }: IncidentTarget, closedAt: string): string[] {
  if (worst === "healthy") return [];
  if (worst === "atRisk" || worst === "inGrace") return [pathOkSince ?? closedAt];
  return [healthySince ?? closedAt];
}

/** When the last of its databases was well again; null where nothing was mended. */
export function fixedAt({ outcome, closedAt, targets, applied }: Incident): string | null {
  if (closedAt === null || !MENDED.includes(outcome)) return null;
  const well = targets.flatMap((target) => wellAt(target, closedAt));
  // Nothing was amiss with the databases themselves: what was put in order is all there was.
  const times = well.length > 0 ? well : applied.filter(({ result }) => result === "done").map(({ at }) => at);
  return times.length === 0 ? closedAt : toIso(Math.max(...times.map(toMs)));
}
