/** What the durable engine does as time goes on, and after a crash. */
import { afterAll, afterEach, expect, test } from "vitest";
import { type HostProcess, removeStateDirectories, startHost, stateDirectory } from "./host-process.ts";

let host: HostProcess | undefined;

async function run(options: Parameters<typeof startHost>[0] = {}): Promise<HostProcess> {
  host = await startHost(options);
  return host;
}

afterEach(async () => {
  await host?.stop();
  host = undefined;
});
afterAll(removeStateDirectories);

test("runs activities one at a time when told so", async () => {
  const it = await run({ env: { SANDBOX_HOST_CONCURRENCY: "1" } });
  await it.start("parallel", "p1");
  await it.untilIdle();
  expect(it.notes()).toEqual(["a", "b", "c"].flatMap((name) => [`slow started ${name}`, `slow ended ${name}`]));
});

test("fires a durable timer at its virtual time, and not before", async () => {
  const it = await run();
  await it.start("sleeper", "s1", { minutes: 90 });
  expect(await it.untilIdle()).toBe(Date.parse("2026-03-01T01:30:00.000Z"));
  it.clock("2026-03-01T01:29:59.999Z");
  await it.untilIdle();
  expect((await it.status("s1")).runtimeStatus).toBe("Running");
  it.clock("2026-03-01T01:30:00.000Z");
  await it.untilIdle();
  expect(await it.status("s1")).toMatchObject({
    runtimeStatus: "Completed",
    output: { from: "2026-03-01T00:00:00.000Z", to: "2026-03-01T01:30:00.000Z" },
  });
});

test("fires a durable timer up to a second early where Azure Storage's are played: in whole seconds from when it is set", async () => {
  const it = await run({ env: { SANDBOX_HOST_EARLY_TIMERS: "1" } });
  await it.start("sleeper", "s1", { minutes: 0.04 });
  expect(await it.untilIdle()).toBe(Date.parse("2026-03-01T00:00:02.000Z"));
  it.clock("2026-03-01T00:00:02.000Z");
  await it.untilIdle();
  expect((await it.status("s1")).output).toEqual({ from: "2026-03-01T00:00:00.000Z", to: "2026-03-01T00:00:02.000Z" });
});

test("chains a timer beyond six days", async () => {
  const it = await run({ env: { TICK_SCHEDULE: "0 0 0 1 1 *" } });
  await it.start("sleeper", "s1", { minutes: 10 * 24 * 60 });
  expect(await it.untilIdle()).toBe(Date.parse("2026-03-04T00:00:00.000Z"));
  await it.advanceTo("2026-03-10T23:59:00.000Z");
  expect((await it.status("s1")).runtimeStatus).toBe("Running");
  await it.advanceTo("2026-03-11T00:00:00.000Z");
  expect((await it.status("s1")).runtimeStatus).toBe("Completed");
});

test("keeps an instance running while a timer is neither awaited nor cancelled", async () => {
  const it = await run();
  await it.start("leavesTimerOpen", "o1", { minutes: 60 });
  await it.raise("o1", "signal");
  await it.untilIdle();
  expect((await it.status("o1")).runtimeStatus).toBe("Running");
  await it.advanceTo("2026-03-01T01:00:00.000Z");
  expect(await it.status("o1")).toMatchObject({ runtimeStatus: "Completed", output: "done" });
});

test("retries an activity after its interval of virtual time", async () => {
  const it = await run();
  await it.start("retries", "r1", { failures: 2 });
  expect(await it.untilIdle()).toBe(Date.parse("2026-03-01T00:01:00.000Z"));
  await it.advanceTo("2026-03-01T00:02:00.000Z");
  expect(await it.status("r1")).toMatchObject({ runtimeStatus: "Completed", output: 3 });
});

test("fails after the last attempt, with the activity's words", async () => {
  const it = await run();
  await it.start("retries", "r1", { failures: 9 });
  await it.advanceTo("2026-03-01T00:02:00.000Z");
  const status = await it.status("r1");
  expect(status.runtimeStatus).toBe("Failed");
  expect(status.output).toMatch(/^Orchestrator function 'retries' failed: Activity function 'flaky' failed:  flaky 3/);
});

test("starts a new generation with a fresh history", async () => {
  const it = await run();
  await it.start("rounds", "n1", { round: 1, until: 3 });
  await it.advanceTo("2026-03-01T00:01:00.000Z");
  expect(await it.status("n1", "showHistory=true")).toMatchObject({ runtimeStatus: "Running", customStatus: { round: 2 } });
  const before = (await it.status("n1", "showHistory=true")).historyEvents?.length;
  await it.advanceTo("2026-03-01T00:02:00.000Z");
  const after = await it.status("n1", "showHistory=true");
  expect(after).toMatchObject({ runtimeStatus: "Completed", output: "after 3", input: { round: 3, until: 3 } });
  expect(after.historyEvents?.length).toBeLessThanOrEqual(before ?? 0);
});

