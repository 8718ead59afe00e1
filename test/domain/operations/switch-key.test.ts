import { describe, expect, test } from "vitest";
import { keyScopeOf } from "../../../src/domain/arm-id.ts";
import type { Facts, HomeFacts, TargetFacts } from "../../../src/domain/facts.ts";
import { judgeOperation, readsOfWishes } from "../../../src/domain/operations/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { revokedOnPurpose } from "../../../src/domain/turn/policy.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import type { WishOnRecord } from "../../../src/domain/wish.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  aCluster,
  aDeny,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  aPolicyVault,
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
  V1,
  V2,
  VAULT_ID,
} from "../../support/builders.ts";
import { after } from "../../support/turns.ts";
import { aStatusOf, aWish, SWITCH_KEY, turnOn } from "../../support/wishes.ts";

const { keyUri } = SWITCH_KEY.params;
const onCluster = { ...SWITCH_KEY, params: { databaseId: CLUSTER_ID, keyUri } };
const SECOND_SCOPE = keyScopeOf(VAULT_ID, "cmk-2");
const own = anAssignment({ scope: KEY_SCOPE });
const toSecond = (createdOn = "2026-11-01T00:00:00.000Z") =>
  anAccess({ keyName: "cmk-2", keyScope: SECOND_SCOPE, assignments: [anAssignment({ scope: SECOND_SCOPE, createdOn })] });
const NONE = anAccess({ keyName: "cmk-2", keyScope: SECOND_SCOPE, assignments: [] });

/** Two keys; the database's identity reaches the one that it has. */
const facts = (over: Partial<Facts> = {}): Facts =>
  someFacts({
    keys: [aKey(), aKey([aVersion(V2)], "cmk-2")],
    access: [anAccess({ assignments: [own] }), NONE],
    baseline: aBaseline(),
    ...over,
  });
const granted = (createdOn?: string) => [anAccess({ assignments: [own] }), toSecond(createdOn)];
const moved = (over: Partial<TargetFacts> = {}) => anAccount({ keyUri, versionInUse: V2, ...over });
const before = { keyUri: KEY_URI, defaultIdentity: `UserAssignedIdentity=${IDENTITY_ID}` };
const wish = (what = SWITCH_KEY): WishOnRecord => aWish(what, { status: aStatusOf({ before }) });
const judged = (over: Facts, one = wish()) => judgeOperation({ facts: over, diagnosis: diagnose(over, someSettings()), wish: one });
const turn = (over: Facts, one = wish(), more: Parameters<typeof turnOn>[1] = {}) => decideTurn(turnOn({ ...over, wishes: [one] }, more));
const unmet = (over: Facts, one?: WishOnRecord) =>
  judged(over, one).requirements.filter(({ state, ownWork, advised }) => state !== "met" && !ownWork && !advised);

test("reads the key that it names", () => {
  expect(readsOfWishes([aWish(SWITCH_KEY)])).toEqual({ keys: ["cmk-2"], identityIds: [], databaseIds: [ACCOUNT_ID] });
  expect(judged(facts()).targetIds).toEqual([ACCOUNT_ID]);
});

