/** Which calls of a story are struck, by which fault and when: from the calls of a play that nothing disturbed. */
import { columns, type Column } from "./columns.ts";
import type { SeenCall, Strike } from "./tap.ts";

/** A read is struck at the first look; again at the last before the app writes, and at the first after its last write: what it then rests on. */
type Moment = { at: "first" | "recheck" | "after"; index: number };

const fits = ({ strikes }: Column, { write, operation }: SeenCall): boolean =>
  strikes === "all" || (strikes === "writes" ? write : operation);

function momentsOf(calls: readonly SeenCall[], shape: string): Moment[] {
  const firstWrite = calls.findIndex(({ write }) => write);
  const lastWrite = calls.findLastIndex(({ write }) => write);
  const all = calls.flatMap((call, index) => (call.shape === shape ? [index] : []));
  const first = all[0];
  if (first === undefined) return [];
  const recheck = all.findLast((index) => index < firstWrite);
  const after = lastWrite < 0 ? undefined : all.find((index) => index > lastWrite);
  const moments: Moment[] = [{ at: "first", index: first }];
  if (recheck !== undefined && recheck !== first) moments.push({ at: "recheck", index: recheck });
  if (after !== undefined && after !== first) moments.push({ at: "after", index: after });
  return moments;
}

/** Every shape of read at its moments, every single write. */
export function strikesOf(calls: readonly SeenCall[]): Strike[] {
  const nthOf = (index: number): number => calls.slice(0, index).filter(({ key }) => key === calls[index]?.key).length;
  const strikes: Strike[] = [];
  const add = (index: number, chosen: readonly Column[]): void => {
    const call = calls[index];
    if (!call) return;
    const { shape, key } = call;
    for (const column of chosen.filter((candidate) => fits(candidate, call))) strikes.push({ column, shape, key, nth: nthOf(index) });
  };
  const reads = new Set(calls.filter(({ write }) => !write).map(({ shape }) => shape));
  for (const shape of reads) {
    for (const { at, index } of momentsOf(calls, shape)) add(index, at === "first" ? columns : columns.filter((c) => c.everyMoment));
  }
  for (const [index, { write }] of calls.entries()) if (write) add(index, columns);
  return strikes;
}
