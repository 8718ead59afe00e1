/** What came of an own write is put back; what may be somebody else's never is. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Facts, KeyVersionFacts } from "../../../src/domain/facts.ts";
import { type AppliedStep, openIncident } from "../../../src/domain/incident.ts";
import { historyOf, plan } from "../../../src/domain/plan/plan.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { completeStep, stepSpecs, takenBackBy } from "../../../src/domain/steps/index.ts";
import type { Step, StepDraft, StepName } from "../../../src/domain/steps/step.ts";
import { undoOf, undosIn } from "../../../src/domain/steps/undo.ts";
import { rememberBefore } from "../../../src/domain/turn/answers.ts";
import { ACCOUNT_ID, aKey, aVersion, KEY_URI, NOW, someFacts, someSettings, V1 } from "../../support/builders.ts";
import { draft, PAST, SAMPLES } from "../../support/steps.ts";
import { after, PATIENT } from "../../support/turns.ts";

const OURS = "2026-11-02T10:00:30.000Z";
const THEIRS = "2026-11-02T10:00:31.000Z";
const MANGLED = "1905-03-02T00:00:00.000Z";
const ASKED = SAMPLES.ExtendKeyExpiry.expiresOn;

const stepOf = (name: StepName): Step =>
  completeStep(draft(name) as StepDraft, { causes: ["KeyExpired"], targetIds: [ACCOUNT_ID], needs: "nothing", ready: true });
/** Undefined: not told. */
type Shown = { [K in keyof KeyVersionFacts]?: KeyVersionFacts[K] | undefined };
type Last = { changedOn?: undefined; result?: AppliedStep["result"]; at?: string };

const version = (over: Shown): Facts =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a value that is not told is not there
  someFacts({ keys: [aKey([aVersion(V1, { updatedOn: OURS, ...over } as Partial<KeyVersionFacts>)])] });
const ended = (step: Step, over: Last = {}): AppliedStep => {
  const { id, name, on, targetIds } = step;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  return { id, name, on, targetIds, at: after(1), result: "done", detail: "", changedOn: OURS, ...over } as AppliedStep;
};

type Row = [what: string, name: StepName, before: Shown, shown: Shown, back: object | undefined, last?: Last];

test.each<Row>([
  [
    "a date that is kept as another",
    "ExtendKeyExpiry",
    { expiresOn: PAST },
    { expiresOn: MANGLED },
    { attribute: "expiresOn", value: PAST },
  ],
  [
    "one that is later than was asked",
    "ExtendKeyExpiry",
    { expiresOn: PAST },
    { expiresOn: "2062-01-01T00:00:00.000Z" },
    { attribute: "expiresOn", value: PAST },
  ],
  [
    "an activation",
    "SetKeyNotBefore",
    { notBefore: ASKED },
    { notBefore: "2062-01-01T00:00:00.000Z" },
    { attribute: "notBefore", value: ASKED },
  ],
  [
    "operations of which one lacks",
    "RestoreKeyOperations",
    { operations: ["sign"] },
    { operations: ["wrapKey"] },
    { attribute: "operations", value: ["sign"] },
  ],
  [
    "what the answer to the write said, and could not be put back at once",
    "ExtendKeyExpiry",
    { expiresOn: PAST },
    { expiresOn: MANGLED },
    { attribute: "expiresOn", value: PAST },
    { result: "refused" },
  ],
  ["what was asked", "ExtendKeyExpiry", { expiresOn: PAST }, { expiresOn: ASKED }, undefined],
  ["what is not to be seen yet", "ExtendKeyExpiry", { expiresOn: PAST }, { expiresOn: PAST }, undefined],
  ["what somebody has set since", "ExtendKeyExpiry", { expiresOn: PAST }, { expiresOn: MANGLED, updatedOn: THEIRS }, undefined],
  ["what is not told when it was set", "ExtendKeyExpiry", { expiresOn: PAST }, { expiresOn: MANGLED, updatedOn: undefined }, undefined],
  [
    "a write that did not tell its moment",
    "ExtendKeyExpiry",
    { expiresOn: PAST },
    { expiresOn: MANGLED, updatedOn: undefined },
    undefined,
    { changedOn: undefined },
  ],
  ["a date where there was none: it can't be taken off", "ExtendKeyExpiry", { expiresOn: null }, { expiresOn: MANGLED }, undefined],
  ["operations that were given beside those", "RestoreKeyOperations", { operations: ["sign"] }, { operations: null }, undefined],
  [
    "more operations than were asked for: that would break it again",
    "RestoreKeyOperations",
    { operations: ["sign"] },
    { operations: ["sign", "wrapKey", "unwrapKey", "verify"] },
    undefined,
  ],
  ["of a step that sets nothing that has a third value", "EnableKeyVersion", { enabled: false }, { enabled: false }, undefined],
])("put back, or not: %s", (_what, name, before, shown, back, last = {}) => {
  const step = stepOf(name);
  const { progress } = openIncident("i", PATIENT, NOW, 0);
  const remembered = rememberBefore(progress, step, version(before), NOW).written![0]!;
  const found = undoOf(remembered, ended(step, last), version(shown));
  expect(found?.params).toEqual(back && expect.objectContaining({ ...back, version: V1, writtenOn: OURS }));
});

