import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Canary,
  followCanary,
  overdueSince,
  seenAllAt,
  stuckBefore,
  type SweepRecord,
  withRound,
  withSweep,
} from "../../../src/domain/turn/sweep-record.ts";
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
  expect(withSweep({ sweeps: [after(5)], doubtSince: after(8) }, after(7)).doubtSince).toBe(after(7));
  const round = (at: number) => ({ at: after(at), vaults: 2, late: 0 });
  expect(withSweep({ ...swept(5), rounds: [round(5), round(7), round(8)] }, after(7)).rounds).toEqual([round(5), round(7)]);
  const canary = (at: number) => ({ patientId: "p", sentAt: after(at), arrivedAt: null });
  expect([7, 8].map((at) => withSweep({ ...swept(5), canary: canary(at) }, after(7)).canary)).toEqual([canary(7), null]);
  expect(withSweep(null, toIso(0))).toEqual({ sweeps: [toIso(0)], doubtSince: null });
});

test("of rounds an hour is kept, each once, and the last one however old it is", () => {
  const rounds = every(5, 0, 120).reduce((record, at) => withRound(record, { at: after(at), vaults: 2, late: 0 }), swept(0)).rounds!;
  expect(rounds.map(({ at }) => at)).toEqual(every(5, 65, 120).map((at) => after(at)));
  const again = withRound({ ...swept(0), rounds }, { at: after(120), vaults: 3, late: 1 }).rounds!;
  expect([again.length, again.at(-1)]).toEqual([12, { at: after(120), vaults: 3, late: 1 }]);
  expect(withSweep({ ...swept(0), rounds }, after(900)).rounds).toEqual(rounds);
});

test("that all were seen is told by the last round that left nobody out", () => {
  const round = (at: number, late: number) => ({ at: after(at), vaults: 2, late });
  expect(seenAllAt(swept(0))).toBe(null);
  expect(seenAllAt({ ...swept(0), rounds: [round(0, 1)] })).toBe(null);
  expect(seenAllAt({ ...swept(0), rounds: [round(0, 0), round(5, 0), round(10, 1)] })).toBe(after(5));
});

test.each<[string, number[], number, number | null]>([
  ["on time", [0, 5, 10], 15, null],
  ["late", [0, 5, 10], 21, null],
  ["left out", [0, 5, 10], 22, 10],
  ["left out after the clock was set back", [0, 5, 10, 1000], 22, 10],
  ["all by a clock that was ahead", [1000], 22, null],
])("a sweep is overdue: %s", (_, minutes, now, since) => {
  expect(overdueSince(swept(...minutes), 5 * MINUTE, after(now))).toBe(since === null ? null : after(since));
});

test("where nothing is remembered nothing is overdue", () => {
  expect(overdueSince({ sweeps: [], doubtSince: null }, MINUTE, NOW)).toBeNull();
});

const sent = (minute: number, arrived: number | null = null, patientId = "a"): Canary => ({
  patientId,
  sentAt: after(minute),
  arrivedAt: arrived === null ? null : after(arrived),
});
const seen = { now: NOW, isTold: (): boolean | undefined => true, isKnown: () => true, looked: ["b", "c"] };

test.each<[string, Canary | null | undefined, Partial<typeof seen>, Canary | null]>([
  ["the first look is followed", undefined, {}, sent(0, null, "b")],
  ["no look, none", null, { looked: [] }, null],
  ["while its signal waits it is under way", sent(-20), {}, sent(-20)],
  ["its signal is gone: it has arrived", sent(-20), { isTold: () => false }, sent(-20, 0)],
  ["it can't be told now", sent(-20), { isTold: () => undefined }, sent(-20)],
  ["whom it went to is no more: another", sent(-20), { isKnown: () => false }, sent(0, null, "b")],
  ["... or none", sent(-20), { isKnown: () => false, looked: [] }, null],
  ["it has arrived within the hour", sent(-59, -54), {}, sent(-59, -54)],
  ["it has arrived, and an hour has passed", sent(-60, -55), {}, sent(0, null, "b")],
  ["... and there is no look to follow", sent(-90, -85), { looked: [] }, sent(-90, -85)],
])("one look an hour is followed to its record: %s", (_, canary, over, next) => {
  expect(followCanary(canary, { ...seen, ...over })).toEqual(next);
});
