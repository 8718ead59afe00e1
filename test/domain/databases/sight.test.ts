import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  absentVault,
  type Heard,
  type KnownDatabase,
  knownAfter,
  outOfSight,
  patientKey,
  unlistedOf,
  vaultNameIn,
} from "../../../src/domain/databases/sight.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import {
  aHolder,
  ACCOUNT_ID,
  aStatus,
  aBaseline,
  aKey,
  anAccount,
  aVersion,
  IDENTITY_ID,
  KEY_URI,
  NOW,
  revoked,
  SUBSCRIPTION,
  someFacts,
  someSettings,
  V1,
  V2,
  VAULT_ID,
} from "../../support/builders.ts";
import { HOUR, MINUTE, toIso, toMs } from "../../../src/domain/time.ts";
import { aStatusOf, aWish } from "../../support/wishes.ts";

describe("one vault is one patient whatever names it", () => {
  test("its id in any casing and group, without its first slash, and its URI", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{1,22}[a-z0-9]$/);
    const group = fc.stringMatching(/^[A-Za-z0-9()._-]{0,20}[A-Za-z0-9)_-]$/);
    fc.assert(
      fc.property(name, group, (vault, resourceGroup) => {
        const id = `${SUBSCRIPTION}/resourceGroups/${resourceGroup}/providers/Microsoft.KeyVault/vaults/${vault}`;
        const ways = [
          id,
          id.toUpperCase(),
          id.slice(1),
          `${id}/`,
          `https://${vault}.vault.azure.net`,
          `https://${vault.toUpperCase()}.vault.azure.net/`,
        ];
        expect(new Set(ways.map(patientKey))).toEqual(new Set([vault]));
      }),
    );
  });

  test("a database of its own is known by its id, and bears no vault's name", () => {
    expect(patientKey(ACCOUNT_ID.toUpperCase())).toBe(patientKey(ACCOUNT_ID));
    expect(vaultNameIn(ACCOUNT_ID)).toBeNull();
    expect(patientKey(`${SUBSCRIPTION}/resourceGroups/r/providers/Microsoft.DocumentDB/databaseAccounts/kv-orders`)).not.toBe(
      patientKey(VAULT_ID),
    );
  });
});

test.each<[boolean, Heard, string]>([
  [true, "noSuchName", "gone"],
  [true, "answered", "outOfSight"],
  [true, "silent", "outOfSight"],
  [false, "noSuchName", "outOfSight"],
  [false, "answered", "outOfSight"],
  [false, "silent", "outOfSight"],
])("a vault that no list shows, watched: %s, its name: %s, is %s", (isWatched, heard, expected) => {
  const absent = absentVault("kv-orders", isWatched, heard);
  expect("why" in absent ? absent.why : absent.state).toBe(expected);
  if ("detail" in absent) expect(absent.detail).toContain("KEYMEND_SUBSCRIPTIONS");
});

const GONE: [string, Partial<Facts>, string][] = [
  ["a vault", { vault: { state: "gone", id: VAULT_ID, name: "kv-orders" }, keys: [], access: [] }, "VaultGone"],
  ["a key", { keys: [{ state: "gone", name: "cmk" }] }, "KeyGone"],
  ["the version in use", { keys: [aKey([aVersion(V2)])], targets: [anAccount({ versionInUse: V1 })] }, "KeyGone"],
];
const seenAgo = (ms: number) => aBaseline({ at: toIso(toMs(NOW) - ms) });

describe.each(GONE)("%s that was found nowhere", (_, over, code) => {
  const codes = (more: Partial<Facts>) => {
    const facts = someFacts({ ...over, ...more });
    const diagnosis = diagnose(facts, someSettings());
    return { codes: diagnosis.targets[0]!.findings.map((one) => one.code), blocks: plan(facts, diagnosis, someSettings()).blocks };
  };
  const lost = { targets: [anAccount({ ...over.targets?.[0], service: revoked(4003) })] };

  test.each<[string, Partial<Facts>]>([
    ["it was seen a moment ago, and the service has not looked since", { baseline: seenAgo(5 * MINUTE) }],
    ["the service says that access is lost", { baseline: seenAgo(30 * HOUR), ...lost }],
    ["nobody knows since when, and the service may not have looked since", { baseline: null }],
  ])("is gone for good: %s", (_why, more) => {
    const said = codes(more);
    expect(said.codes).toContain(code);
    expect(said.blocks).toContainEqual(expect.objectContaining({ cause: code, kind: "unrecoverable" }));
  });

  test("is out of sight where the service has looked since, and says that it has access", () => {
    const said = codes({ baseline: seenAgo(2 * HOUR) });
    expect(said.codes).toEqual(["Unreadable"]);
    expect(said.blocks).toEqual([
      expect.objectContaining({ cause: "Unreadable", kind: "escalate", reason: expect.stringContaining("does not see all") }),
    ]);
  });
});

const NOT_JUDGED = { targets: [] };
const EXPIRES = "2027-06-01T00:00:00.000Z";
const JUDGED = { targets: [{ id: ACCOUNT_ID.toUpperCase(), phase: "inGrace" as const }] };

