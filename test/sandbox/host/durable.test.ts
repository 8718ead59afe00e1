/** What the durable engine does while time stands. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostProcess, removeStateDirectories, startHost } from "./host-process.ts";

let it: HostProcess;

beforeAll(async () => {
  it = await startHost();
});
afterAll(async () => {
  await it.stop();
  removeStateDirectories();
});

test("runs an orchestration with activities, through the client binding", async () => {
  const started = await it.start("hello", "t1-h1", { name: "Bob" });
  expect(started.status).toBe(202);
  expect(started.headers.get("location")).toBe(
    `${it.url}/runtime/webhooks/durabletask/instances/t1-h1?taskHub=FixtureHub&connection=Storage`,
  );
  await it.untilIdle();
  expect(await it.status("t1-h1")).toMatchObject({
    runtimeStatus: "Completed",
    output: ["hello Ada", "hello Bob"],
    input: { name: "Bob" },
  });
});

test("hands an activity its input as the worker does: JSON-parsed", async () => {
  await it.start("inputs", "t2-i1");
  await it.untilIdle();
  expect((await it.status("t2-i1")).output).toEqual([
    { type: "object", input: { a: [1] } },
    { type: "string", input: "text" },
    { type: "string", input: "123" }, // the SDK quotes strings first: without that it would become a number
    { type: "number", input: 5 },
    { type: "undefined", input: null },
  ]);
});

test("runs the activities of Task.all and keeps their order", async () => {
  await it.start("parallel", "t3-p1");
  await it.untilIdle();
  expect((await it.status("t3-p1")).output).toEqual(["a", "b", "c"]);
});

test("wakes a waiter with an external event; the cancelled timer keeps nothing open", async () => {
  await it.start("waiter", "t4-w1");
  await it.untilIdle();
  expect(await it.raise("t4-w1", "signal", { from: "test" })).toBe(202);
  await it.untilIdle();
  expect(await it.status("t4-w1")).toMatchObject({ runtimeStatus: "Completed", output: { from: "test" } });
});

test("tells a failed activity to the orchestrator as text", async () => {
  await it.start("catches", "t5-c1");
  await it.start("fails", "t5-f1");
  await it.untilIdle();
  expect((await it.status("t5-c1")).output).toMatch(/^Activity function 'boom' failed:  boom \n .*System\.Exception/);
  expect(await it.status("t5-f1")).toMatchObject({ runtimeStatus: "Failed" });
});

test("runs sub-orchestrations, with their parent's id and version, and hears of their failure", async () => {
  await it.start("parent", "t6-p1", ["Ada", "Bob"]);
  await it.start("parent", "t6-p2", ["Ada", "bad"]);
  await it.untilIdle();
  expect((await it.status("t6-p1")).output).toEqual([
    { said: "hello Ada", parent: "t6-p1", version: "1.0" },
    { said: "hello Bob", parent: "t6-p1", version: "1.0" },
  ]);
  expect((await it.status("t6-p2")).output).toMatch(/^child failed: Orchestrator function 'child' failed: bad child/);
  expect((await it.status("t6-p2-1")).runtimeStatus).toBe("Failed");
});

test("refuses a second start while the first runs, and allows it after", async () => {
  expect((await it.start("waiter", "t7-w1")).status).toBe(202);
  const second = await it.start("waiter", "t7-w1");
  expect(second.status).toBe(409);
  expect(await second.text()).toMatch(
    /unexpected status code: 409.*An Orchestration instance with the status (Pending|Running) already exists/,
  );
  await it.raise("t7-w1", "signal");
  await it.untilIdle();
  expect((await it.status("t7-w1")).runtimeStatus).toBe("Completed");
  expect((await it.start("waiter", "t7-w1")).status).toBe(202);
  await it.untilIdle();
  expect((await it.status("t7-w1")).runtimeStatus).toBe("Running");
});

test("terminates, and does not listen any more", async () => {
  await it.start("waiter", "t8-w1");
  await it.untilIdle();
  await it.client("terminate", "t8-w1", "enough");
  await it.untilIdle();
  expect(await it.status("t8-w1")).toMatchObject({ runtimeStatus: "Terminated", output: "enough" });
  expect(await it.raise("t8-w1", "signal")).toBe(410);
});

test("suspends: what comes meanwhile is kept and done after resuming", async () => {
  await it.start("listens", "t9-w1");
  await it.untilIdle();
  await it.client("suspend", "t9-w1", "hold on");
  await it.untilIdle();
  expect((await it.status("t9-w1")).runtimeStatus).toBe("Suspended");
  await it.raise("t9-w1", "signal", 7);
  await it.untilIdle();
  expect((await it.status("t9-w1")).runtimeStatus).toBe("Suspended");
  await it.client("resume", "t9-w1", "go on");
  await it.untilIdle();
  expect(await it.status("t9-w1")).toMatchObject({ runtimeStatus: "Completed", output: 7 });
});

test("suspended, an instance takes events and comes no further, also across a suspension and its end", async () => {
  await it.start("counts", "t11-c1");
  await it.raise("t11-c1", "signal", "a");
  await it.untilIdle();
  await it.client("suspend", "t11-c1", "hold on");
  await it.raise("t11-c1", "signal", "b");
  await it.untilIdle();
  await it.raise("t11-c1", "signal", "c");
  await it.untilIdle();
  expect(await it.status("t11-c1")).toMatchObject({ runtimeStatus: "Suspended", customStatus: "3: c" });
  await it.client("resume", "t11-c1", "go on");
  await it.untilIdle();
  expect(await it.status("t11-c1")).toMatchObject({ runtimeStatus: "Completed", customStatus: "3: c", output: "done" });
});

test("suspended, an instance can be terminated", async () => {
  await it.start("counts", "t12-c1");
  await it.untilIdle();
  await it.client("suspend", "t12-c1", "hold on");
  await it.raise("t12-c1", "signal", "a");
  await it.client("terminate", "t12-c1", "enough");
  await it.untilIdle();
  expect(await it.status("t12-c1")).toMatchObject({ runtimeStatus: "Terminated", output: "enough" });
});

test("stands still where a function does not exist, and fails where an action is not played", async () => {
  await it.start("unknownActivity", "t10-u1");
  await it.start("http", "t10-u2");
  await it.untilIdle();
  expect(await it.status("t10-u1")).toMatchObject({ runtimeStatus: "Running", output: null });
  expect(it.logs.map(({ message }) => message)).toContainEqual(expect.stringContaining("The function 'nobody' doesn't exist"));
  expect((await it.status("t10-u2")).output).toMatch(/does not run durable action 8/);
});

test("fails an orchestration that goes round without ever waiting", async () => {
  await it.start("spins", "spins");
  await it.untilIdle();
  expect(await it.status("spins")).toMatchObject({ runtimeStatus: "Failed", output: expect.stringContaining("the orchestration spins") });
});
