import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import { questionsOf } from "../../../src/domain/turn/log-questions.ts";
import type { TurnInput } from "../../../src/domain/turn/record.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { aBaseline, someFacts, someSettings } from "../../support/builders.ts";
import { after, aSignal, aStep, diagnosisOf, finding, planOf, seen, turnInput } from "../../support/turns.ts";

const settings = someSettings({ privilegedCallers: ["boss"], logWorkspace: "w1" });
const facts = someFacts({ baseline: aBaseline({ at: after(-15) }) });
const sweep = aSignal({ id: "s1", source: "sweep", what: "sweep" });

const look = (cause: CauseCode, over: Partial<TurnInput> = {}): TurnInput =>
  turnInput({
    settings,
    facts,
    signals: [sweep],
    plan: planOf(aStep({ causes: [cause] })),
    ...diagnosisOf(seen({ findings: [finding(cause)] })),
    ...over,
  });

const first = decideTurn(look("AccessMissing")).incident;
const kinds = (input: TurnInput): string[] => Object.entries(questionsOf(input)).flatMap(([log, question]) => (question ? [log] : []));

describe("before the turn is decided", () => {
  test.each<[CauseCode, string[]]>([
    ["AccessMissing", ["activity"]],
    ["KeyDisabled", ["keys"]],
    ["VaultUnreachable", []],
  ])("%s is asked of the log that can know it: %j", (cause, logs) => {
    const { incident } = decideTurn(look(cause));
    expect(kinds(look(cause, { incident, turn: 1, now: after(20), signals: [] }))).toEqual(logs);
  });

  test("nothing is asked about what this very look opens an incident for", () => {
    expect(kinds(look("AccessMissing"))).toEqual([]);
  });

  test("nothing is asked where an event that this look has heard names the author", () => {
    const event = aSignal({ id: "e9", at: after(-1), caller: { objectId: "ada", name: null } });
    expect(kinds(look("AccessMissing", { incident: first, turn: 1, now: after(20), signals: [event] }))).toEqual([]);
  });

  test("nothing is asked about a loss that this look sees first, however old the incident", () => {
    expect(kinds(look("KeyDisabled", { incident: first, turn: 1, now: after(20), signals: [] }))).toEqual([]);
  });

  test("the questions are those that the turn leaves open where they are not answered", () => {
    const inputs = fc.record({
      before: fc.constantFrom<CauseCode>("AccessMissing", "KeyDisabled", "VaultUnreachable"),
      cause: fc.constantFrom<CauseCode>("AccessMissing", "KeyDisabled", "VaultUnreachable"),
      isOpen: fc.boolean(),
      minutes: fc.integer({ min: 0, max: 60 }),
      by: fc.constantFrom(null, "ada", "boss"),
    });
    fc.assert(
      fc.property(inputs, ({ before, cause, isOpen, minutes, by }) => {
        const incident = isOpen ? decideTurn(look(before)).incident : null;
        const signals = [aSignal({ id: "e9", at: after(minutes), caller: by === null ? null : { objectId: by, name: null } })];
        const input = look(cause, { incident, turn: 1, now: after(minutes), signals });
        expect(questionsOf(input)).toEqual(questionsOf({ ...input, incident: decideTurn(input).incident, signals: [] }));
      }),
    );
  });
});
