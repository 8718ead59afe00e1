/** A write changes what it sets and leaves alone what stands beside it: every step, every thing that it may stand beside. */
import { describe, expect, test } from "vitest";
import type { Facts, KeyVersionFacts, LiveVault, TargetFacts } from "../../../src/domain/facts.ts";
import { type Incident, openIncident } from "../../../src/domain/incident.ts";
import { besideOf, completeStep, stepSpecs } from "../../../src/domain/steps/index.ts";
import type { Step, StepDraft, StepName } from "../../../src/domain/steps/step.ts";
import { hearAnswers, rememberBefore } from "../../../src/domain/turn/answers.ts";
import {
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aPolicyVault,
  aStatus,
  aVersion,
  IDENTITY_ID,
  identityIdOf,
  KEY_URI,
  NOW,
  PRINCIPAL,
  someFacts,
  TENANT,
  V1,
} from "../../support/builders.ts";
import { draft, PAST, SAMPLES, SECOND } from "../../support/steps.ts";
import { after, diagnosisOf, finding, healthy, PATIENT, planOf, seen, turns } from "../../support/turns.ts";
import { apply, type Graveyard } from "../properties/apply.ts";

const PRINCIPAL_2 = "22222222-0000-4000-8000-000000000002";
const PRINCIPAL_3 = "33333333-0000-4000-8000-000000000003";
const THIRD = identityIdOf("third");
const attached = (...ids: string[]) => ids.map((id) => ({ id, principalId: PRINCIPAL_2, clientId: null }));
const policy = (objectId: string, keys: string[], applicationId: string | null = null) => ({
  tenantId: TENANT,
  objectId,
  applicationId,
  keys,
});
const TAGS = { team: "orders" };

const version = aVersion(V1, { enabled: false, notBefore: "2027-01-01T00:00:00.000Z", expiresOn: PAST, operations: ["sign"] });
const vault = aPolicyVault(["get"], {
  tags: TAGS,
  network: { publicNetworkAccess: null, defaultAction: "Deny", bypass: "None", ipRules: ["1.2.3.4/32"], virtualNetworkRules: ["/Subnet"] },
});
const database = { tags: TAGS, systemPrincipalId: PRINCIPAL_3, attached: attached(IDENTITY_ID, THIRD) };

/** Everything that a step can be written to, with something beside. */
const BASE = someFacts({
  vault: { ...vault, policies: [...vault.policies, policy(PRINCIPAL_2, ["get", "wrapKey"]), policy(PRINCIPAL_2, ["get"], PRINCIPAL_3)] },
  keys: [aKey([version])],
  identities: [anIdentity(), anIdentity("third", PRINCIPAL_2), anIdentity("id-orders-2", PRINCIPAL_2)],
  access: [anAccess(), anAccess({ principalId: PRINCIPAL_2, assignments: [anAssignment({ principalId: PRINCIPAL_2 })] })],
  targets: [anAccount({ ...database, keyUri: `${KEY_URI}/${V1}` }), aCluster({ ...database, keyUri: `${KEY_URI}/${V1}` })],
});
const STALE = { ...BASE, targets: BASE.targets.map((one) => ({ ...one, attached: attached(IDENTITY_ID, THIRD, SECOND) })) };
const before = (name: StepName): Facts => (name === "DetachIdentity" ? STALE : BASE);
const NOTHING_BACK: Graveyard = { vault, keys: [], access: [], deletedKey: aKey() };

const NAMES = Object.keys(stepSpecs) as StepName[];
const complete = (step: StepDraft): Step =>
  completeStep(step, { causes: ["KeyExpired"], targetIds: [ACCOUNT_ID], needs: "nothing", ready: true });

const stepOf = (name: StepName): Step => complete(draft(name) as StepDraft);

/** The step was remembered on these facts and written a minute later. */
function written(step: Step, facts: Facts): Incident {
  const incident = openIncident("i1", PATIENT, NOW, 0);
  const { id, name, on, targetIds } = step;
  const progress = rememberBefore(incident.progress, step, facts, NOW);
  return { ...incident, progress, applied: [{ id, name, on, targetIds, at: after(1), result: "done", detail: "" }] };
}

