/** Trouble on order: what can go wrong with deliveries, armed by stories and tests and used up as deliveries match. */
import type { Style } from "./schema.ts";

type Match = { eventType?: string; subject?: string; subscription?: string };

export type Disturbance = {
  /** Parts of the names, in any case; nothing matches everything. */
  match?: Match;
  /** How many deliveries it touches; default 1. */
  times?: number;
} & (
  | { kind: "drop" }
  | { kind: "duplicate"; copies?: number }
  | { kind: "delay"; ms: number }
  /** Holds `times` deliveries (default 2) and lets them go in reverse. */
  | { kind: "reorder" }
  | { kind: "irregular"; style: Style }
);

type Armed = { disturbance: Disturbance; left: number };

export class Trouble {
  #armed: Armed[] = [];

  arm(disturbance: Disturbance): void {
    this.#armed.push({ disturbance, left: disturbance.times ?? (disturbance.kind === "reorder" ? 2 : 1) });
  }

  /** What strikes this delivery; used up by it. `last`: nothing is left of it afterwards. */
  strike(names: Required<Match>): { disturbance: Disturbance; last: boolean }[] {
    const struck = this.#armed.filter((a) => matches(a.disturbance.match ?? {}, names));
    for (const armed of struck) armed.left--;
    this.#armed = this.#armed.filter((a) => a.left > 0);
    return struck.map((a) => ({ disturbance: a.disturbance, last: a.left === 0 }));
  }
}

function matches(match: Match, names: Required<Match>): boolean {
  const part = (wanted: string | undefined, actual: string): boolean =>
    wanted === undefined || actual.toLowerCase().includes(wanted.toLowerCase());
  return part(match.eventType, names.eventType) && part(match.subject, names.subject) && part(match.subscription, names.subscription);
}
