/** What is not deployed is a person's: not written, not asked about, told with the true reason and the command. */
import { describe, expect, test } from "vitest";
import { CAPABILITIES, type Principals, type Writing } from "../../../src/domain/capability.ts";
import { completeStep, stepSpecs } from "../../../src/domain/steps/index.ts";
import type { StepDraft, StepName } from "../../../src/domain/steps/step.ts";
import { judgeStep } from "../../../src/domain/turn/policy.ts";
import { runbookOf } from "../../../src/domain/turn/runbook.ts";
import { ACCOUNT_ID, anAccount, OWN, someFacts, someSettings } from "../../support/builders.ts";
import { draft } from "../../support/steps.ts";
import { aStep, planOf, turns } from "../../support/turns.ts";

const without = (capability: Writing): Principals => {
  const { [capability]: _gone, ...left } = OWN;
  return left;
};
const WRITING = CAPABILITIES.filter((capability) => capability !== "observe");
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the names
const names = Object.keys(stepSpecs) as StepName[];
const stepOf = (name: StepName) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name and a sample of its values
  completeStep(draft(name) as StepDraft, { causes: ["KeyDisabled"], targetIds: [ACCOUNT_ID], needs: "approval", ready: true });

const SAMPLE: Record<Writing, StepName> = {
  keys: "EnableKeyVersion",
  access: "GrantKeyRole",
  databases: "SetKeyUri",
  vaults: "RecoverVault",
};

describe.each(WRITING)("without the capability %s", (capability) => {
  const settings = someSettings({ principals: without(capability) });

  test.each(names)("of %s alone its own steps are lacking, and nobody is asked about them", (name) => {
    const { kind } = judgeStep(stepOf(name), someFacts(), settings, []);
    expect(kind === "lacking").toBe(stepSpecs[name].capability === capability);
  });

  test("what was revoked on purpose and what is only observed is that first", () => {
    const step = stepOf(SAMPLE[capability]);
    const revoked = someFacts({ targets: [anAccount({ tags: { "keymend:revoked": "" } })] });
    expect(judgeStep(step, revoked, settings, [])).toMatchObject({ kind: "refuse", reason: "RevokedOnPurpose" });
    expect(judgeStep(step, someFacts(), { ...settings, mode: "observe" }, [])).toEqual({ kind: "observe" });
  });
});

test("the incident says what is lacking, and its runbook how a person does it", () => {
  const { incident, next } = turns({ settings: someSettings({ principals: without("keys") }) });
  expect(next).toMatchObject({ do: "end", outcome: { code: "Escalated", reason: "NotPermitted" } });
  expect(incident?.detail).toContain("deployed without the capability keys");
  expect(incident?.plan?.steps).toMatchObject([{ state: "refused", why: expect.stringContaining("the capability keys") as string }]);
  expect(incident?.runbook).toEqual([
    expect.stringMatching(/^# EnableKeyVersion on kv-orders\/cmk: by hand, or deploy what Keymend lacks/),
    expect.stringMatching(/^az keyvault key set-attributes .*--enabled true$/),
  ]);
});

test("one that is lacking holds none of the others back", () => {
  const other = completeStep(draft("AllowTrustedServices"), {
    causes: ["NetworkBlocked"],
    targetIds: [ACCOUNT_ID],
    needs: "nothing",
    ready: true,
  });
  const settings = someSettings({ principals: without("keys") });
  expect(turns({ settings, plan: planOf(aStep(), other) }).next).toMatchObject({ do: "step", step: { name: "AllowTrustedServices" } });
});

test("a runbook has the commands of a step that is lacking", () => {
  const step = stepOf("EnableKeyVersion");
  expect(runbookOf([{ step, state: { kind: "lacking", why: "it is lacking" } }], [])[0]).toContain("it is lacking");
});
