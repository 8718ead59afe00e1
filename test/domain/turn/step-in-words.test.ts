import { expect, test } from "vitest";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { someSettings } from "../../support/builders.ts";
import { after, applied, aStep, planOf, turnInput, turns } from "../../support/turns.ts";

const step = { ...aStep(), about: "keys to keymend" };
const asked = { ...step, needs: "approval" as const };
const IN_SHORT = "EnableKeyVersion on kv-orders/cmk, for keys to keymend";

test.each([
  ["its effect", () => turns({ plan: planOf(step) }, { plan: planOf(step), now: after(1), change: applied() }).next],
  ["a second look", () => decideTurn(turnInput({ plan: planOf(step), settings: someSettings({ settleMs: 60_000 }) })).next],
  ["a person", () => decideTurn(turnInput({ plan: planOf(asked) })).next],
])("where %s is waited for, the sentence says what the step is about", (_, next) => {
  expect(next()).toMatchObject({ do: "wait", why: expect.stringMatching(`^${IN_SHORT} `) });
});

test.each([
  ["nobody decided", turns({ plan: planOf(asked) }, { plan: planOf(asked), now: after(25 * 60) })],
  [
    "three tries did not help",
    turns(
      { plan: planOf(step) },
      {
        plan: planOf(step),
        now: after(60),
        change: { applied: Array.from({ length: 3 }, () => applied({ result: "failed" }).applied![0]!) },
      },
    ),
  ],
])("where %s, the ending says what the step was about", (_, { next }) => {
  expect(next).toMatchObject({ do: "end", outcome: { detail: expect.stringContaining(IN_SHORT) } });
});