const asMade = (name: StepName): Facts => apply(before(name), draft(name) as never, NOTHING_BACK);
const hear = (name: StepName, facts: Facts) => hearAnswers(written(stepOf(name), before(name)), facts, after(2)).others;

type Change = (facts: Facts) => Facts;
const onVersion =
  (over: Partial<KeyVersionFacts>): Change =>
  (facts) => ({
    ...facts,
    keys: facts.keys.map((key) => (key.state === "live" ? { ...key, versions: key.versions.map((one) => ({ ...one, ...over })) } : key)),
  });
const onVault =
  (change: (vault: LiveVault) => Partial<LiveVault>): Change =>
  (facts) => {
    const live = facts.vault as LiveVault;
    return { ...facts, vault: { ...live, ...change(live) } };
  };
const onDatabases =
  (change: (target: TargetFacts) => Partial<TargetFacts>): Change =>
  (facts) => ({ ...facts, targets: facts.targets.map((target) => ({ ...target, ...change(target) })) });
const onNetwork = (over: Partial<LiveVault["network"]>): Change => onVault(({ network }) => ({ network: { ...network, ...over } }));
const withoutPolicy = (objectId: string): Change =>
  onVault(({ policies }) => ({ policies: policies.filter((one) => one.objectId !== objectId) }));
const lets = (id: string): Change => onDatabases((target) => ({ attached: target.attached.filter((one) => one.id !== id) }));

const DAMAGES = {
  key: {
    enabled: onVersion({ enabled: true }),
    activation: onVersion({ notBefore: "2026-01-02T00:00:00.000Z" }),
    expiry: onVersion({ expiresOn: "2062-01-01T00:00:00.000Z" }),
    "less operations": onVersion({ operations: [] }),
    "more operations": onVersion({ operations: ["unwrapKey", "wrapKey", "sign", "encrypt"] }),
  },
  vault: {
    "permission model": onVault(() => ({ permissionModel: "rbac" })),
    "purge protection": onVault(() => ({ purgeProtection: false })),
    "public network access": onNetwork({ publicNetworkAccess: "Disabled" }),
    "default action": onNetwork({ defaultAction: "Allow" }),
    bypass: onNetwork({ bypass: "AzureServices" }),
    "IP rule": onNetwork({ ipRules: [] }),
    "network rule": onNetwork({ virtualNetworkRules: [] }),
    "policy of another": onVault(({ policies }) => ({
      policies: policies.map((one) => (one.objectId === PRINCIPAL_2 && one.applicationId === null ? { ...one, keys: ["get"] } : one)),
    })),
    "policies of another": withoutPolicy(PRINCIPAL_2),
    "more to the principal": onVault(({ policies }) => ({
      policies: policies.map((one) => (one.objectId === PRINCIPAL ? { ...one, keys: [...one.keys, "purge"] } : one)),
    })),
    "the asked permission": onVault(({ policies }) => ({
      policies: policies.map((one) => (one.objectId === PRINCIPAL ? { ...one, keys: [] } : one)),
    })),
    tag: onVault(() => ({ tags: {} })),
  },
  database: {
    "key URI": onDatabases(() => ({ keyUri: `${KEY_URI}/` })),
    "default identity": onDatabases(() => ({ defaultIdentity: { form: "undefined" } })),
    "system identity": onDatabases(() => ({ systemPrincipalId: null })),
    "other identity": lets(THIRD),
    tag: onDatabases(() => ({ tags: { team: "others" } })),
  },
} satisfies Record<string, Record<string, Change>>;

type Damage = { key: keyof typeof DAMAGES.key; vault: keyof typeof DAMAGES.vault; database: keyof typeof DAMAGES.database };
type Row = { [T in keyof Damage]: { at: T; own: Damage[T][] } }[keyof Damage];

