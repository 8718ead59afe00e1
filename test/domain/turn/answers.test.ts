import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/domain/facts.ts";
import type { AppliedStep, Incident } from "../../../src/domain/incident.ts";
import { openIncident } from "../../../src/domain/incident.ts";
import { completeStep, stepSpecs } from "../../../src/domain/steps/index.ts";
import type { Step, StepDraft, StepName } from "../../../src/domain/steps/step.ts";
import { hearAnswers, rememberBefore } from "../../../src/domain/turn/answers.ts";
import {
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccount,
  anIdentity,
  aPolicyVault,
  aStatus,
  aVersion,
  identityIdOf,
  KEY_URI,
  NOW,
  PRINCIPAL,
  someFacts,
  someSettings,
  V1,
  V2,
} from "../../support/builders.ts";
import { draft, PAST, SAMPLES, SECOND } from "../../support/steps.ts";
import { after, aSignal, diagnosisOf, finding, PATIENT, planOf, seen, turns } from "../../support/turns.ts";

type Values = { before: Partial<Facts>; asked: Partial<Facts>; other: Partial<Facts>; unseen: Partial<Facts> };

const version = (over: Parameters<typeof aVersion>[1]) => ({ keys: [aKey([aVersion(V1, over)])] });
const account = (over: Parameters<typeof anAccount>[0]) => ({ targets: [anAccount(over)] });
const by = (id: string) => ({ defaultIdentity: { form: "user", id, federatedClientId: null } as const });
const identity = (tags: Record<string, string>) => ({ identities: [anIdentity("id-orders-2", PRINCIPAL, { tags })] });
const noKey = { keys: [] };
const noTarget = { targets: [] };

/** What a look may show of every step's value; null: there or not, and nothing third. A step without its row does not compile. */
const VALUES: { readonly [N in StepName]: Values | null } = {
  ExtendKeyExpiry: {
    before: version({ expiresOn: PAST }),
    asked: version({ expiresOn: SAMPLES.ExtendKeyExpiry.expiresOn }),
    other: version({ expiresOn: "1969-12-31T23:59:55.000Z" }),
    unseen: noKey,
  },
  PutBackKeyVersion: {
    before: version({ expiresOn: "2062-01-01T00:00:00.000Z" }),
    asked: version({ expiresOn: SAMPLES.PutBackKeyVersion.value as string }),
    other: version({ expiresOn: "1969-12-31T23:59:55.000Z" }),
    unseen: noKey,
  },
  TagIntent: null,
  DisableKeyVersion: null,
  UntagIntent: null,
  CreateKeyVersion: null,
  CreateKey: null,
  SetKeyNotBefore: {
    before: version({ notBefore: "2027-01-01T00:00:00.000Z" }),
    asked: version({ notBefore: NOW }),
    other: version({ notBefore: "2062-01-01T00:00:00.000Z" }),
    unseen: noKey,
  },
  RestoreKeyOperations: {
    before: version({ operations: ["sign"] }),
    asked: version({ operations: ["unwrapKey", "wrapKey", "sign"] }),
    other: version({ operations: ["wrapKey"] }),
    unseen: version({ operations: null }),
  },
  SetKeyUri: {
    before: account({ keyUri: `${KEY_URI}/${V1}` }),
    asked: account({ keyUri: KEY_URI }),
    other: account({ keyUri: `${KEY_URI}/` }),
    unseen: noTarget,
  },
  SetDefaultIdentity: {
    before: account({}),
    asked: account(by(SECOND)),
    other: account({ defaultIdentity: { form: "undefined" } }),
    unseen: account({ ...by(identityIdOf("third")), service: aStatus({ provisioningState: "Updating" }) }),
  },
  SetClusterEncryption: {
    before: { targets: [aCluster({ keyUri: `${KEY_URI}/${V1}` })] },
    asked: { targets: [aCluster()] },
    other: { targets: [aCluster({ keyUri: `${KEY_URI}/${V2}` })] },
    unseen: noTarget,
  },
  RemoveGrant: null,
  RemoveAccessPolicyPermissions: {
    before: { vault: aPolicyVault(["get", "wrapKey"]) },
    asked: { vault: aPolicyVault([]) },
    other: { vault: aPolicyVault(["get"]) },
    unseen: { vault: null },
  },
  AddAccessPolicyPermissions: {
    before: { vault: aPolicyVault([]) },
    asked: { vault: aPolicyVault(["get", "wrapKey"]) },
    other: { vault: aPolicyVault(["get"]) },
    unseen: { vault: null },
  },
  CreateIdentity: {
    before: { identities: [{ state: "gone", id: SECOND }] },
    asked: identity({ "keymend:insteadOf": "id-orders" }),
    other: identity({}),
    unseen: { identities: [] },
  },
  EnableKeyVersion: null,
  RecoverKey: null,
  RecoverVault: null,
  RestoreEventSubscription: null,
  RestoreRoleAssignment: null,
  GrantKeyRole: null,
  AttachIdentity: null,
  DetachIdentity: null,
  AllowTrustedServices: null,
  EnablePurgeProtection: null,
};