describe("the order of Microsoft's guides", () => {
  test("the grant at the new key first; an account its key URI alone, a cluster identity and key in one", () => {
    expect(judged(facts()).drafts).toMatchObject([
      { name: "GrantKeyRole", params: { scope: SECOND_SCOPE, identityId: IDENTITY_ID } },
      { name: "SetKeyUri", params: { keyUri, from: KEY_URI } },
    ]);
    expect(judged(facts({ targets: [aCluster()] }), wish(onCluster)).drafts).toMatchObject([
      { name: "GrantKeyRole" },
      { name: "SetClusterEncryption", params: { identityId: IDENTITY_ID, keyUrl: keyUri, from: KEY_URI } },
    ]);
    expect(judged(facts({ vault: aPolicyVault() })).drafts.map(({ name }) => name)).toEqual(["SetKeyUri"]);
    expect(judged(facts({ targets: [] })).drafts).toEqual([]);
  });

  test("what its identity has at the old key is nothing that it has at the new one: somebody agrees to that", () => {
    const { incident } = turn(facts());
    expect(incident?.plan?.steps).toMatchObject([
      { name: "GrantKeyRole", state: "waitsForApproval", why: "id-orders never had access to key cmk-2 for orders while that was well" },
      { name: "SetKeyUri", state: "waitsForEarlierStep" },
    ]);
  });

  test("it is sent there once the grant has had its time, and not before", () => {
    expect(turn(facts({ access: granted(NOW) })).next).toMatchObject({
      do: "wait",
      why: "orders is to be moved to key cmk-2, once the grant has had the ten minutes that it may take to reach the vault",
    });
    expect(turn(facts({ access: granted() })).next).toMatchObject({
      do: "step",
      step: { name: "SetKeyUri", needs: "nothing", wish: "w1" },
    });
  });

  test("one that uses its own identity, or Azure Cosmos DB's, is granted for that; one that uses none is left alone", () => {
    const system = anAccount({ defaultIdentity: { form: "system" }, systemPrincipalId: "sys" });
    expect(judged(facts({ targets: [system] })).drafts[0]).toMatchObject({ params: { identityId: ACCOUNT_ID, principalId: "sys" } });
    const firstParty = facts({ targets: [anAccount({ defaultIdentity: { form: "firstParty" } })], firstPartyPrincipalId: "cosmos" });
    expect(judged(firstParty).drafts[0]).toMatchObject({ params: { identityId: null, principalId: "cosmos" } });
    const none = facts({ targets: [anAccount({ defaultIdentity: { form: "undefined" } })] });
    expect(judged(none).drafts).toEqual([]);
    expect(unmet(none).map(({ name }) => name)).toContain("identity");
    const strange = facts({ targets: [aCluster({ defaultIdentity: { form: "system" }, systemPrincipalId: "sys" })] });
    expect(judged(strange, wish(onCluster)).drafts).toEqual([]);
  });

  test("a database that somebody has moved to a third key meanwhile is not moved from there", () => {
    const third = facts({ access: granted(), targets: [anAccount({ keyUri: `${KEY_URI}-3` })] });
    expect(turn(third).incident?.plan?.steps.find(({ name }) => name === "SetKeyUri")?.state).not.toBe("next");
    expect(judged(facts({ targets: [anAccount({ keyUri: null })] }), aWish(SWITCH_KEY)).drafts.at(-1)).toMatchObject({
      params: { from: "" },
    });
  });
});

test.each<[what: string, over: Partial<Facts>, name: string]>([
  ["a key that is not there", { keys: [aKey(), { state: "gone", name: "cmk-2" }] }, "key"],
  ["a key that is disabled", { keys: [aKey(), aKey([aVersion(V2, { enabled: false })], "cmk-2")] }, "key enabled"],
  ["a vault without purge protection", { vault: aVault({ purgeProtection: false }) }, "purge protection"],
  ["a database that has lost its key", { targets: [anAccount({ service: revoked() })] }, "database is well"],
  ["a database that has its key elsewhere", { targets: [] }, "database"],
  ["a deny assignment", { access: [anAccess({ assignments: [own] }), { ...NONE, denies: [aDeny()] }] }, "grant"],
])("is refused before anything is written for %s", (_, over, name) => {
  expect(unmet(facts(over))[0]).toMatchObject({ name });
  expect(turn(facts(over)).incident?.wishes).toMatchObject([{ outcome: "Refused", reasonCode: "RequirementsUnmet" }]);
});

test("a key in a vault of which nothing is known may be another tenant's: it is refused", () => {
  const elsewhere = aWish({
    operation: "switch-key",
    params: { databaseId: ACCOUNT_ID, keyUri: "https://kv-fabrikam.vault.azure.net/keys/cmk" },
  });
  for (const over of [facts(), facts({ targets: [] })]) {
    expect(judged(over, elsewhere).requirements.at(-1)).toMatchObject({
      name: "same tenant",
      state: "unmet",
      detail: expect.stringContaining("kv-fabrikam") as string,
    });
    expect(turn(over, elsewhere).incident?.wishes).toMatchObject([{ outcome: "Refused" }]);
  }
});

test("what the service says of the old key is no word on the new one", () => {
  // A condition that was met a while ago, as the service has its key: at the old one.
  const conditional = {
    ...toSecond(),
    assignments: [anAssignment({ scope: SECOND_SCOPE, condition: "@Resource[x] StringEquals 'y'", conditionVersion: "2.0" })],
  };
  expect(turn(facts({ access: [anAccess({ assignments: [own] }), conditional] })).next).not.toMatchObject({ step: { name: "SetKeyUri" } });
});

