import { afterEach, expect, test, vi } from "vitest";
import { isBaseline } from "../../../src/domain/baseline.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import { checkRequirements } from "../../../src/domain/operations/check-requirements.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import type { StepDraft } from "../../../src/domain/steps/step.ts";
import { aKey, aVersion, NOW, someFacts, someSettings, V1, VAULT_ID } from "../../support/builders.ts";
import { draft, VAULT_URI } from "../../support/steps.ts";
import { aStatusOf, aWish } from "../../support/wishes.ts";

afterEach(() => void vi.restoreAllMocks());

/** An operation that wants these steps, and asks nothing of anything. */
function wanting(...drafts: StepDraft[]): void {
  vi.spyOn(checkRequirements, "drafts").mockReturnValue(drafts);
  vi.spyOn(checkRequirements, "requirements").mockReturnValue([]);
}
const onVersion = { vaultId: VAULT_ID, vaultUri: VAULT_URI, key: "cmk", version: V1 };
const enable: StepDraft = { name: "EnableKeyVersion", params: onVersion };
const trust: StepDraft = { name: "AllowTrustedServices", params: draft("AllowTrustedServices").params };
const notBefore: StepDraft = { name: "SetKeyNotBefore", params: draft("SetKeyNotBefore").params };

const disabled = someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])] });
const planned = (facts: Facts) => plan(facts, diagnose(facts, someSettings()), someSettings());
const shown = (facts: Facts) => planned(facts).steps.map(({ name, causes, needs, wish, ready }) => ({ name, causes, needs, wish, ready }));

test("without a wish the plan is what it was", () => {
  expect(planned(disabled)).not.toHaveProperty("wishes");
  expect(planned({ ...disabled, wishes: [aWish(undefined, { status: aStatusOf({ state: "closed", stands: true }) })] })).not.toHaveProperty(
    "wishes",
  );
});

test("what is wanted stands among the repairs, in the one order, and is left out where it is so already", () => {
  const closed = {
    ...disabled,
    vault: {
      ...someFacts().vault!,
      network: { publicNetworkAccess: null, defaultAction: "Allow", bypass: "None", ipRules: [], virtualNetworkRules: [] },
    },
  } as Facts;
  wanting(trust, notBefore);
  expect(shown({ ...closed, wishes: [aWish()] })).toEqual([
    { name: "EnableKeyVersion", causes: ["KeyDisabled"], needs: "approval", wish: undefined, ready: true },
    { name: "AllowTrustedServices", causes: [], needs: "nothing", wish: "w1", ready: true },
  ]);
});

test("a step that a repair calls for as well is one, and the wish the consent to it", () => {
  wanting(enable);
  expect(shown({ ...disabled, wishes: [aWish()] })).toEqual([
    { name: "EnableKeyVersion", causes: ["KeyDisabled"], needs: "nothing", wish: "w1", ready: true },
  ]);
});

test("a step that waits for another is not ready", () => {
  wanting({ name: "EnableKeyVersion", params: { ...onVersion, version: "f".repeat(32) } });
  expect(shown({ ...someFacts(), wishes: [aWish()] })).toMatchObject([{ wish: "w1", ready: false }]);
});

test("one that was called off, is out of time, or whose requirements are not met, adds nothing, and is there to be ended", () => {
  wanting(enable);
  const cancelled = aWish(undefined, { cancelled: { at: NOW, by: "bob", reason: "stop" } });
  expect(shown({ ...disabled, wishes: [cancelled] })).toMatchObject([{ wish: undefined }]);
  expect(planned({ ...disabled, wishes: [cancelled] }).wishes).toMatchObject([{ wish: { id: "w1" } }]);
  const late = aWish(undefined, { until: NOW });
  expect(shown({ ...disabled, wishes: [late] })).toMatchObject([{ wish: undefined, needs: "approval" }]);
  expect(planned({ ...disabled, wishes: [late] }).wishes).toMatchObject([{ wish: { id: "w1" } }]);
  vi.restoreAllMocks();
  const gone = { ...disabled, identities: [], wishes: [aWish()] };
  expect(planned(gone).wishes).toMatchObject([{ unmet: expect.stringMatching(/key enabled: .*; identity: /) as string }]);
});

test("a wish makes no patchwork of a healthy vault: what it wants is no repair that is lacking", () => {
  wanting(trust);
  const facts = { ...someFacts(), wishes: [aWish()] };
  const diagnosis = diagnose(facts, someSettings());
  const wished = planned(facts);
  expect(isBaseline({ facts, diagnosis, plan: wished, incident: null })).toBe(true);
  const [step] = planned({ ...disabled, wishes: [] }).steps;
  const tidying = { ...step!, causes: [] };
  expect(isBaseline({ facts, diagnosis, plan: { steps: [tidying], blocks: [] }, incident: null })).toBe(false);
  expect(isBaseline({ facts, diagnosis, plan: { steps: [{ ...tidying, wish: "w1" }], blocks: [] }, incident: null })).toBe(true);
});
