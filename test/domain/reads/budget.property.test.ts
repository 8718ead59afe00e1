/** What holds of a budget whoever asks for what, in whatever order. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { admit, type Budget, fullBudget, hear, URGENCIES, release, take } from "../../../src/domain/reads/budget.ts";

const READS = { size: 250, perSecond: 25 };

const acts = fc.array(
  fc.record({
    act: fc.constantFrom("admit" as const, "take" as const, "release" as const, "hear" as const),
    urgency: fc.constantFrom(...URGENCIES),
    key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    cost: fc.integer({ min: 1, max: 400 }),
    afterMs: fc.constantFrom(0, 0, 0, 10, 400, 3000),
  }),
  { maxLength: 400 },
);

type Act = { act: "admit" | "take" | "release" | "hear"; urgency: (typeof URGENCIES)[number]; key: string; cost: number; afterMs: number };

/** Plays them; tells of each when it was and how long it must wait. */
function play(list: readonly Act[], see: (act: Act, now: number, waitMs: number) => void = () => undefined): Budget {
  let now = 0;
  let budget = fullBudget(READS, now);
  for (const act of list) {
    now += act.afterMs;
    const before = budget;
    let waitMs = 0;
    if (act.act === "admit") ({ budget, waitMs } = admit(before, READS, act, now));
    else if (act.act === "take") ({ budget, waitMs } = take(before, READS, act, now));
    else if (act.act === "release") budget = release(before, act.key);
    else budget = hear(before, READS, { remaining: act.cost, closedForMs: null }, now);
    see(act, now, waitMs);
  }
  return budget;
}

test("never is more taken than Azure's own bucket holds, so nobody is refused who asks alone", () => {
  fc.assert(
    fc.property(acts, (list) => {
      let azure = READS.size;
      let seen = 0;
      play(list, ({ act }, now, waitMs) => {
        azure = Math.min(READS.size, azure + ((now - seen) / 1000) * READS.perSecond);
        seen = now;
        if (act !== "take" || waitMs > 0) return;
        azure -= 1;
        expect(azure).toBeGreaterThan(-0.001);
      });
    }),
  );
});

test("what is less urgent leaves its share: a repair of a fifth of the bucket begins at once, whatever else was asked", () => {
  fc.assert(
    fc.property(acts, (list) => {
      const others = list.filter(({ act, urgency }) => urgency !== "repair" && act !== "hear");
      const after = play(others);
      const now = after.at;
      expect(admit(after, READS, { key: "repair", urgency: "repair", cost: 50 }, now).waitMs).toBe(0);
    }),
  );
});

test("asking is free: whoever asks again at once waits no longer than before", () => {
  fc.assert(
    fc.property(acts, fc.constantFrom(...URGENCIES), fc.integer({ min: 1, max: 400 }), (list, urgency, cost) => {
      const after = play(list);
      const first = admit(after, READS, { key: "x", urgency, cost }, after.at);
      if (first.waitMs === 0) return;
      const second = admit(first.budget, READS, { key: "x", urgency, cost }, after.at);
      expect(second.waitMs).toBe(first.waitMs);
    }),
  );
});

test("everybody's turn comes, in the time that the bucket takes to fill for all", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 125 }), { minLength: 1, maxLength: 80 }), (costs) => {
      let budget = fullBudget(READS, 0);
      const due = costs.map((cost, i) => ({ key: String(i), cost, at: 0 }));
      let last = 0;
      while (due.length > 0) {
        due.sort((a, b) => a.at - b.at);
        const next = due.shift()!;
        last = next.at;
        const answer = admit(budget, READS, { key: next.key, urgency: "screening", cost: next.cost }, next.at);
        ({ budget } = answer);
        if (answer.waitMs > 0) due.push({ ...next, at: next.at + answer.waitMs });
        else {
          for (let n = 0; n < next.cost; n += 1) {
            const taken = take(budget, READS, { key: next.key, urgency: "screening" }, next.at);
            expect(taken.waitMs).toBe(0);
            ({ budget } = taken);
          }
          budget = release(budget, next.key);
        }
      }
      const all = costs.reduce((sum, cost) => sum + cost, 0);
      // What is over when one comes for its turn a little late is not made up for: a second each, at most.
      expect(last).toBeLessThanOrEqual((all / READS.perSecond) * 1000 + 3000);
    }),
  );
});
