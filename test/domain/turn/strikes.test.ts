import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AppliedStep, Incident } from "../../../src/domain/incident.ts";
import type { TurnInput } from "../../../src/domain/turn/record.ts";
import { strikesAfter } from "../../../src/domain/turn/strikes.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID } from "../../support/builders.ts";
import { after, applied, aSignal, aStep, planOf, turnInput } from "../../support/turns.ts";

const [entry] = applied({ result: "failed" }).applied!;
const tries = (...results: Partial<AppliedStep>[]): AppliedStep[] => results.map((over) => ({ ...entry!, ...over }));

/** An incident that has ended while this was still called for. */
function ended(over: Partial<Incident>, plan = planOf(aStep())): Incident {
  const { incident } = decideTurn(turnInput({ plan }));
  return { ...incident!, state: "closed", outcome: "Escalated", closedAt: after(1), nextLookAt: after(60), ...over };
}

describe("what was tried in vain in one incident", () => {
  const refused = { result: "refused" as const };
  test.each<[string, Partial<Incident>, Record<string, number>]>([
    ["nothing", {}, {}],
    [
      "what failed, was refused, or did not help",
      { applied: tries({}, { ...refused, detail: "Conflict: x" }, { result: "done" }) },
      { "step-1": 3 },
    ],
    ["not what was not carried out", { applied: tries({ result: "stale" }) }, {}],
    ["not what Keymend was not permitted", { applied: tries({ ...refused, detail: "NotPermitted: x" }) }, {}],
    ["beside what was in vain before", { applied: tries({}), strikes: { "step-1": 1 } }, { "step-1": 2 }],
    ["not what is called for no more: it has helped", { applied: tries({ id: "step-2", result: "done" }), strikes: { "step-2": 2 } }, {}],
    ["what was before, where nobody could look", { applied: tries({}), plan: null, strikes: { "step-1": 2 } }, { "step-1": 2 }],
    ["not what an operator has asked anew since", { applied: tries({}), progress: { ...ended({}).progress, askedAnewAt: after(30) } }, {}],
  ])("is %s", (_, over, strikes) => {
    expect(strikesAfter(ended(over))).toEqual(strikes);
  });

  test("is nothing that somebody wants on purpose, however often", () => {
    const wanted = { ...aStep(), wish: "w1" };
    expect(strikesAfter(ended({ applied: tries({}, {}) }, planOf(wanted)))).toEqual({});
  });

  test("counts in the next one, which says so and what lifts it", () => {
    const previous = ended({ applied: tries({}, {}) });
    const { incident } = decideTurn(turnInput({ previous, newId: "i2", now: after(61) }));
    expect(incident).toMatchObject({ strikes: { "step-1": 2 } });
    const again = decideTurn(turnInput({ incident: { ...incident!, applied: tries({ at: after(61) }) }, now: after(90) }));
    expect(again.incident).toMatchObject({
      outcome: "Refused",
      reason: "Stopped",
      detail: "EnableKeyVersion on kv-orders/cmk was tried 3 times and did not help; POST /api/heal tries it again",
    });
  });

  test("counts no more after a success", () => {
    const previous = ended({ applied: tries({}, {}, {}), outcome: "Healed", nextLookAt: null });
    expect(decideTurn(turnInput({ previous, newId: "i2", now: after(61) })).next).toMatchObject({ do: "step" });
  });
});

type Happens = { result: AppliedStep["result"]; hours: number; asked: boolean };

/** A vault whose trouble nothing ends, over many incidents: the writes of each run between two requests of a person. */
function writesBetweenRequests(all: readonly Happens[]): number[] {
  const runs = [0];
  let incident: Incident | null = null;
  let previous: Incident | null = null;
  let minutes = 0;
  for (const [turn, { result, hours, asked }] of all.entries()) {
    minutes += hours * 60;
    const signals: TurnInput["signals"] = [aSignal({ id: `e${turn}`, at: after(minutes), source: asked ? "operator" : "event" })];
    if (asked) runs.push(0);
    const decided = decideTurn(turnInput({ turn, incident, previous, newId: `i${turn}`, now: after(minutes), signals }));
    incident = decided.incident;
    if (decided.next.do === "step") {
      runs[runs.length - 1]! += 1;
      const done = tries({ result, at: after(minutes), detail: "Conflict: x", targetIds: [ACCOUNT_ID] });
      incident = { ...incident!, applied: [...incident!.applied, ...done] };
    } else if (decided.next.do === "end") {
      previous = incident ?? previous;
      incident = null;
    }
  }
  return runs;
}

test("however many incidents one trouble makes, no step is written more than three times between two requests of a person", () => {
  const happens = fc.record<Happens>({
    result: fc.constantFrom<AppliedStep["result"]>("done", "failed", "refused"),
    hours: fc.integer({ min: 1, max: 40 }),
    asked: fc.boolean(),
  });
  const rarely = fc.array(
    fc.tuple(happens, fc.integer({ min: 0, max: 9 })).map(([one, n]) => ({ ...one, asked: one.asked && n === 0 })),
    { minLength: 10, maxLength: 60 },
  );
  let most = 0;
  fc.assert(
    fc.property(rarely, (all) => {
      const runs = writesBetweenRequests(all);
      most = Math.max(most, ...runs);
      expect(Math.max(...runs)).toBeLessThanOrEqual(3);
    }),
  );
  expect(most).toBe(3);
});
