/** Which calls of a story are struck, by which fault and when: from the calls of a trial that nothing disturbed. */
import { columns, type Column } from "./columns.ts";
import type { Moment, SeenCall, Strike } from "./tap.ts";

const fits = ({ strikes }: Column, { write, operation }: SeenCall): boolean =>
  strikes === "all" || (strikes === "writes" ? write : operation);

/** A read is struck at the first look; again where it is read once more just before the app writes, and once it has written: what it then rests on. */
function momentsOf(calls: readonly SeenCall[], shape: string): { moment: Moment; call: SeenCall }[] {
  const firstWrite = calls.findIndex(({ write }) => write);
  const lastWrite = calls.findLast(({ write }) => write);
  const isIt = (call: SeenCall): boolean => call.shape === shape;
  const first = calls.findIndex(isIt);
  // Asked how a write went, say: before it there is nothing to ask.
  const isLater = firstWrite >= 0 && first > firstWrite;
  const found = [
    { moment: isLater ? ("once" as const) : ("first" as const), call: calls[first] },
    { moment: "recheck" as const, call: calls.find((call, index) => isIt(call) && call.sameInstant === 1 && index < firstWrite) },
    { moment: "after" as const, call: lastWrite && calls.find((call) => isIt(call) && call.at > lastWrite.at) },
  ];
  return found.flatMap(({ moment, call }) => (call ? [{ moment, call }] : []));
}

/** Every shape of read at its moments, every single write. */
export function strikesOf(calls: readonly SeenCall[]): Strike[] {
  const strikes: Strike[] = [];
  const add = (call: SeenCall, moment: Moment, chosen: readonly Column[]): void => {
    const { shape, key } = call;
    for (const column of chosen.filter((candidate) => fits(candidate, call))) strikes.push({ column, shape, key, moment });
  };
  const reads = new Set(calls.filter(({ write }) => !write).map(({ shape }) => shape));
  for (const shape of reads)
    for (const { moment, call } of momentsOf(calls, shape))
      add(call, moment, moment === "first" || moment === "once" ? columns : columns.filter(({ everyMoment }) => everyMoment));
  const times = new Map<string, number>();
  for (const call of calls.filter(({ write }) => write)) {
    const nth = times.get(call.key) ?? 0;
    times.set(call.key, nth + 1);
    add(call, { write: nth }, columns);
  }
  return strikes;
}

/** Backing off twice as long each time, an app that is struck at look after look comes through so many in a few minutes. */
const LONGEST_TRAIN = 9;

/**
 * Strikes that one trial can bear, one after the other: reads that the app asks for anew, each struck in a look of its own. A refusal at
 * the first look stays alone, as what comes of it decides the story.
 */
export function trainsOf(strikes: readonly Strike[]): Strike[][] {
  const trains = new Map<string, Strike[][]>();
  for (const strike of strikes) {
    const { moment, column } = strike;
    const isFirst = moment === "first" || moment === "once";
    const isAlone = typeof moment === "object" || (isFirst && column.refuses === true);
    const line = isAlone ? `alone ${trains.size}` : moment;
    const sameLine = trains.get(line) ?? [];
    const last = sameLine.at(-1);
    if (last && last.length < LONGEST_TRAIN) last.push(strike);
    else trains.set(line, [...sameLine, [strike]]);
  }
  return [...trains.values()].flat();
}
