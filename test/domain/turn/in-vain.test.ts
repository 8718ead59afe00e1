import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AppliedStep, Incident } from "../../../src/domain/incident.ts";
import type { TurnInput } from "../../../src/domain/turn/record.ts";
import { inVainAtEnd } from "../../../src/domain/turn/in-vain.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID } from "../../support/builders.ts";
import { aBlock, after, applied, aSignal, aStep, blocked, diagnosisOf, finding, planOf, seen, turnInput } from "../../support/turns.ts";

const [entry] = applied({ result: "failed" }).applied!;
const tries = (...results: Partial<AppliedStep>[]): AppliedStep[] => results.map((over) => ({ ...entry!, id: "a", ...over }));
const plan = planOf(aStep({ id: "a" }));

const opened = decideTurn(turnInput({})).incident!;
const refused = { result: "refused" as const };

describe("what was tried in vain by the end of an incident", () => {
  test.each<[string, Partial<Incident>, Record<string, number>]>([
    ["nothing", {}, {}],
    [
      "what failed, was refused, or did not help",
      { applied: tries({}, { ...refused, detail: "Conflict: x" }, { result: "done" }) },
      { a: 3 },
    ],
    ["not what was not carried out", { applied: tries({ result: "stale" }) }, {}],
    ["not what Keymend was not permitted", { applied: tries({ ...refused, detail: "NotPermitted: x" }) }, {}],
    ["beside what was in vain before", { applied: tries({}), inVain: { a: 1 } }, { a: 2 }],
    ["not what is called for no more: it has helped", { applied: tries({ id: "c", result: "done" }), inVain: { c: 2 } }, {}],
    ["not what an operator has asked anew since", { applied: tries({}), progress: { ...opened.progress, askedAnewAt: after(30) } }, {}],
    ["nothing that somebody wants on purpose, however often", { applied: tries({ id: "b" }, { id: "b" }) }, {}],
  ])("is %s", (_, over, inVain) => {
    expect(inVainAtEnd({ ...opened, ...over }, [{ id: "a" }, { id: "b", wish: "w1" }])).toEqual(inVain);
  });
});

describe("the incident after one that", () => {
  const two = tries({ ...refused, detail: "Conflict: x" }, { ...refused, detail: "Conflict: x" });
  const next = (incident: Incident, over: Partial<TurnInput> = {}) => {
    const previous = decideTurn(turnInput({ plan, incident, now: after(1), ...over })).incident!;
    expect(previous.state).toBe("closed");
    return decideTurn(turnInput({ plan, previous, newId: "i2", now: after(61) }));
  };

  test("ended with a step tried in vain counts on, and says what lifts it", () => {
    const { incident } = next({ ...opened, applied: two });
    expect(incident).toMatchObject({ id: "i2", inVain: { a: 2 } });
    const again = decideTurn(turnInput({ plan, incident: { ...incident!, applied: tries({ at: after(61) }) }, now: after(90) }));
    expect(again.incident).toMatchObject({
      outcome: "Refused",
      reason: "Stopped",
      detail: "EnableKeyVersion on kv-orders/cmk was tried 3 times and did not help; POST /api/heal tries it again",
    });
  });

  test("ended otherwise, its step no more called for, counts nothing", () => {
    const elsewhere = {
      plan: blocked(aBlock({ kind: "escalate", cause: "KeyUnfit" })),
      ...diagnosisOf(seen({ findings: [finding("KeyUnfit")] })),
    };
    expect(next({ ...opened, applied: two }, elsewhere).incident).toMatchObject({ inVain: {} });
  });

  test("was kept by an earlier version counts nothing", () => {
    const { inVain: _, ...previous } = decideTurn(turnInput({ plan, incident: { ...opened, applied: two }, now: after(1) })).incident!;
    expect(decideTurn(turnInput({ plan, previous, newId: "i2", now: after(61) })).incident).toMatchObject({ inVain: {} });
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
    const decided = decideTurn(turnInput({ plan, turn, incident, previous, newId: `i${turn}`, now: after(minutes), signals }));
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