const NAMES = Object.keys(stepSpecs) as StepName[];
const WITH_VALUE = NAMES.flatMap((name) => (VALUES[name] ? [[name, VALUES[name]] as const] : []));

const stepOf = (name: StepName): Step =>
  completeStep(draft(name) as StepDraft, { causes: ["KeyExpired"], targetIds: [ACCOUNT_ID], needs: "nothing", ready: true });

function written(step: Step, before: Partial<Facts>, result?: AppliedStep["result"]): Incident {
  const incident = openIncident("i1", PATIENT, NOW, 0);
  const { id, name, on, targetIds } = step;
  const applied: AppliedStep[] = result ? [{ id, name, on, targetIds, at: after(1), result, detail: "" }] : [];
  return { ...incident, applied, progress: rememberBefore(incident.progress, step, someFacts(before), NOW) };
}

test.each(NAMES)("%s has a value that may show as a third, or none", (name) => {
  expect(stepSpecs[name].shows === null).toBe(VALUES[name] === null);
  if (VALUES[name] === null && stepSpecs[name].beside === null)
    expect(rememberBefore(openIncident("i", PATIENT, NOW, 0).progress, stepOf(name), someFacts(), NOW).written).toBeUndefined();
});

describe.each(WITH_VALUE)("after %s a look that shows", (name, { before, asked, other, unseen }) => {
  const step = stepOf(name);
  const heard = (facts: Partial<Facts>, result?: AppliedStep["result"]) =>
    hearAnswers(written(step, before, result), someFacts(facts), after(2));

  test.each([
    ["the old value waits", before],
    ["nothing waits", unseen],
  ])("%s", (_what, facts) => {
    expect(heard(facts, "done")).toMatchObject({ left: [{ step: { name } }], others: [] });
  });

  test("what was asked is content", () => {
    expect(heard(asked, "done")).toEqual({ left: [], others: [] });
  });

  test("something else tells it, with what undoes it, and keeps it from being tried again", () => {
    const { left, others } = heard(other, "done");
    expect(left).toEqual([]);
    expect(others).toMatchObject([{ entry: { id: step.id, result: "refused", at: after(2) } }]);
    expect(others[0]!.entry.detail).toMatch(
      /^AnsweredOtherwise: OtherValue: .* was written over .*, and shows as .*; (to undo it: |it can't be undone)/,
    );
  });

  test("something else before it was written says nothing, nor after a refusal", () => {
    expect(heard(other)).toMatchObject({ left: [{ step: { name } }], others: [] });
    for (const result of ["refused", "failed", "stale"] as const) expect(heard(other, result)).toEqual({ left: [], others: [] });
  });
});

test("a step that can't be undone says so, and one that is written again is remembered anew", () => {
  const step = { ...stepOf("SetKeyUri"), undo: null };
  const { before, other } = VALUES.SetKeyUri!;
  const incident = written(step, before, "done");
  expect(hearAnswers(incident, someFacts(other), after(2)).others[0]!.entry.detail).toContain("it can't be undone");
  const again = rememberBefore(incident.progress, step, someFacts(other), after(3));
  expect(again.written).toMatchObject([{ at: after(3) }]);
  expect(rememberBefore(again, step, someFacts({ targets: [] }), after(4)).written).toBeUndefined();
});

test("another value is told at once, once, and the step is not tried again", () => {
  const step = stepOf("ExtendKeyExpiry");
  const { before, other } = VALUES.ExtendKeyExpiry!;
  const { id, name, on, targetIds } = step;
  const plan = planOf(step);
  const expired = diagnosisOf(seen({ findings: [finding("KeyExpired")] }));
  const done: Partial<Incident> = { applied: [{ id, name, on, targetIds, at: after(1), result: "done", detail: "" }] };
  const signals = [aSignal({ source: "sweep" })];
  const first = { plan, facts: someFacts(before), signals, ...expired };
  expect(turns(first).next).toMatchObject({ do: "step" });
  const still = turns(first, { plan, facts: someFacts(before), now: after(2), change: done, ...expired });
  expect(still.next).toMatchObject({ do: "wait" });
  const told = turns(first, { plan, facts: someFacts(other), now: after(2), change: done, ...expired });
  expect(told.incident).toMatchObject({
    outcome: "Escalated",
    reason: "AnsweredOtherwise",
    applied: [{ result: "done" }, { result: "refused" }],
  });
  expect(told.incident!.progress.written).toBeUndefined();
  expect(told.entries.filter(({ kind, what }) => kind === "otherValue" && what.includes("OtherValue"))).toHaveLength(1);
});

describe("what Azure says came of the own write", () => {
  const step = stepOf("ExtendKeyExpiry");
  const { id, name, on, targetIds } = step;
  const OURS = "2026-11-02T10:00:30.000Z";
  const at = (over: Parameters<typeof version>[0]) => someFacts(version({ updatedOn: OURS, ...over }));
  const other = at({ expiresOn: "1969-12-31T23:59:55.000Z" });
  const before = at({ expiresOn: PAST, updatedOn: "2026-11-02T10:02:00.000Z" });
  const applied: AppliedStep[] = [{ id, name, on, targetIds, at: after(1), result: "done", detail: "", changedOn: OURS }];
  const found = diagnosisOf(seen({ findings: [finding("KeyExpired")] }));
  const first = { plan: planOf(step), facts: someFacts(version({ expiresOn: PAST })), signals: [aSignal({ source: "sweep" })], ...found };
  const putBack = completeStep(
    { name: "PutBackKeyVersion", params: { ...SAMPLES.PutBackKeyVersion, writtenOn: OURS } },
    { causes: [], targetIds, needs: "nothing", ready: true },
  );
  const told = { plan: planOf(putBack, step), facts: other, now: after(2), change: { applied }, ...found };

  test("is told, and put back in the same turn", () => {
    const { incident, entries, next } = turns(first, told);
    expect(next).toMatchObject({ do: "step", step: { name: "PutBackKeyVersion" } });
    expect(entries.filter(({ kind }) => kind === "otherValue")).toMatchObject([
      { what: expect.stringMatching(/shows as "1969.*; nobody has written since, and it is put back$/) },
    ]);
    expect(incident!.applied.at(-1)).toMatchObject({ id, result: "refused", changedOn: OURS });
  });

  test("is told once, and ends as what Azure answered otherwise once it is back", () => {
    const { incident } = turns(first, told);
    const done: AppliedStep = { id: putBack.id, name: putBack.name, on, targetIds, at: after(3), result: "done", detail: "" };
    const still = { ...told, now: after(3), change: {} };
    expect(turns(first, told, still).entries.filter(({ kind }) => kind === "otherValue")).toEqual([]);
    const end = { plan: planOf(step), facts: before, now: after(4), change: { applied: [...incident!.applied, done] }, ...found };
    const last = turns(first, told, end);
    expect(last.incident).toMatchObject({ outcome: "Escalated", reason: "AnsweredOtherwise" });
    expect(last.incident!.progress.written).toBeUndefined();
  });

  test("waits for a person where every plan does, and holds the incident open for that long", () => {
    const settings = someSettings({ mode: "approve" });
    const asked = turns(first, { ...told, settings });
    expect(asked.next).toMatchObject({ do: "wait", why: expect.stringContaining("PutBackKeyVersion") });
    expect(asked.incident!.plan!.steps[0]).toMatchObject({ name: "PutBackKeyVersion", state: "waitsForApproval" });
  });

  test("asks for no author: nobody's change is taken back", () => {
    const settings = someSettings({ mode: "heal", privilegedCallers: ["somebody"] });
    expect(turns(first, { ...told, settings }).next).toMatchObject({ do: "step", step: { name: "PutBackKeyVersion" } });
  });
});
