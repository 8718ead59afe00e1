import { describe, expect, test } from "vitest";
import type { Unread } from "../../../src/domain/doctor/finding.ts";
import type { Beside } from "../../../src/domain/doctor/gaps.ts";
import { type Look, reportOf } from "../../../src/domain/doctor/report.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import type { Settings } from "../../../src/domain/settings.ts";
import {
  aCluster,
  ACCOUNT_ID,
  aKey,
  anAccess,
  anAccount,
  aVault,
  aVersion,
  CLUSTER_ID,
  IDENTITY_ID,
  KEY_SCOPE,
  KEY_URI,
  NOW,
  revoked,
  someFacts,
  someSettings,
  SUBSCRIPTION,
  V1,
  V2,
  VAULT_ID,
} from "../../support/builders.ts";

const whole: Beside = {
  locks: [{ scope: SUBSCRIPTION, level: "CanNotDelete" }],
};

function look(over: Partial<Facts>, settings: Settings = someSettings()): Look {
  const facts = someFacts(over);
  const diagnosis = diagnose(facts, settings);
  return { facts, diagnosis, plan: plan(facts, diagnosis, settings) };
}

const report = (
  looks: Look[],
  { beside = whole, unread = [], settings = someSettings() }: { beside?: Beside; unread?: Unread[]; settings?: Settings } = {},
) => reportOf({ at: NOW, subscriptions: [{ id: "s", name: "production" }], looks, beside, unread }, settings, (code) => `title of ${code}`);

const account = (name: string, over: Parameters<typeof anAccount>[0] = {}) =>
  anAccount({ id: ACCOUNT_ID.replace(/orders$/, name), name, ...over });
const noAccess = { access: [anAccess({ assignments: [], definitions: [] })] };
const unreadVault: Facts["vault"] = { state: "unreadable", why: "denied", detail: "no", id: VAULT_ID, name: "kv-orders" };
const expiring = (expiresOn: string) => ({ keys: [aKey([aVersion(V1, { expiresOn })])] });
const blind: Unread = { what: "accounts of s", why: "Forbidden", hides: "every account", isBlind: true };

describe("how bad it is", () => {
  test.each<[what: string, facts: Partial<Facts>, severity: string, verdict: string]>([
    ["lost", { ...noAccess, targets: [anAccount({ service: revoked() })] }, "trouble", "trouble"],
    ["about to be", noAccess, "trouble", "trouble"],
    ["nobody can tell", { vault: unreadVault, keys: [], access: [] }, "unseen", "couldNotLook"],
    ["coming back", { targets: [anAccount({ service: revoked() })] }, "warning", "warnings"],
    ["soon", expiring("2026-11-12T09:00:00.000Z"), "warning", "warnings"],
    ["a requirement is not met", { vault: aVault({ purgeProtection: false }) }, "warning", "warnings"],
    ["a note", { vault: aVault({ softDeleteRetentionInDays: 7 }) }, "note", "nothing"],
    ["well", {}, "fine", "nothing"],
  ])("%s", (_, facts, severity, verdict) => {
    const told = report([look(facts)]);
    expect({ severity: told.databases[0]?.severity, verdict: told.verdict }).toEqual({ severity, verdict });
    expect(told.counts).toMatchObject({ databases: 1, vaults: 1, [severity]: 1 });
  });

  test.each<[what: string, unread: Unread[], verdict: string]>([
    ["nothing that could not be read", [], "nothing"],
    ["what hides a gap is a warning", [{ ...blind, isBlind: false }], "warnings"],
    ["what hides a database is no look", [blind], "couldNotLook"],
  ])("%s", (_, unread, verdict) => {
    expect(report([look({})], { unread })).toMatchObject({ verdict, unread });
  });

  test("trouble that is seen is trouble, whatever else is not", () => {
    expect(report([look(noAccess)], { unread: [blind] }).verdict).toBe("trouble");
  });
});

test("the worst stands first: by how bad, how far, how soon, what is lacking, and by name", () => {
  const at = (name: string, over: Partial<Facts> = {}, target = account(name)) => look({ ...over, targets: [target] });
  const short = { vault: aVault({ softDeleteRetentionInDays: 7 }) };
  const { databases } = report([
    at("well-b"),
    at("well-a"),
    at("later", expiring("2026-11-20T09:00:00.000Z")),
    at("noted", short),
    at("sooner", expiring("2026-11-12T09:00:00.000Z")),
    at("grace", noAccess),
    at("unread", { vault: unreadVault, keys: [], access: [] }),
    at("lost", noAccess, account("lost", { service: revoked() })),
    at("back", {}, account("back", { service: revoked() })),
    at("noted-more", {
      vault: aVault({ softDeleteRetentionInDays: 7, network: { ...aVault().network, publicNetworkAccess: "Disabled" } }),
    }),
    at("noted-ending", { ...short, ...expiring("2027-03-02T10:00:00.000Z") }),
  ]);
  expect(databases.map(({ name }) => name)).toEqual([
    "lost",
    "grace",
    "unread",
    "back",
    "sooner",
    "later",
    "noted-ending",
    "noted-more",
    "noted",
    "well-a",
    "well-b",
  ]);
});

