/** How long the service takes to notice: what is known of it while somebody waits, and what a look adds to it. */
import { normalId } from "../domain/arm-id.ts";
import type { Facts } from "../domain/facts.ts";
import type { Incident } from "../domain/incident.ts";
import { forecastOf, type Forecast, isWaitedFor, placeOf, type Sample, samplesIn } from "../domain/turn/revalidation.ts";

export type Revalidations = {
  load: (place: string) => Promise<readonly Sample[]>;
  /** The same sample twice is one. */
  add: (place: string, sample: Sample) => Promise<void>;
};

/** By target id in lower case. Asked only where somebody waits for the service. */
export async function forecastsFor(
  revalidations: Revalidations,
  incident: Incident | null,
  { targets }: Facts,
): Promise<Record<string, Forecast>> {
  if (!isWaitedFor(incident)) return {};
  const places = [...new Set(targets.map(placeOf))];
  const known = new Map(await Promise.all(places.map(async (place) => [place, forecastOf(await revalidations.load(place))] as const)));
  return Object.fromEntries(
    targets.flatMap((target) => {
      const forecast = known.get(placeOf(target));
      return forecast ? [[normalId(target.id), forecast]] : [];
    }),
  );
}

type Open = { incident: Incident } | undefined;

export async function keepSeen(revalidations: Revalidations, open: Open, after: Incident | null, facts: Facts): Promise<void> {
  for (const { place, sample } of samplesIn(open?.incident ?? null, after, facts)) await revalidations.add(place, sample);
}