describe("what is known after a look", () => {
  const before = [{ kind: "account" as const, id: ACCOUNT_ID.toUpperCase(), keyUri: KEY_URI, identityIds: ["i"] }];
  const denied = { kind: "account" as const, id: ACCOUNT_ID, state: "unreadable" as const, why: "denied" as const, detail: "no" };

  test("is what was found, as it was found", () => {
    const attached = [{ id: IDENTITY_ID, principalId: null, clientId: null }];
    const targets = [anAccount({ attached, defaultIdentity: { form: "system" } })];
    const keys = [aKey([aVersion(V1, { expiresOn: EXPIRES })])];
    expect(knownAfter(someFacts({ targets, keys }), JUDGED, before)).toEqual([
      { kind: "account", id: ACCOUNT_ID, keyUri: KEY_URI, identityIds: [IDENTITY_ID], phase: "inGrace", expiresOn: EXPIRES },
    ]);
    expect(knownAfter(someFacts({ targets: [anAccount({ attached: [] })] }), NOT_JUDGED, [])[0]?.identityIds).toEqual([IDENTITY_ID]);
  });

  test("stays known while it can't be read, as it was known before", () => {
    expect(knownAfter(someFacts({ targets: [], missing: [denied] }), NOT_JUDGED, before)).toEqual(before);
    // How it was is no word about how it is.
    const judged = before.map((one) => ({ ...one, phase: "healthy" as const }));
    expect(knownAfter(someFacts({ targets: [], missing: [denied] }), JUDGED, judged)).toEqual(before);
    expect(knownAfter(someFacts({ targets: [], missing: [denied] }), NOT_JUDGED, [])).toMatchObject([
      { id: ACCOUNT_ID, keyUri: "https://kv-orders.vault.azure.net" },
    ]);
    const patient = { id: ACCOUNT_ID, kind: "database" as const, vaultName: null };
    expect(knownAfter(someFacts({ patient, targets: [], missing: [denied] }), NOT_JUDGED, [])).toMatchObject([{ keyUri: null }]);
  });

  const dated = before.map((one) => ({ ...one, expiresOn: EXPIRES }));
  const unreadableKey = { ...denied, name: "cmk" };
  test.each<[string, Partial<Facts>, KnownDatabase[], string | null | undefined]>([
    ["is none where the key never runs out", { keys: [aKey([aVersion(V1, { expiresOn: null })])] }, dated, null],
    ["stays what it was while the key can't be read", { keys: [unreadableKey] }, dated, EXPIRES],
    ["is not known where none was ever read", { keys: [unreadableKey] }, before, undefined],
    ["is not known of one that was never seen before", { keys: [unreadableKey] }, [], undefined],
    ["is not that of the key before", { keys: [unreadableKey] }, dated.map((one) => ({ ...one, keyUri: `${KEY_URI}2` })), undefined],
  ])("when it runs out %s", (_, more, known, expected) => {
    expect(knownAfter(someFacts(more), JUDGED, known)[0]?.expiresOn).toBe(expected);
  });

  test("is forgotten once Azure Resource Manager says that it is not there", () => {
    expect(knownAfter(someFacts({ targets: [] }), NOT_JUDGED, before)).toEqual([]);
  });

  test("one without a key depends on no vault, unless the service says that it has lost one", () => {
    const plain = anAccount({ keyUri: null, service: aStatus({ healthy: null, text: null }) });
    expect(knownAfter(someFacts({ targets: [plain] }), JUDGED, [])).toEqual([]);
    const lost = anAccount({ keyUri: null, service: aStatus({ healthy: false }) });
    expect(knownAfter(someFacts({ targets: [lost] }), JUDGED, [])).toMatchObject([{ id: ACCOUNT_ID, keyUri: null }]);
  });
});

test("what is known and not listed is told once, however its id is written", () => {
  const known = { kind: "account" as const, id: ACCOUNT_ID, keyUri: KEY_URI, identityIds: [] };
  const again = { ...known, id: ACCOUNT_ID.toUpperCase() };
  expect(unlistedOf([], [known, again])).toEqual([known]);
  expect(unlistedOf([again], [known])).toEqual([]);
});

test("what is out of sight is unreadable, and says what would bring it into sight", () => {
  expect(outOfSight("kv-x")).toMatchObject({
    state: "unreadable",
    why: "outOfSight",
    detail: expect.stringContaining("KEYMEND_SUBSCRIPTIONS"),
  });
});

describe("an account that shows the version of the key that it had before", () => {
  const old = { keys: [aKey([aVersion(V2)])], targets: [anAccount({ versionInUse: V1, service: revoked(4003) })] };
  const codes = (over: Partial<Facts>) =>
    diagnose(someFacts({ ...old, ...over }), someSettings()).targets[0]!.findings.map(({ code }) => code);
  const seenWith = (key: string) => aBaseline({ holders: { [ACCOUNT_ID.toLowerCase()]: aHolder({ key }) } });
  const wanted = (state: "working" | "closed", databaseId = ACCOUNT_ID) =>
    aWish({ operation: "switch-key", params: { databaseId, keyUri: KEY_URI } }, { status: aStatusOf({ state }) });

  test.each<[string, Partial<Facts>, boolean]>([
    ["that was last well with another key", { baseline: seenWith("cmk-before") }, false],
    ["that somebody moves", { baseline: null, wishes: [wanted("working")] }, false],
    ["that was last well with this very key", { baseline: seenWith("CMK") }, true],
    ["that was moved, and that is over", { baseline: seenWith("cmk"), wishes: [wanted("closed")] }, true],
    ["beside one that is moved", { baseline: seenWith("cmk"), wishes: [wanted("working", `${ACCOUNT_ID}-2`)] }, true],
    ["of which nothing is known", { baseline: null }, true],
  ])("%s", (_, over, isGone) => {
    expect(codes(over).includes("KeyGone")).toBe(isGone);
  });
});
