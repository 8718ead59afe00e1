/** How external events get lost, or don't: what the app must not rely on, and may. */
import { afterAll, afterEach, expect, test } from "vitest";
import { type HostProcess, removeStateDirectories, startHost } from "./host-process.ts";

let host: HostProcess | undefined;

async function run(env: Record<string, string> = {}): Promise<HostProcess> {
  host = await startHost({ env });
  return host;
}

afterEach(async () => {
  await host?.stop();
  host = undefined;
});
afterAll(removeStateDirectories);

test("an event that comes before anybody waits is kept for the first who does", async () => {
  const it = await run();
  await it.start("earlyEvent", "e1");
  await it.gated("e1");
  await it.raise("e1", "signal", "early");
  it.openGate("e1");
  await it.untilIdle();
  expect(await it.status("e1")).toMatchObject({ runtimeStatus: "Completed", output: "early" });
});

test("an event that comes while an activity runs goes to a waiter that lost to its timer, and is lost", async () => {
  const it = await run();
  await it.start("forgottenWaiter", "f1");
  await it.untilIdle();
  it.clock("2026-03-01T00:01:00.000Z");
  await it.gated("f1");
  await it.raise("f1", "signal");
  it.openGate("f1");
  await it.advanceTo("2026-03-01T00:02:00.000Z");
  expect(await it.status("f1")).toMatchObject({ runtimeStatus: "Completed", output: "lost" });
});

test("a task that is done before it is put into Task.any does not end it", async () => {
  const it = await run();
  await it.start("completedInAny", "c1");
  await it.raise("c1", "signal");
  await it.untilIdle();
  expect((await it.status("c1")).runtimeStatus).toBe("Running");
  await it.advanceTo("2026-03-01T00:05:00.000Z");
  expect(await it.status("c1")).toMatchObject({ runtimeStatus: "Completed", output: "2026-03-01T00:05:00.000Z" });
});

test("waiters of one name are served last in, first out", async () => {
  const it = await run();
  await it.start("lastInFirstOut", "l1");
  await it.untilIdle();
  for (const data of ["first", "second", "third"]) await it.raise("l1", "signal", data);
  await it.untilIdle();
  expect((await it.status("l1")).output).toEqual(["third", "second", "first"]);
});

test("continueAsNew drops what nobody waited for, as it does for JavaScript apps", async () => {
  const it = await run();
  await it.start("newGenerationAfterEvent", "n1", { generation: 1 });
  await it.gated("n1");
  await it.raise("n1", "late");
  it.openGate("n1");
  await it.advanceTo("2026-03-01T00:01:00.000Z");
  expect((await it.status("n1")).output).toBe("lost");
});

test("continueAsNew keeps it where preserveUnprocessedEvents is played", async () => {
  const it = await run({ SANDBOX_HOST_PRESERVE_EVENTS: "1" });
  await it.start("newGenerationAfterEvent", "n1", { generation: 1 });
  await it.gated("n1");
  await it.raise("n1", "late");
  it.openGate("n1");
  await it.advanceTo("2026-03-01T00:01:00.000Z");
  expect((await it.status("n1")).output).toBe("kept");
});
