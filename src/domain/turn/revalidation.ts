/**
 * How long the service takes to notice a key path that is whole again, as Keymend itself has seen it, by region and kind. Both guides say up
 * to an hour, and support after two (waits.ts): what was seen tells more, never calls a person sooner, and always says of how many.
 */
import { normalId, sameId } from "../arm-id.ts";
import type { Facts, TargetKind } from "../facts.ts";
import type { Incident } from "../incident.ts";
import { formatDuration, HOUR, toMs } from "../time.ts";
import { ESCALATE_AFTER_MS } from "./waits.ts";

/** id: the same recovery has the same. ms: to the look that saw it, which comes up to five minutes later. */
export type Sample = { id: string; at: string; ms: number };

export type Forecast = { usualMs: number; mostMs: number; seen: number };

/** Where services are alike. */
export const placeOf = ({ kind, location }: { kind: TargetKind; location: string }): string => `${kind} in ${location.toLowerCase()}`;

/** Of fewer nothing is foretold. */
export const FEWEST = 5;
/** From as many on what was seen may say that two hours are no long time here. */
const ENOUGH = 20;
/** What is kept of one place: the newest. */
export const MOST_KEPT = 200;
/** However slow it was seen: somebody is to look. */
const LONGEST_MS = 4 * HOUR;

/** The least of them that so much of them is not above. */
const percentile = (sorted: readonly number[], part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!;

export function forecastOf(samples: readonly Sample[]): Forecast | null {
  if (samples.length < FEWEST) return null;
  const sorted = samples.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return { usualMs: percentile(sorted, 0.5), mostMs: percentile(sorted, 0.95), seen: samples.length };
}

export const sayForecast = ({ usualMs, mostMs, seen }: Forecast): string =>
  `usually ${formatDuration(usualMs)}, 95 % within ${formatDuration(mostMs)}, of ${seen} seen`;

/** When a person is called who can ask support: after the documented two hours, or later where it was seen to take longer. */
export const escalateAfterMs = (forecast: Forecast | null): number =>
  forecast === null || forecast.seen < ENOUGH ? ESCALATE_AFTER_MS : Math.max(ESCALATE_AFTER_MS, Math.min(forecast.mostMs, LONGEST_MS));

/** The sample added where it is not there yet; the newest are kept. */
export const withSample = (samples: readonly Sample[], sample: Sample): readonly Sample[] =>
  samples.some(({ id }) => id === sample.id) ? samples : [...samples, sample].toSorted((a, b) => toMs(a.at) - toMs(b.at)).slice(-MOST_KEPT);

/** What a look has seen to be over: databases that were seen lost, mended and then confirmed by the service, one look after the other. */
export function samplesIn(before: Incident | null, after: Incident | null, facts: Facts): { place: string; sample: Sample }[] {
  return (after?.targets ?? []).flatMap((target) => {
    const was = before?.targets.find(({ id }) => sameId(id, target.id));
    const where = facts.targets.find(({ id }) => sameId(id, target.id));
    if (target.outcome !== "Healed" || was?.phase !== "recovering" || was.worst !== "revoked" || !where) return [];
    const ms = toMs(facts.at) - toMs(target.pathOkSince!);
    return { place: placeOf(where), sample: { id: `${after!.id} ${normalId(target.id)} ${target.pathOkSince}`, at: facts.at, ms } };
  });
}

/** Whether what was seen elsewhere has a word to say of this incident. */
export const isWaitedFor = (incident: Incident | null): boolean =>
  incident?.targets.some(({ phase }) => phase === "revoked" || phase === "recovering") === true;