describe("from another vault", () => {
  const OLD = "https://kv-old.vault.azure.net/keys/cmk";
  const guest = anAccount({ keyUri: OLD });
  const home = (over: Partial<HomeFacts> = {}): HomeFacts => ({
    vault: aVault({ name: "KV-Old" }),
    keys: [aKey()],
    targets: [],
    wishes: [],
    ...over,
  });
  const come = (over: Partial<Facts> = {}): Facts =>
    facts({
      targets: [],
      guests: [guest],
      homes: [home()],
      keys: [aKey([aVersion(V2)], "cmk-2")],
      access: [NONE],
      baseline: null,
      ...over,
    });
  const ofIt = aWish(SWITCH_KEY, { status: aStatusOf({ before: { ...before, keyUri: OLD } }) });

  test("it is granted the key here, which somebody agrees to, and sent here; that vault's databases are not judged by it", () => {
    const { incident } = turn(come(), aWish(SWITCH_KEY));
    expect(incident?.targets).toEqual([]);
    expect(incident?.wishes).toMatchObject([{ before: { keyUri: OLD } }]);
    expect(incident?.plan?.steps).toMatchObject([
      {
        name: "GrantKeyRole",
        on: SECOND_SCOPE,
        state: "waitsForApproval",
        why: expect.stringMatching(/orders never came up with key cmk-2/) as string,
      },
      { name: "SetKeyUri", state: "waitsForEarlierStep" },
    ]);
    expect(turn(come({ access: [toSecond()] }), ofIt).next).toMatchObject({
      do: "step",
      step: { name: "SetKeyUri", params: { from: OLD } },
    });
  });

  test("the tags of the database count, and its service's word", () => {
    const tagged = { ...guest, tags: { "keymend:mode": "observe" } };
    expect(turn(come({ guests: [tagged], access: [toSecond()] }), ofIt).incident?.wishes).toMatchObject([
      { outcome: "Refused", reasonCode: "ObserveMode" },
    ]);
    expect(unmet(come({ guests: [{ ...guest, service: revoked() }] }), ofIt)[0]).toMatchObject({ name: "database is well" });
  });

  const off = aKey([aVersion(V1, { enabled: false })]);
  test.each<[what: string, homes: HomeFacts[], words: RegExp]>([
    ["a key that is disabled there", [home({ keys: [off] })], /^where orders has its key, key enabled: version \w+ is disabled$/],
    [
      "a key that is deleted there",
      [home({ keys: [{ state: "deleted", name: "cmk", deletedOn: null, purgesOn: null } as never] })],
      /key cmk is deleted/,
    ],
    ["a key that could not be read there", [home({ keys: [] })], /key cmk is not read/],
    ["a vault that is gone", [home({ vault: { state: "gone", id: null, name: "kv-old" }, keys: [] })], /vault kv-old is gone/],
    ["a vault that was not looked at", [], /no vault is named/],
  ])("it is not begun with %s, though the service has not noticed", (_, homes, words) => {
    const asked = come({ homes, access: [toSecond()] });
    expect(unmet(asked, ofIt)).toMatchObject([{ name: "database is well", detail: expect.stringMatching(words) as string }]);
    expect(turn(asked, ofIt).incident?.wishes).toMatchObject([{ outcome: "Refused", reasonCode: "RequirementsUnmet" }]);
  });

  const tags = { "keymend:revoked": "x" };
  const stands = { id: "r1", status: aStatusOf({ state: "closed", outcome: "Completed", stands: true }) } as const;
  const sharing = aCluster({ keyUri: OLD });
  test.each<[what: string, over: Partial<HomeFacts>]>([
    ["its vault's tag", { vault: aVault({ name: "kv-old", tags }) }],
    ["its key's tag", { keys: [{ ...aKey(), tags } as typeof off] }],
    ["the record of its key", { wishes: [aWish({ operation: "revoke", params: { keyUri: OLD } }, stands)] }],
    ["the record of its grant", { wishes: [aWish({ operation: "revoke", params: { databaseId: ACCOUNT_ID } }, stands)] }],
    [
      "the record of the grant of one that shares its identity",
      { wishes: [aWish({ operation: "revoke", params: { databaseId: CLUSTER_ID } }, stands)], targets: [sharing] },
    ],
  ])("what was taken from it on purpose is not given back by that: %s", (_, over) => {
    expect(revokedOnPurpose(come(), guest)).toBeUndefined();
    const meant = come({ homes: [home(over)], access: [toSecond()] });
    expect(revokedOnPurpose(meant, guest)).toBeDefined();
    expect(turn(meant, ofIt).next).not.toMatchObject({ do: "step" });
    // The names of keys are each vault's own.
    const here = come({ keys: [aKey([aVersion(V2)], "cmk-2"), { ...aKey(), tags } as typeof off] });
    expect(revokedOnPurpose(here, guest)).toBeUndefined();
  });

  test("from a managed HSM, of which nothing is read, the service's word is all there is", () => {
    const hsm = anAccount({ keyUri: "https://hsm-old.managedhsm.azure.net/keys/cmk" });
    expect(unmet(come({ guests: [hsm], homes: [], access: [toSecond()] }), ofIt)).toEqual([]);
  });

  test("once it is here it is this vault's, and the key that it leaves is another's to tell of", () => {
    const here = come({ targets: [moved()], guests: [], access: [toSecond()] });
    expect(turn(here, ofIt).next).toMatchObject({ do: "wait", why: expect.stringMatching(/^orders uses key cmk-2/) as string });
    expect(judged(here, ofIt).disposable[0]).toBe(
      "# orders does not wrap with key kv-old/cmk any more; whether another database does is told by a look at its vault",
    );
    expect(judged(here, ofIt).undo.at(-1)).toMatch(/--key-uri https:\/\/kv-old/);
  });
});