/** What each step is written to, and which of it is its own or a cause's; null: a thing of its own. */
const ROWS: Record<StepName, Row | null> = {
  ExtendKeyExpiry: { at: "key", own: ["expiry"] },
  PutBackKeyVersion: { at: "key", own: ["expiry"] },
  EnableKeyVersion: { at: "key", own: ["enabled"] },
  TagIntent: { at: "key", own: [] },
  DisableKeyVersion: { at: "key", own: ["enabled"] },
  UntagIntent: { at: "key", own: [] },
  SetKeyNotBefore: { at: "key", own: ["activation"] },
  RestoreKeyOperations: { at: "key", own: ["less operations"] },
  RemoveAccessPolicyPermissions: { at: "vault", own: ["the asked permission"] },
  AddAccessPolicyPermissions: { at: "vault", own: ["the asked permission"] },
  AllowTrustedServices: { at: "vault", own: ["bypass"] },
  EnablePurgeProtection: { at: "vault", own: ["purge protection"] },
  AttachIdentity: { at: "database", own: ["default identity"] },
  DetachIdentity: { at: "database", own: ["default identity"] },
  SetDefaultIdentity: { at: "database", own: ["default identity"] },
  SetKeyUri: { at: "database", own: ["key URI"] },
  SetClusterEncryption: { at: "database", own: ["key URI", "default identity"] },
  CreateKeyVersion: null,
  CreateKey: null,
  RecoverKey: null,
  RecoverVault: null,
  CreateIdentity: null,
  RestoreRoleAssignment: null,
  RemoveGrant: null,
  GrantKeyRole: null,
  RestoreEventSubscription: null,
};

test.each(NAMES)("%s as it was asked for changes nothing beside", (name) => {
  expect(hear(name, asMade(name))).toEqual([]);
  expect(stepSpecs[name].beside === null).toBe(ROWS[name] === null);
});

const CASES = NAMES.flatMap((name) => {
  const row = ROWS[name];
  if (row === null) return [];
  const own: readonly string[] = row.own;
  return Object.entries<Change>(DAMAGES[row.at]).map(([what, change]) => ({ name, what, change, isOwn: own.includes(what) }));
});

test.each(CASES.filter(({ isOwn }) => !isOwn))("$name that changes $what too is told with what it was", ({ name, change }) => {
  for (const facts of [change(asMade(name)), change(before(name))]) {
    const [told, ...more] = hear(name, facts);
    expect(more).toEqual([]);
    expect(told!.entry).toMatchObject({ result: "refused", beside: true });
    expect(told!.entry.detail).toMatch(/^AnsweredOtherwise: OtherBeside: since .* was written, .* is .* \(it was .*\)$/);
  }
});

test.each(CASES.filter(({ isOwn }) => isOwn))("$name says nothing of its own $what beside", ({ name, change }) => {
  expect(hear(name, change(asMade(name))).filter(({ entry }) => entry.beside)).toEqual([]);
});

describe("is not told", () => {
  const rules = ["1.2.3.4/32", "5.6.7.8/32"];
  test.each<[string, StepName, Change]>([
    ["what was added", "AllowTrustedServices", onNetwork({ ipRules: rules })],
    [
      "a policy that was added",
      "AddAccessPolicyPermissions",
      onVault(({ policies }) => ({ policies: [...policies, policy("x", ["all"])] })),
    ],
    [
      "what is written in another way",
      "AllowTrustedServices",
      onNetwork({ publicNetworkAccess: "enabled", virtualNetworkRules: ["/subnet"] }),
    ],
    ["what can't be read", "EnableKeyVersion", onVersion({ operations: null })],
    ["a vault that can't be read", "AllowTrustedServices", (facts) => ({ ...facts, vault: null })],
    ["a version that can't be read", "EnableKeyVersion", (facts) => ({ ...facts, keys: [] })],
    ["a database that can't be read", "SetKeyUri", (facts) => ({ ...facts, targets: [] })],
    [
      "a database that is being changed",
      "SetKeyUri",
      onDatabases(() => ({ tags: {}, service: aStatus({ provisioningState: "Updating" }) })),
    ],
    [
      "an identity that is gone",
      "AttachIdentity",
      (facts) =>
        lets(THIRD)({ ...facts, identities: facts.identities.map((one) => (one.id === THIRD ? { state: "gone", id: THIRD } : one)) }),
    ],
    [
      "what somebody changed on the vault after the write",
      "AllowTrustedServices",
      onVault(({ network }) => ({ network: { ...network, ipRules: [] }, changedOn: after(1.2) })),
    ],
    [
      "what somebody changed on the cluster after the write",
      "SetClusterEncryption",
      onDatabases(() => ({ tags: {}, changedOn: after(1.2) })),
    ],
  ])("%s", (_what, name, change) => {
    const gone = _what === "an identity that is gone" ? change(before(name)) : before(name);
    const incident = written(stepOf(name), { ...gone, targets: before(name).targets });
    expect(hearAnswers(incident, change(asMade(name)), after(2)).others).toEqual([]);
  });

  test("but what was changed with the write itself", () => {
    const change = onVault(({ network }) => ({ network: { ...network, ipRules: [] }, changedOn: after(1) }));
    expect(hear("AllowTrustedServices", change(asMade("AllowTrustedServices")))).toHaveLength(1);
  });

  test("of two writes that wait to be seen, what each of them sets", () => {
    const [first, second] = [stepOf("ExtendKeyExpiry"), stepOf("SetKeyNotBefore")];
    const one = written(first, BASE);
    const progress = rememberBefore(one.progress, second, BASE, after(2));
    const applied = [
      ...one.applied,
      { id: second.id, name: second.name, on: second.on, targetIds: [], at: after(3), result: "done" as const, detail: "" },
    ];
    const both = apply(apply(BASE, draft("ExtendKeyExpiry"), NOTHING_BACK), draft("SetKeyNotBefore"), NOTHING_BACK);
    expect(hearAnswers({ ...one, progress, applied }, both, after(4))).toEqual({ left: [], others: [] });
  });
});

