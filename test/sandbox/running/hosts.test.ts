/** Two hosts on one task hub, moved through virtual time as the sandbox does: who does what, and what becomes of what a dead one had in hand. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { Store } from "../../../sandbox/host/durable/store.ts";
import { type HostLog, startHost } from "../../../sandbox/running/host-child.ts";
import { Hosts } from "../../../sandbox/running/hosts.ts";
import { createVirtualTime, type VirtualTime } from "../../../sandbox/running/virtual-time.ts";
import { Clock } from "../../../sandbox/time/clock.ts";
import { removeStateDirectories, type Status, stateDirectory } from "../host/host-process.ts";

const START = Date.parse("2026-03-01T00:00:00.000Z");
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const NAMES = ["one", "two"];

let directory: string;
let clock: Clock;
let hosts: Hosts;
let time: VirtualTime;
let logs: HostLog[][];

beforeEach(async () => {
  directory = stateDirectory();
  clock = new Clock(START);
  logs = [[], []];
  hosts = new Hosts(NAMES.length, async (at, port) => {
    const child = await startHost(
      {
        PATH: process.env["PATH"] ?? "",
        NO_PROXY: "127.0.0.1",
        SANDBOX_HOST_NAME: NAMES[at]!,
        SANDBOX_HOST_BUNDLE: fileURLToPath(new URL("../host/apps/everything.mjs", import.meta.url)),
        SANDBOX_HOST_STATE: join(directory, "state.sqlite"),
        SANDBOX_HOST_PORT: String(port),
        SANDBOX_HOST_NOW: clock.iso(),
        FIXTURE_NOTES: join(directory, NAMES[at]!),
        TICK_SCHEDULE: "0 */5 * * * *",
      },
      (log) => logs[at]!.push(log),
    );
    child.clock(clock.now(), 0);
    return child;
  });
  await hosts.open();
  const parts = { clock, hosts: () => hosts.running, changed: () => hosts.changed, changes: () => undefined, observe: () => {} };
  time = createVirtualTime({ ...parts, onError: () => {} }, 0);
  // Until each has its share.
  await time.advance(30 * SECOND);
});
afterEach(async () => {
  await Promise.all(hosts.running.map((host) => host.stop()));
});
afterAll(removeStateDirectories);

const start = (orchestration: string, id: string, input: unknown = {}): Promise<Response> =>
  fetch(`${hosts.url}/api/start/${orchestration}/${id}`, { method: "POST", body: JSON.stringify(input) });
async function status(id: string): Promise<Status> {
  const answer = await fetch(`${hosts.url}/runtime/webhooks/durabletask/instances/${id}`);
  return (await answer.json()) as Status;
}
const notesOf = (at: number): string[] => {
  const file = join(directory, NAMES[at]!);
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
};
const openGate = (name: string): void => NAMES.forEach((host) => writeFileSync(join(directory, `${host}.open-${name}`), ""));
/** Of the host whose lock it is. */
const ticks = (): number[] => logs.map((of) => of.filter(({ message }) => message.includes('"tick"')).length);
const isDone = ({ runtimeStatus }: Status): boolean => runtimeStatus === "Completed";

function owners(): (string | null)[] {
  const store = new Store(join(directory, "state.sqlite"));
  try {
    return store.leases().map(({ owner }) => owner);
  } finally {
    store.close();
  }
}

test("each reads its share of the queues, and they run the activities between them, each of them once", async () => {
  expect(owners().toSorted()).toEqual(["one", "one", "two", "two"]);
  const ids = Array.from({ length: 12 }, (_, at) => `p${at}`);
  for (const id of ids) await start("parallel", id);
  await time.advance(0);
  for (const id of ids) expect(await status(id)).toMatchObject({ runtimeStatus: "Completed", output: ["a", "b", "c"] });
  const started = [0, 1].map((at) => notesOf(at).filter((line) => line.startsWith("slow started")).length);
  expect(started.every((count) => count > 0)).toBe(true);
  expect(started[0]! + started[1]!).toBe(3 * ids.length);
});

test("the queues of one that died are the other's once their leases are over", async () => {
  const ids = Array.from({ length: 12 }, (_, at) => `s${at}`);
  for (const id of ids) await start("sleeper", id, { minutes: 10 / 60 });
  await time.advance(0);
  await hosts.kill(0);
  await time.advance(2 * MINUTE);
  expect(owners()).toEqual(["two", "two", "two", "two"]);
  const slept = await Promise.all(ids.map(async (id) => (await status(id)).output as { from: string; to: string }));
  const took = slept.map(({ from, to }) => (Date.parse(to) - Date.parse(from)) / SECOND);
  expect(took.some((seconds) => seconds === 10)).toBe(true);
  expect(took.some((seconds) => seconds > 10)).toBe(true);
  // Renewed at most ten seconds before it died, and looked at every ten seconds.
  expect(took.every((seconds) => seconds === 10 || (seconds >= 20 && seconds <= 40))).toBe(true);
});

test.for([
  ["for good", false],
  ["and comes back at once", true],
] as const)("an activity of one that died %s is seen again after five minutes, and runs once more", async ([, comesBack]) => {
  await start("gatedOnce", "g1");
  const idle = time.advance(10 * MINUTE);
  const at = await new Promise<number>((resolve) => {
    const timer = setInterval(() => {
      const found = [0, 1].find((host) => notesOf(host).includes("gated started g1"));
      if (found === undefined) return;
      clearInterval(timer);
      resolve(found);
    }, 5);
  });
  const died = clock.now();
  const killed = hosts.kill(at);
  if (comesBack) void hosts.start(at);
  await killed;
  openGate("g1");
  await idle;
  const end = await status("g1");
  expect(end).toMatchObject({ runtimeStatus: "Completed", output: { greeted: "hello Ada" } });
  const after = Date.parse(end.lastUpdatedTime) - died;
  expect(after).toBeGreaterThanOrEqual(5 * MINUTE - SECOND);
  expect(after).toBeLessThanOrEqual(6 * MINUTE);
  expect([...notesOf(0), ...notesOf(1)].filter((line) => line === "gated started g1")).toHaveLength(2);
});

test("one that comes back gets its share back, and all goes on", async () => {
  await hosts.kill(1);
  await time.advance(2 * MINUTE);
  expect(owners()).toEqual(["one", "one", "one", "one"]);
  await hosts.start(1);
  await time.advance(MINUTE);
  expect(owners().toSorted()).toEqual(["one", "one", "two", "two"]);
  await start("hello", "h1", { name: "Bob" });
  await time.until(async () => isDone(await status("h1")), clock.now() + MINUTE);
  expect((await status("h1")).output).toEqual(["hello Ada", "hello Bob"]);
});

test("timers fire on one of them, and after its death on the other", async () => {
  await time.advance(15 * MINUTE);
  expect(ticks()).toEqual([3, 0]);
  await hosts.kill(0);
  // What was due before the lock was free runs late.
  await time.advance(15 * MINUTE);
  expect(ticks()).toEqual([3, 3]);
  await hosts.start(0);
  await time.advance(15 * MINUTE);
  expect(ticks()).toEqual([3, 6]);
});