describe("what is told of a database", () => {
  test("its way to the key, what is wrong, what mends it, what Keymend would do and what it lacks", () => {
    const told = report([look({ ...noAccess, vault: aVault({ purgeProtection: false }) })]);
    expect(told.databases[0]).toMatchObject({
      id: ACCOUNT_ID,
      name: "orders",
      kind: "account",
      phase: "inGrace",
      vault: { name: "kv-orders", id: VAULT_ID, state: "live" },
      keyUri: KEY_URI,
      identity: { name: "id-orders", id: IDENTITY_ID, state: "known" },
      findings: [
        {
          code: "AccessMissing",
          title: "title of AccessMissing",
          severity: "trouble",
          az: [expect.stringContaining("az role assignment create")],
        },
      ],
      would: [{ step: "GrantKeyRole on kv-orders/cmk", way: "asks", why: expect.stringContaining("never came up") }],
      gaps: ["PurgeProtectionOff"],
      contradictions: [expect.stringContaining("the key path is broken")],
    });
  });

  test("a step that Keymend makes by itself, one that waits for another, and one that it must not make", () => {
    const soon = expiring("2026-11-12T09:00:00.000Z");
    expect(report([look(soon)]).databases[0]?.would).toMatchObject([{ way: "byItself", why: "" }]);
    expect(report([look({ ...soon, targets: [anAccount({ tags: { "keymend:revoked": "x" } })] })]).databases[0]?.would).toMatchObject([
      { way: "refuses", why: expect.stringContaining("keymend:revoked") },
    ]);
    expect(report([look({ ...soon, targets: [anAccount({ tags: { "keymend:mode": "observe" } })] })]).databases[0]?.would).toMatchObject([
      { way: "refuses", why: "" },
    ]);
    const ready = look(soon);
    const later = { ...ready, plan: { ...ready.plan, steps: ready.plan.steps.map((step) => ({ ...step, ready: false })) } };
    expect(report([later]).databases[0]?.would).toMatchObject([{ way: "later", why: "once what it rests on is done" }]);
  });

  test("where only a person helps: what Keymend tells, and what shows it", () => {
    const told = report([look({ keys: [{ state: "gone", name: "cmk" }] })]).databases[0];
    expect(told).toMatchObject({ would: [], tells: [expect.stringContaining("calls a person: ")] });
    expect(told?.findings[0]?.az.join("\n")).toContain("az rest --method get");
    expect(report([look({ targets: [anAccount({ service: revoked() })] })]).databases[0]?.tells).toEqual([
      expect.stringContaining("waits: "),
    ]);
  });

  test("a finding that the plan has nothing for is shown by reading the database", () => {
    const found = look(noAccess);
    const told = report([{ ...found, plan: { steps: [], blocks: [] } }]).databases[0];
    expect(told?.findings[0]?.az).toEqual([expect.stringMatching(/^az rest --method get .*--query properties$/)]);
  });

  test("what Keymend can't judge while the service confirms it is a note", () => {
    const told = report([look({ targets: [anAccount({ defaultIdentity: { form: "firstParty" } })] })]).databases[0];
    expect(told).toMatchObject({ severity: "note", identity: { name: "Azure Cosmos DB", id: null, state: "unreadable" } });
    expect(told?.findings).toMatchObject([
      { code: "Unreadable", severity: "note", az: [expect.stringMatching(/^# set KEYMEND_FIRST_PARTY/), expect.anything()] },
    ]);
  });

  test("of one that could not be read that alone, under the name its id has", () => {
    const missing: Facts["missing"] = [{ kind: "cluster", id: CLUSTER_ID, state: "unreadable", why: "denied", detail: "no" }];
    expect(report([look({ targets: [], missing })]).databases[0]).toMatchObject({
      name: "carts",
      severity: "unseen",
      phase: null,
      keyUri: null,
      identity: null,
      gaps: [],
    });
  });

  test("one whose key URI names no vault has none", () => {
    const told = report([look({ vault: null, keys: [], access: [], targets: [anAccount({ keyUri: "nonsense" })] })]);
    expect(told.databases[0]?.vault).toBeNull();
    expect(told.counts.vaults).toBe(1);
  });

  test("one vault is one, with its port or without", () => {
    const targets = [anAccount(), anAccount({ id: `${ACCOUNT_ID}2`, name: "orders2", keyUri: KEY_URI.replace(".net/", ".net:443/") })];
    expect(report([look({ targets })]).counts).toMatchObject({ databases: 2, vaults: 1 });
  });

  test("a cluster that a cause shows to be pinned is not told so twice", () => {
    const keys = [aKey([aVersion(V2, { createdOn: "2026-06-01T00:00:00.000Z" }), aVersion(V1)])];
    const pinned = aCluster({ keyUri: `${KEY_URI}/${V1}`, versionInUse: V1 });
    expect(report([look({ keys, targets: [pinned] })])).toMatchObject({
      databases: [{ findings: [{ code: "KeyVersionPinned" }], gaps: [] }],
      gaps: [],
    });
    expect(report([look({ targets: [pinned] })])).toMatchObject({ databases: [{ findings: [], gaps: ["VersionPinned"] }] });
  });
});

test("what a vault lacks is told once, for all of its databases, the worst first", () => {
  const targets = [account("a"), account("b")];
  const vault = aVault({ purgeProtection: false, softDeleteRetentionInDays: 7 });
  const keys: Facts["keys"] = [{ state: "live", name: "cmk", tags: {}, versions: [aVersion(V1)], rotation: null }];
  const { gaps } = report([look({ targets, vault, keys })]);
  expect(gaps.map(({ code, on, databaseIds }) => [code, on, databaseIds.length])).toEqual([
    ["PurgeProtectionOff", VAULT_ID, 2],
    ["NoRotationPolicy", KEY_SCOPE, 2],
    ["RetentionShort", VAULT_ID, 2],
  ]);
});
