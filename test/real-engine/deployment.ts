/** A host that dies while it works, and the next version that takes over what it left: the same on either engine. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Status } from "../sandbox/host/host-process.ts";
import type { Engine } from "./engines.ts";

export type Deployment = {
  /** Of the version that is to die. */
  old: () => Promise<Engine>;
  next: () => Promise<Engine>;
  /** Whether both may run at once. */
  isSideBySide: boolean;
};

const OLD = ["old-1", "old-2", "old-3"];
const NEW = ["new-1", "new-2"];

const ended = ({ runtimeStatus }: Status): boolean => runtimeStatus === "Completed" || runtimeStatus === "Failed";

async function seen(it: Engine, names: string[], times: number): Promise<void> {
  const starts = (name: string): number => it.notes().filter((line) => line === `gated started ${name}`).length;
  while (names.some((name) => starts(name) < times)) await sleep(50);
}

/** What became of each instance, and how often its activity was started. */
export async function deploy({ old, next, isSideBySide }: Deployment): Promise<Record<string, unknown>> {
  const first = await old();
  for (const id of OLD) await first.start("gatedOnce", id);
  await seen(first, OLD, 1);
  const early = isSideBySide ? await next() : undefined;
  await first.kill();
  const second = early ?? (await next());
  for (const id of NEW) await second.start("gatedOnce", id);
  await seen(second, OLD, 2);
  await seen(second, NEW, 1);
  for (const id of [...OLD, ...NEW]) second.openGate(id);
  const outcomes: [string, unknown][] = [];
  for (const id of [...OLD, ...NEW]) {
    const { runtimeStatus, output } = await second.until(id, ended);
    outcomes.push([id, [runtimeStatus, output, second.notes().filter((line) => line === `gated started ${id}`).length]]);
  }
  await second.start("listens", "running");
  await second.until("running", ({ runtimeStatus }) => runtimeStatus === "Running");
  const purged = await second.client("purgeInstanceHistoryBy", { createdTimeFrom: new Date(0).toISOString() });
  const left = await second.status("running").then(
    ({ runtimeStatus }) => runtimeStatus,
    () => "gone",
  );
  await second.stop();
  return { ...Object.fromEntries(outcomes), purged, left };
}

const done = (version: string, starts: number): unknown => ["Completed", { greeted: "hello Ada", version }, starts];

/** Once more for what was under way; everything keeps the version it was started with. */
export const deployed = {
  ...Object.fromEntries(OLD.map((id) => [id, done("1.0", 2)])),
  ...Object.fromEntries(NEW.map((id) => [id, done("2.0", 1)])),
};
