import { expect, test } from "vitest";
import type { SweepRecord } from "../../src/domain/turn/sweep-record.ts";
import { createOverdueSweep } from "../../src/functions/overdue-sweep.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";
import { after } from "../support/turns.ts";
import { fakeClient } from "./support.ts";

/** The process begins at minute 0; minutes are those at which something comes. */
async function comeAt(minutes: readonly number[], record: SweepRecord | null, sweep = async (): Promise<void> => undefined) {
  const log = fakeLog();
  let [now, reads] = [after(0), 0];
  const ran: string[] = [];
  const told: (SweepRecord | null)[] = [];
  const overdue = createOverdueSweep({
    loadRecord: async () => ((reads += 1), record),
    told: (read) => void told.push(read),
    sweep: async () => {
      ran.push(now);
      await sweep();
    },
    periodMs: 5 * 60_000,
    now: () => new Date(now),
  });
  for (const minute of minutes) {
    now = after(minute);
    await overdue(fakeClient().client, log);
  }
  return { ran, lines: log.lines, reads, told };
}

const swept = (...minutes: number[]): SweepRecord => ({ sweeps: minutes.map((at) => after(at)), doubtSince: null });

test.each<[string, number[], SweepRecord | null, number[]]>([
  ["whatever comes next runs it", [3], swept(-20, -15, -10), [3]],
  ["while the timer runs nobody else does", [1, 2, 3], swept(-10, -5, 0), []],
  ["a process that has just begun leaves it to its timer", [0, 0.5], swept(-80, -75), []],
  ["of no sweep at all: as long as the process is there", [9, 10, 12], null, [12]],
])("%s", async (_, minutes, record, ran) => {
  expect((await comeAt(minutes, record)).ran).toEqual(ran.map((at) => after(at)));
});

test("whoever plots its age hears of the record each time that it is read", async () => {
  const record = swept(-10, -5, 0);
  const { told, reads } = await comeAt([2, 4], record);
  expect(told).toEqual(Array.from({ length: reads }, () => record));
  expect(reads).toBe(2);
});

test("it is told, as a timer that stands still is for a person to look at", async () => {
  const { lines } = await comeAt([3], swept(-20, -15, -10));
  expect(lines).toMatchObject([{ level: "warn", event: "sweepOverdue", fields: { since: after(-10) } }]);
});

test("storage is asked once a minute at most, whatever comes", async () => {
  expect((await comeAt([1, 1.1, 1.5, 1.9, 2, 2.5], swept(-5, 0))).reads).toBe(2);
});

test("nor does it wait until a clock that was set back has come to where it was", async () => {
  expect((await comeAt([60, 3], swept(-5, 0))).reads).toBe(2);
});

test("that it fails is told, and fails nothing that came", async () => {
  const { lines } = await comeAt([3], swept(-20, -15), throwing(transient()));
  expect(lines.at(-1)).toMatchObject({ level: "error", event: "overdueSweepFailed", fields: { text: expect.stringContaining("busy") } });
  const text = await comeAt([3], swept(-20, -15), () => Promise.reject("a text")); // oxlint-disable-line typescript/prefer-promise-reject-errors
  expect(text.lines.at(-1)).toMatchObject({ fields: { text: "a text" } });
});
