/**
 * What Resource Graph knows, which is not what is: a write through ARM shows some seconds later, and what changes without one
 * (a key check's result) only with the next full scan. No figures are promised.
 * Source: MicrosoftDocs/azure-docs governance/resource-graph/overview.md, "How Resource Graph is kept current".
 */
import { isObject, textAt } from "../json.ts";
import { switchOf } from "../switches.ts";
import type { World } from "../world.ts";
import type { Row } from "../kql/expressions.ts";
import { liveResources, rowOf } from "./rows.ts";

type Seen = { row: Row; at: number; settled: boolean };

type View = {
  seen: Map<string, Seen>;
  /** When the last write to a resource becomes visible, ms. */
  visibleAt: Map<string, number>;
  /** How many of the world's writes are noted. */
  noted: number;
  queried: boolean;
};

const views = new WeakMap<World, View>();

export function knownRows(world: World): Row[] {
  const view = views.get(world) ?? { seen: new Map(), visibleAt: new Map(), noted: 0, queried: false };
  views.set(world, view);
  noteWrites(world, view);
  const gone = new Set(view.seen.keys());
  const rows: Row[] = [];
  for (const source of liveResources(world)) {
    const key = source.id.toLowerCase();
    gone.delete(key);
    const seen = current(world, view, key, () => rowOf(world, source.body()));
    if (seen) rows.push(seen.row);
  }
  for (const key of gone) {
    if (isPending(world, view, key)) rows.push(view.seen.get(key)!.row);
    else view.seen.delete(key);
  }
  view.queried = true;
  return rows;
}

function isPending(world: World, view: View, key: string): boolean {
  return (view.visibleAt.get(key) ?? 0) > world.clock.now();
}

/** The row to show: the one seen before while it holds, else a fresh one; none for what is too new. */
function current(world: World, view: View, key: string, render: () => Row): Seen | undefined {
  const now = world.clock.now();
  const seen = view.seen.get(key);
  if (isPending(world, view, key) && (seen || view.queried)) return seen;
  const scan = switchOf(world, "graphFullScanMinutes") * 60_000;
  if (seen?.settled && seen.at >= (view.visibleAt.get(key) ?? 0) && now - seen.at < scan) return seen;
  const row = render();
  const fresh = { row, at: now, settled: isSettled(row) };
  view.seen.set(key, fresh);
  return fresh;
}

/** While a provider works on a resource it goes on sending notifications. */
function isSettled(row: Row): boolean {
  const properties = row["properties"];
  const state = isObject(properties) ? textAt(properties["provisioningState"]) : "";
  return ["", "Succeeded", "Failed"].includes(state);
}

function noteWrites(world: World, view: View): void {
  const most = switchOf(world, "graphLagMaxSeconds");
  for (const write of world.writes.slice(view.noted)) {
    // /subscriptions/s/resourceGroups/g/providers/namespace/type/name; writes below it are writes to it.
    const id = new URL(write.url).pathname.split("/").slice(0, 9).join("/").toLowerCase();
    if (write.status < 400) view.visibleAt.set(id, Date.parse(write.at) + world.random.int("graph-lag", 0, most) * 1000);
  }
  view.noted = world.writes.length;
}