const instants = fc.integer({ min: 1, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000).toISOString());

test("whatever is shown: only by the very moment of the own write, only to what was there before", () =>
  fc.assert(
    fc.property(instants, instants, fc.constantFrom(OURS, THEIRS, undefined), (before, shown, updatedOn) => {
      const step = stepOf("ExtendKeyExpiry");
      const found = undoOf({ step, before: JSON.stringify(before) }, ended(step), version({ expiresOn: shown, updatedOn }));
      const isOurs = updatedOn === OURS && shown !== before && shown !== ASKED;
      expect(found?.params).toEqual(isOurs ? expect.objectContaining({ attribute: "expiresOn", value: before }) : undefined);
    }),
  ));

test("a value of a key version alone can be put back: of nothing else Azure tells who has written last", () => {
  const names = (Object.keys(stepSpecs) as StepName[]).filter((name) => takenBackBy(draft(name) as StepDraft));
  expect(names).toEqual(["SetKeyNotBefore", "ExtendKeyExpiry", "RestoreKeyOperations"]);
});

describe("in an incident", () => {
  const step = stepOf("ExtendKeyExpiry");
  const incident = openIncident("i", PATIENT, NOW, 0);
  const progress = rememberBefore(incident.progress, step, version({ expiresOn: PAST }), NOW);
  const mangled = version({ expiresOn: MANGLED });

  test.each<[string, AppliedStep[], number]>([
    ["nothing that was not written", [], 0],
    ["nothing by a write before that one", [ended(step, { at: after(-1) })], 0],
    ["what came of it", [ended(step)], 1],
  ])("%s", (_what, applied, count) => {
    expect(undosIn({ applied, progress }, mangled)).toHaveLength(count);
    expect(undosIn(null, mangled)).toEqual([]);
    expect(undosIn({ applied, progress: incident.progress }, mangled)).toEqual([]);
  });

  test("the plan puts it back first, for the same databases, as a step of its own", () => {
    const undos = undosIn({ applied: [ended(step)], progress }, mangled);
    const settings = someSettings();
    const { steps } = plan(mangled, diagnose(mangled, settings), settings, { ...historyOf(null), undos });
    expect(steps.map(({ name }) => name)).toEqual(["PutBackKeyVersion", "ExtendKeyExpiry"]);
    expect(steps[0]).toMatchObject({ targetIds: [ACCOUNT_ID], causes: [], needs: "nothing", ready: true, on: `${KEY_URI}/${V1}` });
  });
});