test("fails an orchestration whose replay differs, loudly", async () => {
  const it = await run();
  await it.start("dice", "d1");
  await it.untilIdle();
  const dice = await it.status("d1");
  expect(dice.runtimeStatus).toBe("Failed");
  expect(dice.output).toMatch(/^Non-Deterministic workflow detected/);
  expect(it.logs.some((log) => log.level === "error" && log.message.includes("Non-Deterministic"))).toBe(true);
  await it.start("clockReader", "c1");
  await it.advanceTo("2026-03-01T00:30:00.000Z");
  expect((await it.status("c1")).output).toMatch(/^Non-Deterministic workflow detected/);
});

test("keeps all of it when the process is killed in the middle, and runs an unfinished activity again", async () => {
  const directory = stateDirectory();
  const first = await run({ directory, env: { SANDBOX_HOST_CONCURRENCY: "1" } });
  await first.start("rounds", "n1", { round: 1, until: 2 });
  await first.start("waiter", "w1");
  await first.untilIdle();
  await first.raise("w1", "signal", "kept");
  await first.untilIdle();
  await first.start("parallel", "p1");
  await expect.poll(() => first.notes()).toContain("slow started b");
  await first.kill();

  const second = await run({ directory, now: "2026-03-01T00:00:30.000Z" });
  await second.untilIdle();
  expect(await second.status("w1")).toMatchObject({ runtimeStatus: "Completed", output: "kept" });
  expect(await second.status("p1")).toMatchObject({ runtimeStatus: "Completed", output: ["a", "b", "c"] });
  const started = second.notes().filter((line) => line.startsWith("slow started"));
  expect(started.filter((line) => line.endsWith(" a"))).toHaveLength(1);
  expect(started.filter((line) => line.endsWith(" b")).length).toBeGreaterThanOrEqual(1);
  await second.advanceTo("2026-03-01T00:01:00.000Z");
  expect(await second.status("n1")).toMatchObject({ runtimeStatus: "Completed", output: "after 2" });
});

test("takes up from a kill at any moment and ends the same", async () => {
  for (const wait of [0, 3, 8, 15, 25]) {
    const directory = stateDirectory();
    const first = await run({ directory });
    await first.start("parallel", "p1");
    await first.start("hello", "h1", { name: "Bob" });
    await new Promise((resolve) => setTimeout(resolve, wait));
    await first.kill();
    const second = await run({ directory });
    await second.untilIdle();
    expect(await second.status("p1")).toMatchObject({ runtimeStatus: "Completed", output: ["a", "b", "c"] });
    expect(await second.status("h1")).toMatchObject({ runtimeStatus: "Completed", output: ["hello Ada", "hello Bob"] });
    await second.stop();
  }
});

test("an instance of a newer version waits for its host, and can't be ended; where the host is told to fail it, it makes room", async () => {
  const directory = stateDirectory();
  const next = await run({ directory, app: "next/everything" });
  await next.start("listens", "l1");
  await next.untilIdle();
  await next.stop();

  const waits = await run({ directory });
  await waits.client("terminate", "l1", "enough");
  await waits.untilIdle();
  expect((await waits.status("l1")).runtimeStatus).toBe("Running");
  expect((await waits.start("listens", "l1")).status).toBe(409);
  await waits.stop();

  const fails = await run({ directory, app: "back/everything" });
  await fails.untilIdle();
  expect(await fails.status("l1")).toMatchObject({
    runtimeStatus: "Failed",
    output: "VersionMismatch: Orchestration version did not comply with Worker Versioning",
  });
  expect((await fails.start("listens", "l1")).status).toBe(202);
  await fails.untilIdle();
  expect(await fails.status("l1")).toMatchObject({ runtimeStatus: "Running", version: "1.0" });
});

test("runs timers by itself when time runs", async () => {
  const it = await run();
  await it.start("sleeper", "s1", { minutes: 60 });
  await it.untilIdle();
  it.clock("2026-03-01T00:00:00.000Z", 36_000); // an hour in 100 ms
  await expect.poll(async () => (await it.status("s1")).runtimeStatus).toBe("Completed");
});

test("is idle once fifty orchestrations that started together have all ended", async () => {
  const it = await run();
  await Promise.all(Array.from({ length: 50 }, (_, i) => it.client("startNew", "hello", { instanceId: `b${i}` })));
  await it.untilIdle();
  const ended = await Promise.all(Array.from({ length: 50 }, (_, i) => it.status(`b${i}`)));
  expect(ended.filter(({ runtimeStatus }) => runtimeStatus !== "Completed")).toEqual([]);
});