test("a system identity that is switched on may be another than before, one beside an identity may not", () => {
  const attach = complete(draft("AttachIdentity", { identityId: "SystemAssigned" }));
  const off = onDatabases(() => ({ systemPrincipalId: null, keyUri: null }))(BASE);
  const on = onDatabases(() => ({ systemPrincipalId: PRINCIPAL_2 }))(off);
  expect(hearAnswers(written(attach, off), on, after(2)).others).toEqual([]);
  expect(hearAnswers(written(stepOf("AttachIdentity"), off), on, after(2)).others).toHaveLength(1);
});

test("of many that are lost the first are named, and how many more there are", () => {
  const policies = Array.from({ length: 1024 }, (_, i) => policy(`44444444-0000-4000-8000-${String(i).padStart(12, "0")}`, ["get"]));
  const many = onVault(() => ({ policies }))(BASE);
  const [told] = hearAnswers(written(stepOf("AllowTrustedServices"), many), onVault(() => ({ policies: [] }))(many), after(2)).others;
  expect(told!.entry.detail.length).toBeLessThan(2000);
  expect(told!.entry.detail).toMatch(/; and 1014 more$/);
});

test("an incident whose repair changed something beside is no success, though the database is well", () => {
  const step = stepOf("AllowTrustedServices");
  const { id, name, on, targetIds } = step;
  const broken = { plan: planOf(step), facts: BASE, ...diagnosisOf(seen({ findings: [finding("NetworkBlocked")] })) };
  const done: Partial<Incident> = { applied: [{ id, name, on, targetIds, at: after(1), result: "done", detail: "" }] };
  const lost = onNetwork({ ipRules: [] })(asMade("AllowTrustedServices"));
  const well = { plan: planOf(), facts: lost, ...diagnosisOf(healthy()) };
  const told = turns(broken, { ...well, now: after(2), change: done });
  expect(told.entries.filter(({ kind }) => kind === "otherValue")).toHaveLength(1);
  const end = turns(broken, { ...well, now: after(2), change: done }, { ...well, now: after(70) });
  expect(end.incident).toMatchObject({ outcome: "Escalated", reason: "AnsweredOtherwise" });
  expect(end.incident!.detail).toContain("ip rule 1.2.3.4/32 is not there (it was there)".replace("ip rule", "IP rule"));
});

test.each([
  ["expiresOn", ["enabled", "activation", "operations"], PAST],
  ["notBefore", ["enabled", "expiry", "operations"], PAST],
  ["operations", ["enabled", "activation", "expiry"], ["sign"]],
] as const)("of a version whose %s is put back the rest stands beside it: %j", (attribute, others, value) => {
  const step: StepDraft = {
    name: "PutBackKeyVersion",
    params: { ...SAMPLES.PutBackKeyVersion, attribute, value: typeof value === "string" ? value : [...value] },
  };
  expect(Object.keys(besideOf(step, someFacts({ keys: [aKey([aVersion(V1)])] }))!)).toEqual(others);
});
