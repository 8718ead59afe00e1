import fc from "fast-check";
import { expect, test } from "vitest";
import { stuckBefore, type SweepRecord, withSweep } from "../../../src/domain/turn/sweep-record.ts";
import { HOUR, MINUTE, toIso, toMs } from "../../../src/domain/time.ts";
import { NOW } from "../../support/builders.ts";
import { after } from "../../support/turns.ts";

/** Sweeps at these minutes. */
const swept = (...minutes: number[]): SweepRecord =>
  minutes.reduce<SweepRecord | null>((record, at) => withSweep(record, after(at)), null)!;
const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

test.each<[string, number[], number | null]>([
  ["the app has just begun", [0], null],
  ["it is there for less than an hour", every(5, 0, 55), null],
  ["it is there for an hour", every(5, 0, 60), 0],
  ["it is there for long", every(5, 0, 600), 540],
  ["it comes back after ten hours", [...every(5, 0, 120), 720], 75],
  ["it came back a while ago: that time counts once more", [...every(5, 0, 120), ...every(5, 720, 760)], 115],
  ["it came back an hour ago", [...every(5, 0, 120), ...every(5, 720, 780)], 720],
  ["sweeps are rare: a quarter of an hour of each counts", [0, 120, 240, 360, 480], 0],
  ["it is started again and again and never there for long", [0, 120, 240], null],
])("what is stuck is told by when the app was there: %s", (_, minutes, since) => {
  expect(stuckBefore(swept(...minutes))).toBe(since === null ? null : after(since));
});

test("an instance that the app could have moved within the last hour that it was there is never called stuck", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 24 * 60 }), { minLength: 1, maxLength: 60 }), (gaps) => {
      const minutes = gaps.reduce<number[]>((all, gap) => [...all, all.at(-1)! + gap], [0]);
      const since = stuckBefore(swept(...minutes));
      if (since === null) return;
      const there = minutes.filter((at) => toMs(after(at)) >= toMs(since)).slice(1);
      const counted = there.reduce((sum, at, i) => sum + Math.min(at - (there[i - 1] ?? (toMs(since) - toMs(NOW)) / MINUTE), 15), 0);
      expect(counted * MINUTE).toBeGreaterThanOrEqual(HOUR);
    }),
  );
});

test("keeps no more than it looks at, and what the clock has set back counts no more", () => {
  expect(swept(...every(1, 0, 1000)).sweeps).toHaveLength(61);
  expect(withSweep({ sweeps: [after(5), after(10)], doubtSince: after(5) }, after(7))).toEqual({
    sweeps: [after(5), after(7)],
    doubtSince: after(5),
  });
  expect(withSweep(null, toIso(0))).toEqual({ sweeps: [toIso(0)], doubtSince: null });
});
