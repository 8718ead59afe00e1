/**
 * What Resource Graph knows, which is not what is: a write through ARM shows some seconds later, and what changes without one
 * (a key check's result) only with the next full scan. No figures are promised.
 * Source: MicrosoftDocs/azure-docs governance/resource-graph/overview.md, "How Resource Graph is kept current".
 */
import { isDeepStrictEqual } from "node:util";
import { isObject, textAt } from "../json.ts";
import { switchOf } from "../switches.ts";
import type { World } from "../world.ts";
import type { Row } from "../kql/expressions.ts";
import { liveResources, rowOf } from "./rows.ts";

type Seen = { row: Row; at: number; settled: boolean };

/** lag: in [0, 1), how late it shows, of the most. */
type Write = { at: number; lag: number };

type View = {
  seen: Map<string, Seen>;
  /** The last write to a resource. */
  written: Map<string, Write>;
  /** How many of the world's writes are noted. */
  noted: number;
  queried: boolean;
};

const views = new WeakMap<World, View>();

export function knownRows(world: World): Row[] {
  const view = views.get(world) ?? { seen: new Map(), written: new Map(), noted: 0, queried: false };
  views.set(world, view);
  noteWrites(world, view);
  const gone = new Set(view.seen.keys());
  const rows: Row[] = [];
  for (const source of liveResources(world)) {
    const key = source.id.toLowerCase();
    gone.delete(key);
    const seen = current(world, view, key, rowOf(world, source.body()));
    if (seen) rows.push(seen.row);
  }
  for (const key of gone) {
    if (isPending(world, view, key)) rows.push(view.seen.get(key)!.row);
    else view.seen.delete(key);
  }
  view.queried = true;
  return rows;
}

function visibleAt(world: World, { at, lag }: Write): number {
  return at + Math.floor(lag * (switchOf(world, "graphLagMaxSeconds") + 1)) * 1000;
}

function isPending(world: World, view: View, key: string): boolean {
  const write = view.written.get(key);
  return write !== undefined && visibleAt(world, write) > world.clock.now();
}

/**
 * The row to show: the one seen before while it holds, else a fresh one; none for what is too new. Where both are the same nothing is asked
 * of how late Resource Graph is.
 */
function current(world: World, view: View, key: string, row: Row): Seen | undefined {
  const now = world.clock.now();
  const seen = view.seen.get(key);
  const isSame = isDeepStrictEqual(seen?.row, row);
  if (!isSame && (seen || view.queried) && isPending(world, view, key)) return seen;
  if (!isSame && seen?.settled && isUnscanned(world, view.written.get(key), seen.at)) return seen;
  const fresh = { row, at: now, settled: isSettled(row) };
  view.seen.set(key, fresh);
  return fresh;
}

/** Neither a write nor a full scan since has shown what is now. */
const isUnscanned = (world: World, write: Write | undefined, at: number): boolean =>
  (write === undefined || at >= visibleAt(world, write)) && world.clock.now() - at < switchOf(world, "graphFullScanMinutes") * 60_000;

/** While a provider works on a resource it goes on sending notifications. */
function isSettled(row: Row): boolean {
  const properties = row["properties"];
  const state = isObject(properties) ? textAt(properties["provisioningState"]) : "";
  return ["", "Succeeded", "Failed"].includes(state);
}

function noteWrites(world: World, view: View): void {
  for (const { url, status, at } of world.writes.slice(view.noted)) {
    // /subscriptions/s/resourceGroups/g/providers/namespace/type/name; writes below it are writes to it.
    const id = new URL(url).pathname.split("/").slice(0, 9).join("/").toLowerCase();
    if (status < 400) view.written.set(id, { at: Date.parse(at), lag: world.random.next("graph-lag") });
  }
  view.noted = world.writes.length;
}
