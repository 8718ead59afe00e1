import { afterAll, afterEach, expect, test } from "vitest";
import { type HostProcess, removeStateDirectories, stateDirectory, startHost } from "./host-process.ts";

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

test("runs an orchestration with activities, through the client binding", async () => {
  const it = await run();
  const started = await it.start("hello", "h1", { name: "Bob" });
  expect(started.status).toBe(202);
  expect(started.headers.get("location")).toBe(`${it.url}/runtime/webhooks/durabletask/instances/h1?taskHub=FixtureHub&connection=Storage`);
  await it.settle();
  expect(await it.status("h1")).toMatchObject({ runtimeStatus: "Completed", output: ["hello Ada", "hello Bob"], input: { name: "Bob" } });
});

test("hands an activity its input as the worker does: JSON-parsed", async () => {
  const it = await run();
  await it.start("inputs", "i1");
  await it.settle();
  expect((await it.status("i1")).output).toEqual([
    { type: "object", input: { a: [1] } },
    { type: "string", input: "text" },
    { type: "string", input: "123" }, // the SDK quotes strings first: without that it would become a number
    { type: "number", input: 5 },
    { type: "undefined", input: null },
  ]);
});

test("runs the activities of Task.all and keeps their order", async () => {
  const it = await run();
  await it.start("parallel", "p1");
  await it.settle();
  expect((await it.status("p1")).output).toEqual(["a", "b", "c"]);
});

test("runs activities one at a time when told so", async () => {
  const it = await run({ env: { SANDBOX_HOST_CONCURRENCY: "1" } });
  await it.start("parallel", "p1");
  await it.settle();
  expect(it.notes()).toEqual(["a", "b", "c"].flatMap((name) => [`slow started ${name}`, `slow ended ${name}`]));
});

test("fires a durable timer at its virtual time, and not before", async () => {
  const it = await run();
  await it.start("sleeper", "s1", { minutes: 90 });
  expect(await it.settle()).toBe(Date.parse("2026-03-01T01:30:00.000Z"));
  it.clock("2026-03-01T01:29:59.999Z");
  await it.settle();
  expect((await it.status("s1")).runtimeStatus).toBe("Running");
  it.clock("2026-03-01T01:30:00.000Z");
  await it.settle();
  expect(await it.status("s1")).toMatchObject({
    runtimeStatus: "Completed",
    output: { from: "2026-03-01T00:00:00.000Z", to: "2026-03-01T01:30:00.000Z" },
  });
});

test("chains a timer beyond six days", async () => {
  const it = await run({ env: { TICK_SCHEDULE: "0 0 0 1 1 *" } });
  await it.start("sleeper", "s1", { minutes: 10 * 24 * 60 });
  expect(await it.settle()).toBe(Date.parse("2026-03-04T00:00:00.000Z"));
  await it.advanceTo("2026-03-10T23:59:00.000Z");
  expect((await it.status("s1")).runtimeStatus).toBe("Running");
  await it.advanceTo("2026-03-11T00:00:00.000Z");
  expect((await it.status("s1")).runtimeStatus).toBe("Completed");
});

test("wakes a waiter with an external event; the cancelled timer keeps nothing open", async () => {
  const it = await run();
  await it.start("waiter", "w1");
  await it.settle();
  expect(await it.raise("w1", "signal", { from: "test" })).toBe(202);
  await it.settle();
  expect(await it.status("w1")).toMatchObject({ runtimeStatus: "Completed", output: { from: "test" } });
});

test("keeps an instance running while a timer is neither awaited nor cancelled", async () => {
  const it = await run();
  await it.start("leavesTimerOpen", "o1");
  await it.raise("o1", "signal");
  await it.settle();
  expect((await it.status("o1")).runtimeStatus).toBe("Running");
  await it.advanceTo("2026-03-01T01:00:00.000Z");
  expect(await it.status("o1")).toMatchObject({ runtimeStatus: "Completed", output: "done" });
});

test("retries an activity after its interval of virtual time", async () => {
  const it = await run();
  await it.start("retries", "r1", { failures: 2 });
  expect(await it.settle()).toBe(Date.parse("2026-03-01T00:01:00.000Z"));
  await it.advanceTo("2026-03-01T00:02:00.000Z");
  expect(await it.status("r1")).toMatchObject({ runtimeStatus: "Completed", output: 3 });
});

test("fails after the last attempt, with the activity's words", async () => {
  const it = await run();
  await it.start("retries", "r1", { failures: 9 });
  await it.advanceTo("2026-03-01T00:02:00.000Z");
  const status = await it.status("r1");
  expect(status.runtimeStatus).toBe("Failed");
  expect(status.output).toMatch(/^Orchestrator function 'retries' failed: Activity function 'flaky' failed: flaky 3/);
});

test("tells a failed activity to the orchestrator as text", async () => {
  const it = await run();
  await it.start("catches", "c1");
  await it.start("fails", "f1");
  await it.settle();
  expect((await it.status("c1")).output).toMatch(/^Activity function 'boom' failed: boom \n .*System\.Exception/);
  expect(await it.status("f1")).toMatchObject({ runtimeStatus: "Failed" });
});

