import { describe, expect, test } from "vitest";
import { admit, type Budget, fullBudget, hear, type Urgency, release, take } from "../../../src/domain/reads/budget.ts";

/** Azure Resource Manager's reads (Microsoft Learn, "Understand how Azure Resource Manager throttles requests"). */
const READS = { size: 250, perSecond: 25 };
const NOW = 1_000_000;
const full = (): Budget => fullBudget(READS, NOW);
const withLeft = (left: number): Budget => ({ ...full(), left });

describe("admit", () => {
  test.each<{ urgency: Urgency; left: number; cost: number; waitMs: number }>([
    { urgency: "screening", left: 250, cost: 20, waitMs: 0 },
    { urgency: "screening", left: 145, cost: 20, waitMs: 0 },
    { urgency: "screening", left: 120, cost: 20, waitMs: 1000 },
    { urgency: "screening", left: 0, cost: 20, waitMs: 5800 },
    { urgency: "event", left: 70, cost: 20, waitMs: 0 },
    { urgency: "event", left: 20, cost: 20, waitMs: 2000 },
    { urgency: "repair", left: 20, cost: 20, waitMs: 0 },
    { urgency: "repair", left: 19.9, cost: 20, waitMs: 1000 },
  ])("$urgency that costs $cost with $left left waits $waitMs ms", ({ urgency, left, cost, waitMs }) => {
    expect(admit(withLeft(left), READS, { key: "a", urgency, cost }, NOW).waitMs).toBe(waitMs);
  });

  test("what costs more than its urgency may ever have is let in with as much as that", () => {
    expect(admit(full(), READS, { key: "a", urgency: "screening", cost: 900 }, NOW)).toMatchObject({
      waitMs: 0,
      budget: { underWay: [{ key: "a", cost: 125 }] },
    });
  });

  test("those who wait come one after the other, each at its own time, however often it asks", () => {
    let budget = withLeft(125);
    const ask = (key: string, at = NOW): number => {
      const answer = admit(budget, READS, { key, urgency: "screening", cost: 25 }, at);
      ({ budget } = answer);
      return answer.waitMs;
    };
    expect([ask("a"), ask("b"), ask("c")]).toEqual([1000, 2000, 3000]);
    expect([ask("b"), ask("a"), ask("c")]).toEqual([2000, 1000, 3000]);
    expect(ask("a", NOW + 1000)).toBe(0);
    expect(ask("c", NOW + 1000)).toBe(2000);
  });

  test("the more urgent passes by; who becomes more urgent does too", () => {
    let { budget } = admit(withLeft(125), READS, { key: "a", urgency: "screening", cost: 25 }, NOW);
    const repair = admit(budget, READS, { key: "r", urgency: "repair", cost: 25 }, NOW);
    expect(repair.waitMs).toBe(0);
    ({ budget } = repair);
    expect(admit(budget, READS, { key: "a", urgency: "event", cost: 25 }, NOW)).toMatchObject({ waitMs: 0, budget: { booked: [] } });
  });

  test("who does not come for its turn leaves it to the others", () => {
    const { budget } = admit(withLeft(0), READS, { key: "a", urgency: "repair", cost: 250 }, NOW);
    expect(admit(budget, READS, { key: "b", urgency: "screening", cost: 25 }, NOW + 20_000).waitMs).toBeGreaterThan(0);
    expect(admit(budget, READS, { key: "b", urgency: "screening", cost: 25 }, NOW + 71_000).waitMs).toBe(0);
  });

  test("nobody is let in while Azure has closed it", () => {
    const budget = hear(full(), READS, { remaining: null, closedForMs: 30_000 }, NOW);
    expect(admit(budget, READS, { key: "a", urgency: "repair", cost: 1 }, NOW + 10_000).waitMs).toBe(20_000);
    expect(take(budget, READS, { key: null, urgency: "repair" }, NOW + 10_000).waitMs).toBe(20_000);
    expect(admit(budget, READS, { key: "a", urgency: "repair", cost: 1 }, NOW + 30_000).waitMs).toBe(0);
  });
});

describe("take", () => {
  test("a look under way keeps what was set aside for it; the more urgent need not care", () => {
    let { budget } = admit(withLeft(150), READS, { key: "a", urgency: "screening", cost: 20 }, NOW);
    budget = { ...budget, left: 145 };
    expect(take(budget, READS, { key: null, urgency: "screening" }, NOW).waitMs).toBe(1000);
    expect(take(budget, READS, { key: null, urgency: "repair" }, NOW)).toMatchObject({ waitMs: 0, budget: { left: 144 } });
    expect(take(budget, READS, { key: "a", urgency: "screening" }, NOW)).toMatchObject({ waitMs: 0, budget: { underWay: [{ cost: 19 }] } });
    expect(take(release(budget, "a"), READS, { key: null, urgency: "screening" }, NOW).waitMs).toBe(0);
  });

  test("a look that needs more than was set aside goes on while there is any", () => {
    const { budget } = admit(full(), READS, { key: "a", urgency: "event", cost: 1 }, NOW);
    const once = take(budget, READS, { key: "a", urgency: "event" }, NOW).budget;
    expect(take(once, READS, { key: "a", urgency: "event" }, NOW)).toMatchObject({
      waitMs: 0,
      budget: { left: 248, underWay: [{ cost: 0 }] },
    });
  });

  test("a clock that was set back fills nothing", () => {
    expect(take(withLeft(0), READS, { key: null, urgency: "repair" }, NOW - 60_000).waitMs).toBe(1000);
  });
});

describe("hear", () => {
  test.each([
    { left: 200, remaining: 100, is: 100 },
    { left: 100, remaining: 11_999, is: 100 },
    { left: 100, remaining: null, is: 100 },
    { left: 100, remaining: -3, is: 0 },
  ])("with $left thought and $remaining told there are $is", ({ left, remaining, is }) => {
    expect(hear(withLeft(left), READS, { remaining, closedForMs: null }, NOW).left).toBe(is);
  });
});
