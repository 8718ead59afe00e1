/** When keys run out over the next 90 days: as a calendar of weeks, and day by day with the databases of each. */
import { DAY, toIso, toMs } from "../../domain/time.ts";
import type { Target } from "./answers.ts";

export const DAYS = 90;

/** day: `2026-11-20`, UTC. week: a column, from the present one. weekday: 0 is Monday. level: how dark, from 0 for none to 4. */
export type Cell = { day: string; week: number; weekday: number; count: number; level: number };

/** Of those days on which a key runs out, or ran out. */
export type Ending = { day: string; isPast: boolean; targets: Target[] };

/** later: of so many the key runs out behind the 90 days. undated: of so many it never does, or nothing was read. */
export type Runway = { cells: Cell[]; endings: Ending[]; later: number; undated: number };

/** From so many on it is a shade darker. */
const SHADES = [1, 2, 5, 20];

const numberOf = (ms: number): number => Math.floor(ms / DAY);
const dayOf = (number: number): string => toIso(number * DAY).slice(0, 10);

/** 1970-01-01 was a Thursday. */
const weekdayOf = (number: number): number => (number + 3) % 7;

/** now: by Keymend's clock, ms. Today is the first of the 90 days. */
export function runwayOf(targets: readonly Target[], now: number): Runway {
  const today = numberOf(now);
  const dated = targets.flatMap((target) => (target.expiresOn === null ? [] : [{ target, at: toMs(target.expiresOn) }]));
  const within = dated.filter(({ at }) => numberOf(at) < today + DAYS).toSorted((a, b) => a.at - b.at);
  const endingsOf = (isPast: boolean): Ending[] =>
    [
      ...Map.groupBy(
        within.filter(({ at }) => at <= now === isPast),
        ({ at }) => dayOf(numberOf(at)),
      ),
    ].map(([day, all]) => ({ day, isPast, targets: all.map(({ target }) => target) }));
  const ahead = endingsOf(false);
  const counts = new Map(ahead.map((one) => [one.day, one.targets.length]));
  const cells = Array.from({ length: DAYS }, (_, i): Cell => {
    const day = dayOf(today + i);
    const place = weekdayOf(today) + i;
    const count = counts.get(day) ?? 0;
    return { day, week: Math.floor(place / 7), weekday: place % 7, count, level: SHADES.filter((least) => count >= least).length };
  });
  return {
    cells,
    endings: [...endingsOf(true), ...ahead],
    later: dated.length - within.length,
    undated: targets.length - dated.length,
  };
}
