import { expect, test } from "vitest";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, anAccount, NOW, someFacts } from "../../support/builders.ts";
import { after, aSignal, aStep, diagnosisOf, healthy, planOf, turnInput } from "../../support/turns.ts";

const lift = { targetId: ACCOUNT_ID, tag: "keymend:revoked", value: "yes", reason: "a drill", by: "ada", at: NOW };
const tagged = someFacts({ targets: [anAccount({ tags: { "keymend:revoked": "yes" } })] });
const lifted = { ...tagged, lifted: [lift] };
const digest = (value: unknown) => JSON.stringify(value);
const word = aSignal({
  id: "approver-1",
  source: "approver",
  what: "the lift of tag keymend:revoked",
  caller: { objectId: "ada", name: "Ada" },
});

test("what was refused for a tag is judged anew once that is lifted, by the next sweep too", () => {
  const previous = decideTurn(turnInput({ facts: tagged, digest })).incident!;
  expect(previous).toMatchObject({ state: "closed", reason: "RevokedOnPurpose" });
  const sweep = { previous, newId: "i2", now: after(15), digest, signals: [aSignal({ id: "s", source: "sweep" })] };
  expect(decideTurn(turnInput({ ...sweep, facts: tagged })).incident).toBeNull();
  expect(decideTurn(turnInput({ ...sweep, facts: lifted })).next).toMatchObject({ do: "step" });
});

test("the word of a lift is told, though nothing is wrong, and once", () => {
  const input = turnInput({ facts: lifted, signals: [word], plan: planOf(), ...diagnosisOf(healthy()) });
  const { incident } = decideTurn(input);
  expect(incident!.timeline[0]!.what).toBe("told of the lift of tag keymend:revoked (approver, by Ada)");
  expect(decideTurn({ ...input, previous: incident, newId: "i2" }).incident).toBeNull();
});

test("a lift takes back no one's no", () => {
  const first = decideTurn(turnInput({ plan: planOf(aStep({ needs: "approval" })) })).incident!;
  const incident = { ...first, rejected: ["step-1"] };
  const { next } = decideTurn(turnInput({ incident, turn: 1, signals: [word], plan: planOf(aStep({ needs: "approval" })) }));
  expect(next).toMatchObject({ do: "end", outcome: { reason: "Rejected" } });
});