describe("is done", () => {
  const there = (over: Partial<Facts> = {}) => facts({ access: granted(), targets: [moved()], ...over });

  test("once it is on the new key and well for a whole check of the service's; no cause finds anything in it", () => {
    const first = turn(there());
    expect(first.next).toMatchObject({ do: "wait", why: expect.stringMatching(/^orders uses key cmk-2/) as string });
    expect(diagnose(there(), someSettings()).targets[0]?.findings).toEqual([]);
    const done = turn({ ...there(), at: after(66) }, wish(), { incident: first.incident, turn: 1, now: after(66) });
    expect(done.next).toMatchObject({ do: "end", outcome: { code: "Completed" } });
    const ofCluster = there({ targets: [aCluster({ keyUri })] });
    expect(turn(ofCluster, wish(onCluster)).next).toMatchObject({
      do: "wait",
      why: expect.stringMatching(/^carts uses key cmk-2/) as string,
    });
  });

  test("and on the way there what happens to it is no reason to stop", () => {
    expect(unmet(there({ targets: [moved({ service: revoked() })] }))).toEqual([]);
    expect(judged(there({ targets: [moved({ service: revoked() })] })).reached.detail).toMatch(/^moved to key cmk-2; /);
  });

  test("the way back is told, and the key before is kept for the backups", () => {
    expect(judged(there()).undo).toEqual([expect.stringContaining("a revoked account"), expect.stringMatching(/--key-uri .*\/keys\/cmk$/)]);
    expect(judged(there({ targets: [aCluster({ keyUri })] }), wish(onCluster)).undo[0]).toContain(`"keyEncryptionKeyUrl":"${KEY_URI}"`);
    expect(judged(there({ targets: [aCluster({ keyUri, defaultIdentity: { form: "undefined" } })] }), wish(onCluster)).undo).toEqual([]);
    expect([judged(facts()).undo, judged(facts({ targets: [] })).undo, judged(there(), aWish(SWITCH_KEY)).undo]).toEqual([[], [], []]);
    expect(judged(there()).disposable).toEqual([
      "# orders does not wrap with key kv-orders/cmk any more; nor does another database of this vault",
      "# keep the grant of id-orders on that key for as long as the key itself is needed",
      "# backups of orders from that time are restored with key kv-orders/cmk: it stays enabled while one of them is kept",
      expect.stringMatching(/^az cosmosdb show .*--query backupPolicy$/),
    ]);
    const restored = judged(there({ targets: [moved({ restoredFrom: "/somewhere" })] })).disposable;
    expect(restored.at(-1)).toBe("# orders came from a backup, and may hold what was wrapped with key kv-orders/cmk");
    const back = facts({ access: granted(), targets: [anAccount()] });
    expect(judged(back).disposable).toEqual(["# orders does not use key cmk-2 any more: nothing is to go"]);
    expect(judged(there({ targets: [moved({ defaultIdentity: { form: "system" }, systemPrincipalId: "s" })] })).disposable[1]).toContain(
      "its identity",
    );
    expect(judged(there({ targets: [moved(), aCluster(), aCluster({ id: `${CLUSTER_ID}2`, keyUri: null })] })).disposable).toEqual([
      "# carts still wrap with key cmk: it stays, and so does its grant",
    ]);
    expect([judged(facts({ targets: [] })).disposable, judged(there(), aWish(SWITCH_KEY)).disposable]).toEqual([[], []]);
  });
});