test("runs sub-orchestrations, with their parent's id and version, and hears of their failure", async () => {
  const it = await run();
  await it.start("parent", "p1", ["Ada", "Bob"]);
  await it.start("parent", "p2", ["Ada", "bad"]);
  await it.settle();
  expect((await it.status("p1")).output).toEqual([
    { said: "hello Ada", parent: "p1", version: "1.0" },
    { said: "hello Bob", parent: "p1", version: "1.0" },
  ]);
  expect((await it.status("p2")).output).toMatch(/^child failed: Orchestrator function 'child' failed: bad child/);
  expect((await it.status("p2-1")).runtimeStatus).toBe("Failed");
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

test("refuses a second start while the first runs, and allows it after", async () => {
  const it = await run();
  expect((await it.start("waiter", "w1")).status).toBe(202);
  const second = await it.start("waiter", "w1");
  expect(second.status).toBe(409);
  expect(await second.text()).toMatch(
    /unexpected status code: 409.*An Orchestration instance with the status (Pending|Running) already exists/,
  );
  await it.raise("w1", "signal");
  await it.settle();
  expect((await it.status("w1")).runtimeStatus).toBe("Completed");
  expect((await it.start("waiter", "w1")).status).toBe(202);
  await it.settle();
  expect((await it.status("w1")).runtimeStatus).toBe("Running");
});

test("terminates, and does not listen any more", async () => {
  const it = await run();
  await it.start("waiter", "w1");
  await it.settle();
  await it.client("terminate", "w1", "enough");
  await it.settle();
  expect(await it.status("w1")).toMatchObject({ runtimeStatus: "Terminated", output: "enough" });
  expect(await it.raise("w1", "signal")).toBe(410);
});

test("suspends: what comes meanwhile is kept and done after resuming", async () => {
  const it = await run();
  await it.start("listens", "w1");
  await it.settle();
  await it.client("suspend", "w1", "hold on");
  await it.settle();
  expect((await it.status("w1")).runtimeStatus).toBe("Suspended");
  await it.raise("w1", "signal", 7);
  await it.settle();
  expect((await it.status("w1")).runtimeStatus).toBe("Suspended");
  await it.client("resume", "w1", "go on");
  await it.settle();
  expect(await it.status("w1")).toMatchObject({ runtimeStatus: "Completed", output: 7 });
});

test("fails an orchestration whose replay differs, loudly", async () => {
  const it = await run();
  await it.start("dice", "d1");
  await it.settle();
  const dice = await it.status("d1");
  expect(dice.runtimeStatus).toBe("Failed");
  expect(dice.output).toMatch(/^Non-Deterministic workflow detected/);
  expect(it.logs.some((log) => log.level === "error" && log.message.includes("Non-Deterministic"))).toBe(true);
  await it.start("clockReader", "c1");
  await it.advanceTo("2026-03-01T00:30:00.000Z");
  expect((await it.status("c1")).output).toMatch(/^Non-Deterministic workflow detected/);
});

test("fails where a function does not exist, or an action is not played", async () => {
  const it = await run();
  await it.start("unknownActivity", "u1");
  await it.start("http", "u2");
  await it.settle();
  expect((await it.status("u1")).output).toMatch(/The function 'nobody' doesn't exist, is disabled, or is not an activity function/);
  expect((await it.status("u2")).output).toMatch(/does not run durable action 8/);
  expect((await it.start("nobody", "u3")).status).toBe(409);
});

test("keeps all of it when the process is killed in the middle, and runs an unfinished activity again", async () => {
  const directory = stateDirectory();
  const first = await run({ directory, env: { SANDBOX_HOST_CONCURRENCY: "1" } });
  await first.start("rounds", "n1", { round: 1, until: 2 });
  await first.start("waiter", "w1");
  await first.settle();
  await first.raise("w1", "signal", "kept");
  await first.settle();
  await first.start("parallel", "p1");
  await expect.poll(() => first.notes()).toContain("slow started b");
  await first.kill();

  const second = await run({ directory, now: "2026-03-01T00:00:30.000Z" });
  await second.settle();
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
    await second.settle();
    expect(await second.status("p1")).toMatchObject({ runtimeStatus: "Completed", output: ["a", "b", "c"] });
    expect(await second.status("h1")).toMatchObject({ runtimeStatus: "Completed", output: ["hello Ada", "hello Bob"] });
    await second.stop();
  }
});

test("runs timers by itself when time runs", async () => {
  const it = await run();
  await it.start("sleeper", "s1", { minutes: 60 });
  await it.settle();
  it.clock("2026-03-01T00:00:00.000Z", 36_000); // an hour in 100 ms
  await expect.poll(async () => (await it.status("s1")).runtimeStatus).toBe("Completed");
});

test("settles in less than a millisecond when idle, and turns an orchestration over in a few", async () => {
  const it = await run();
  await it.settle();
  const idle = performance.now();
  for (let i = 0; i < 200; i++) await it.settle();
  expect((performance.now() - idle) / 200).toBeLessThan(1);

  const busy = performance.now();
  await Promise.all(Array.from({ length: 50 }, (_, i) => it.client("startNew", "hello", { instanceId: `b${i}` })));
  await it.settle();
  // Three turns and two activities each.
  expect((performance.now() - busy) / 50).toBeLessThan(40);
  expect((await it.status("b49")).runtimeStatus).toBe("Completed");
});
