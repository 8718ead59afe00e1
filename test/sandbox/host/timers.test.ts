import { afterAll, afterEach, expect, test } from "vitest";
import { nextOccurrence } from "../../../sandbox/host/timers.ts";
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

const every5 = { TICK_SCHEDULE: "0 */5 * * * *" };

test("fires at its occurrences by virtual time, and says what is next", async () => {
  const it = await run({ env: every5 });
  expect(await it.untilIdle()).toBe(Date.parse("2026-03-01T00:05:00.000Z"));
  expect(it.events("tick")).toHaveLength(0);
  await it.advanceTo("2026-03-01T00:15:00.000Z");
  expect(it.events("tick")).toHaveLength(3);
});

test("gives the function its timer with camel-cased names", async () => {
  const it = await run({ env: every5 });
  await it.advanceTo("2026-03-01T00:10:00.000Z");
  expect(it.events("tick")[1]).toEqual({
    event: "tick",
    timer: {
      schedule: { adjustForDST: true },
      scheduleStatus: { last: "2026-03-01T00:05:00.000Z", next: "2026-03-01T00:10:00.000Z", lastUpdated: "2026-03-01T00:05:00.000Z" },
      isPastDue: false,
    },
  });
});

test("runs once, late, for all the occurrences that the clock jumped over", async () => {
  const it = await run({ env: every5 });
  await it.untilIdle();
  it.clock("2026-03-01T12:02:00.000Z");
  expect(await it.untilIdle()).toBe(Date.parse("2026-03-01T12:05:00.000Z"));
  expect(it.events("tick")).toMatchObject([{ timer: { isPastDue: true } }]);
});

test("runs late after the host was down at its time", async () => {
  const directory = stateDirectory();
  const first = await run({ env: every5, directory });
  await first.untilIdle();
  await first.kill();
  const second = await run({ env: every5, directory, now: "2026-03-01T00:12:00.000Z" });
  await second.untilIdle();
  expect(second.events("tick")).toMatchObject([{ timer: { isPastDue: true } }]);
});

test("runs when an operator says so", async () => {
  const it = await run({ env: every5 });
  const response = await fetch(`${it.url}/admin/functions/tick`, { method: "POST", body: "{}" });
  expect(response.status).toBe(202);
  await it.untilIdle();
  expect(it.events("tick")).toHaveLength(1);
});

test.each([
  ["0 */5 * * * *", "2026-03-01T00:05:00.000Z"],
  ["*/5 * * * *", "2026-03-01T00:05:00.000Z"],
  ["0 30 3 * * *", "2026-03-01T03:30:00.000Z"],
  ["0 0 0 * * 1", "2026-03-02T00:00:00.000Z"],
  ["*/10 * * * * *", "2026-03-01T00:00:10.000Z"],
])("reads %s", (expression, next) => {
  expect(new Date(nextOccurrence(expression, Date.parse("2026-03-01T00:00:00.000Z"))).toISOString()).toBe(next);
});

test.each(["00:05:00", "nonsense", "0 0 0 1 * 1"])("refuses %s", (expression) => {
  expect(() => nextOccurrence(expression, 0)).toThrow();
});

test("does not start with a schedule whose setting is missing", async () => {
  await expect(run({ env: { TICK_SCHEDULE: "%NOT_THERE%" } })).rejects.toThrow();
});

test("one that stands still never fires by itself", async () => {
  const it = await run({ env: { ...every5, SANDBOX_HOST_FROZEN_TIMERS: "tick" } });
  await it.advanceTo("2026-03-01T00:15:00.000Z");
  expect(it.events("tick")).toHaveLength(0);
});
