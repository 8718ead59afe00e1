import { describe, expect, test } from "vitest";
import type { AccountFeatures, Facts, TargetFacts } from "../../../src/domain/facts.ts";
import { MOST_FOUND, newScan, type ScanState, withContainers, withPage, withUnreadable } from "../../../src/domain/id-scan.ts";
import { judgeOperation, mayScan, readsOfWishes } from "../../../src/domain/operations/index.ts";
import { isAwaited, standsInTheWay } from "../../../src/domain/operations/requirements.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { operationInShort } from "../../../src/domain/short-names.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import type { OperationParams } from "../../../src/domain/wish.ts";
import {
  ACCOUNT_ID,
  aDeny,
  anAccess,
  anAccount,
  anIdentity,
  aPolicyVault,
  aStatus,
  aVault,
  IDENTITY_ID,
  identityIdOf,
  KEY_URI,
  NOW,
  PRINCIPAL,
  someFacts,
  someFeatures,
  someSettings,
} from "../../support/builders.ts";
import { after } from "../../support/turns.ts";
import { aStatusOf, aWish, ENABLE, RESTORE, REVOKE, turnOn } from "../../support/wishes.ts";

type Params = OperationParams["enable-cmk"];

const listed = [{ database: "books", container: "entries", paths: ["/tenant"], documents: 10 }];
const running = withContainers(newScan(ACCOUNT_ID, NOW), listed, NOW);
const scanned = (found = 0): ScanState =>
  withPage(
    running,
    running.containers![0]!,
    {
      long: Array.from({ length: found }, (_, i) => ({ partitionKey: '["a"]', bytes: 991 + i, id: "x".repeat(991 + i) })),
      charge: 12.4,
      looked: 10,
      token: null,
    },
    NOW,
    0,
  );

const silent = aStatus({ healthy: null, text: null });
const bare = (over: Partial<TargetFacts> = {}): TargetFacts =>
  anAccount({ keyUri: null, features: someFeatures(), service: silent, ...over });

const withScan = (state: ScanState | null, over: Partial<Facts> = {}): Facts =>
  someFacts({ targets: [bare()], scans: [{ wishId: "w1", principalId: "observer", state }], ...over });
const ready = (over: Partial<Facts> = {}): Facts => withScan(scanned(), over);

const wishWith = (params: Partial<Params> = {}) => aWish({ operation: "enable-cmk", params: { ...ENABLE.params, ...params } });

function judged(facts: Facts, params: Partial<Params> = {}) {
  return judgeOperation({ facts, diagnosis: diagnose(facts, someSettings()), wish: wishWith(params) });
}
const found = (facts: Facts, name: string, params?: Partial<Params>) => judged(facts, params).requirements.find((one) => one.name === name);
const turn = (facts: Facts, params?: Partial<Params>) => decideTurn(turnOn({ ...facts, wishes: [wishWith(params)] }));

test("reads its key, the identity that is named and the account, and may scan", () => {
  expect(readsOfWishes([wishWith({ identityId: IDENTITY_ID })])).toEqual({
    keys: ["cmk"],
    identityIds: [IDENTITY_ID],
    databaseIds: [ACCOUNT_ID],
  });
  expect(readsOfWishes([wishWith()]).identityIds).toEqual([]);
  expect([mayScan(wishWith()), mayScan(aWish(REVOKE))]).toEqual([true, false]);
  expect(operationInShort(wishWith())).toBe("enable-cmk of orders");
});

describe("before anything is written", () => {
  test("the ids are scanned, and the step that is to come is shown", () => {
    const { next, incident } = turn(withScan(null));
    expect(next).toEqual({
      do: "scan",
      scan: {
        wishId: "w1",
        wanted: { accountId: ACCOUNT_ID, endpoint: "https://orders.documents.azure.com:443/", requestUnits: 100 },
        dueAt: NOW,
        progress: { percent: null, etaSeconds: null },
      },
    });
    expect(incident).toMatchObject({
      state: "working",
      nextLookAt: NOW,
      plan: { steps: [{ name: "SetKeyUri", state: "waitsForEarlierStep", undo: null }] },
      wishes: [{ state: "working", progress: { what: "document ids are scanned before anything is written" } }],
    });
  });

  test("a scan whose time has not come is waited for, with how far it is", () => {
    const resting: ScanState = { ...running, containers: [{ ...running.containers![0]!, looked: 5, rest: { until: after(1), count: 1 } }] };
    const { next, incident } = turn(withScan(resting));
    expect(next).toMatchObject({ do: "wait" });
    expect(incident?.wishes?.[0]?.progress).toMatchObject({ percent: 50 });
    expect(found(withScan({ ...resting, foundCount: 2 }), "document ids")?.detail).toBe(
      "0 of 1 container scanned, 2 documents with too long an id so far",
    );
  });

  test("nothing is scanned where something else stands in the way, or in observe mode", () => {
    const facts = withScan(null, { vault: aVault({ purgeProtection: false }) });
    expect(judged(facts).scan).toBeNull();
    expect(turn(facts).next).toMatchObject({ do: "end", outcome: { code: "Refused", reason: "RequirementsUnmet" } });
    const observed = decideTurn(turnOn({ ...withScan(null), wishes: [wishWith()] }, {}, someSettings({ mode: "observe" })));
    expect(observed.next).toMatchObject({ outcome: { code: "Refused", reason: "ObserveMode" } });
  });

  test("a wish that is called off scans no more", () => {
    const wish = { ...wishWith(), cancelled: { at: NOW, by: "bob", reason: "no" } };
    expect(decideTurn(turnOn({ ...withScan(null), wishes: [wish] })).next).toMatchObject({ do: "end", outcome: { reason: "Cancelled" } });
  });

  test("too long ids refuse it, each of them named", () => {
    const { next } = turn(withScan(scanned(5)));
    expect(next).toMatchObject({ do: "end", outcome: { code: "Refused", reason: "RequirementsUnmet" } });
    const { detail, items } = found(withScan(scanned(5)), "document ids")!;
    expect(detail).toContain("5 documents with an id of more than 990 bytes");
    expect(detail).toContain("; and 2 more");
    expect(items).toHaveLength(5);
    expect(items?.[0]).toBe(`books/entries, partition key ["a"]: 991 bytes, beginning with '${"x".repeat(200)}'`);
    expect(found(withScan(scanned(1)), "document ids")?.detail).toContain("1 document with an id");
    expect(found(withScan(scanned(MOST_FOUND + 3)), "document ids")?.items?.at(-1)).toBe("and 3 more, which are counted and not kept");
  });

  test("ids that can't be looked at refuse it, with how Keymend is let", () => {
    const denied = withUnreadable(running, { why: "denied", detail: "403: no" });
    const { state, az } = found(withScan(denied), "document ids")!;
    expect([state, az]).toEqual([
      "unknown",
      [
        "az cosmosdb sql role assignment create --account-name orders --resource-group rg-orders --subscription 0b1f6471-1bf0-4dda-aec3-cb9272f09590 --role-definition-id 00000000-0000-0000-0000-000000000001 --principal-id observer --scope /",
      ],
    ]);
    expect(turn(withScan(denied)).next).toMatchObject({ outcome: { code: "Refused" } });
    const unknown = withScan(denied, { scans: [{ wishId: "w1", principalId: null, state: denied }] });
    expect(found(unknown, "document ids")?.az[0]).toContain("<object id of the identity that Keymend reads as>");
    expect(found(withScan(withUnreadable(running, { why: "firewall", detail: "403" })), "document ids")?.az[0]).toContain("firewalls");
  });
});

const features = (over: Partial<AccountFeatures>): Partial<Facts> => ({ targets: [bare({ features: someFeatures(over) })] });
const elsewhere = { kind: "account" as const, id: ACCOUNT_ID, state: "unreadable" as const, why: "denied" as const, detail: "403: no" };
const firstParty = { form: "firstParty" as const };

test.each<[what: string, name: string, state: string, over: Partial<Facts>, params?: Partial<Params>]>([
  ["an account without a key", "account", "met", {}],
  ["one that has the key", "account", "met", { targets: [bare({ keyUri: KEY_URI })] }],
  ["one with another key of the vault", "account", "unmet", { targets: [bare({ keyUri: `${KEY_URI}2` })] }],
  ["one that is not there, or another vault's", "account", "unmet", { targets: [] }],
  ["one that could not be read", "account", "unknown", { targets: [], missing: [elsewhere] }],
  ["features that could not be read", "account features", "unknown", { targets: [bare({ features: elsewhere })] }],
  ["features that were not read", "account features", "unknown", { targets: [anAccount({ keyUri: null })] }],
  ["Cassandra", "no Cassandra", "unmet", features({ capabilities: ["EnableCassandra"] })],
  ["another API", "no Cassandra", "met", features({ capabilities: ["EnableGremlin"] })],
  ["materialized views", "no materialized views", "unmet", features({ materializedViews: true })],
  ["the change feed of all versions", "no change feed of all versions", "unmet", features({ allVersionsChangeFeed: true })],
  ["vector search", "no vector search", "unmet", features({ capabilities: ["EnableNoSQLVectorSearch"] })],
  ["periodic backup", "managed identity", "met", features({})],
  ["a backup that is not told", "managed identity", "met", features({ backup: null })],
  ["continuous backup with an identity", "managed identity", "met", features({ backup: "Continuous" })],
  [
    "continuous backup with its own identity",
    "managed identity",
    "unmet",
    { targets: [bare({ defaultIdentity: { form: "system" }, systemPrincipalId: "s", features: someFeatures({ backup: "Continuous" }) })] },
  ],
  [
    "analytical store with its own identity",
    "managed identity",
    "met",
    {
      targets: [bare({ defaultIdentity: { form: "system" }, systemPrincipalId: "s", features: someFeatures({ analyticalStorage: true }) })],
    },
  ],
  [
    "continuous backup without one",
    "managed identity",
    "unmet",
    { targets: [bare({ defaultIdentity: firstParty, features: someFeatures({ backup: "Continuous" }) })] },
  ],
  [
    "analytical store without one",
    "managed identity",
    "unmet",
    { targets: [bare({ defaultIdentity: firstParty, features: someFeatures({ analyticalStorage: true }) })] },
  ],
  ["a key that nobody revoked", "key in use", "met", {}],
  [
    "a key that is tagged",
    "key in use",
    "unmet",
    { keys: [{ state: "live", name: "cmk", tags: { "keymend:revoked": "x" }, versions: [] }] },
  ],
  ["a key of a vault that is tagged", "key in use", "unmet", { vault: aVault({ tags: { "keymend:revoked": "x" } }) }],
  [
    "a key that somebody revokes",
    "key in use",
    "unmet",
    { wishes: [aWish(REVOKE, { status: aStatusOf({ state: "closed", outcome: "Completed", stands: true }) })] },
  ],
  [
    "a key whose revocation is taken back, and whose tag comes off once that is done",
    "key in use",
    "met",
    {
      keys: [{ state: "live", name: "cmk", tags: { "keymend:revoked": "w8" }, versions: [] }],
      wishes: [
        aWish(REVOKE, { id: "w8", status: aStatusOf({ state: "closed", outcome: "Completed", stands: true }) }),
        aWish(RESTORE, { id: "w9" }),
      ],
    },
  ],
  ["a grant", "grant", "met", {}],
  ["a lack of it", "grant", "unmet", { access: [anAccess({ assignments: [] })] }],
  [
    "the first party, that is known",
    "grant",
    "unmet",
    {
      targets: [bare({ defaultIdentity: firstParty })],
      firstPartyPrincipalId: "cosmos",
      access: [anAccess({ principalId: "cosmos", assignments: [] })],
    },
  ],
  ["the first party, that is not", "identity", "unknown", { targets: [bare({ defaultIdentity: firstParty })] }],
  [
    "its own identity",
    "grant",
    "unmet",
    { targets: [bare({ defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL })], access: [anAccess({ assignments: [] })] },
  ],
  ["no identity", "identity", "unknown", { targets: [bare({ defaultIdentity: { form: "undefined" } })] }],
  ["an identity that is gone", "identity", "unmet", { identities: [{ state: "gone", id: IDENTITY_ID }] }],
])("%s", (_, name, state, over, params) => {
  expect(found(ready(over), name, params)?.state).toBe(state);
});

test("a grant that lacks is made, unless somebody denies it", () => {
  const lacking = ready({ access: [anAccess({ assignments: [] })] });
  expect(found(lacking, "grant")).toMatchObject({ state: "unmet", ownWork: true });
  expect(judged(lacking).requirements.filter(standsInTheWay)).toEqual([]);
  expect(judged(lacking).drafts.map(({ name }) => name)).toEqual(["GrantKeyRole", "SetKeyUri"]);
  const denied = ready({ access: [anAccess({ assignments: [], denies: [aDeny()] })] });
  expect(found(denied, "grant")).not.toHaveProperty("ownWork");
});

describe("once all is known", () => {
  test("the key is set, alone", () => {
    const { next } = turn(ready());
    expect(next).toMatchObject({
      do: "step",
      step: { name: "SetKeyUri", needs: "nothing", wish: "w1", tells: "an account that was given a key can never be without one again" },
    });
    expect(judged(ready()).requirements.filter(isAwaited)).toEqual([]);
  });

  test("a named identity is attached, then the default, then the key is set", () => {
    const named = { identityId: IDENTITY_ID };
    const plain = bare({ defaultIdentity: firstParty, attached: [] });
    expect(turn(ready({ targets: [plain] }), named).incident?.plan?.steps.map(({ name, state }) => [name, state])).toEqual([
      ["AttachIdentity", "next"],
      ["SetDefaultIdentity", "waitsForEarlierStep"],
      ["SetKeyUri", "waitsForEarlierStep"],
    ]);
    const attached = bare({ defaultIdentity: firstParty });
    expect(turn(ready({ targets: [attached] }), named).next).toMatchObject({ step: { name: "SetDefaultIdentity" } });
    expect(turn(ready({ targets: [bare()] }), named).next).toMatchObject({ step: { name: "SetKeyUri" } });
  });

  test("the system's identity and the first party's are kept where none is named", () => {
    const system = bare({ defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL });
    expect(judged(ready({ targets: [system] })).drafts).toMatchObject([
      { name: "SetKeyUri", params: { first: { defaultIdentity: "SystemAssignedIdentity" } } },
    ]);
    expect(judged(ready({ targets: [bare({ defaultIdentity: { form: "undefined" } })] })).drafts).toEqual([]);
    expect(judged(ready({ targets: [] })).drafts).toEqual([]);
    expect(judged(ready({ identities: [] })).drafts.map(({ name }) => name)).toEqual(["SetKeyUri"]);
  });

  test("on a vault with access policies the identity gets them", () => {
    expect(judged(ready({ vault: aPolicyVault([]) })).drafts.map(({ name }) => name)).toEqual(["AddAccessPolicyPermissions", "SetKeyUri"]);
  });

  test("an identity that is another's default is not switched to without being attached", () => {
    const other = identityIdOf("id-other");
    const facts = ready({ identities: [anIdentity(), anIdentity("id-other", "p-other")] });
    expect(judged(facts, { identityId: other }).drafts.map(({ name }) => name)).toEqual([
      "GrantKeyRole",
      "AttachIdentity",
      "SetDefaultIdentity",
      "SetKeyUri",
    ]);
  });
});

describe("it is done", () => {
  const encrypted = (over: Partial<TargetFacts> = {}) => ready({ targets: [bare({ keyUri: KEY_URI, service: aStatus(), ...over })] });

  test("once the service says that it has access, and no change goes on", () => {
    expect(judged(encrypted()).reached).toMatchObject({ done: true });
    expect(turn(encrypted()).next).toMatchObject({ do: "end", outcome: { code: "Completed" } });
    expect(judged(encrypted({ service: aStatus({ text: null }) })).reached.detail).toContain("the service says ''");
  });

  test.each<[string, Facts, string]>([
    ["before it has a key", ready(), "the account is to be given its key"],
    ["where it is not there", ready({ targets: [] }), "the account is to be given its key"],
    ["while the service says nothing", encrypted({ service: silent }), "orders has its key; waiting for the service"],
    [
      "while it is changed",
      encrypted({ service: aStatus({ provisioningState: "Updating" }) }),
      "orders has its key; waiting for the service",
    ],
  ])("not %s", (_, facts, detail) => {
    expect(judged(facts).reached).toEqual({ done: false, detail: expect.stringContaining(detail) as string });
  });

  test("also where somebody else gave it the key before its ids were scanned: that is waited for", () => {
    const given = encrypted({ service: silent });
    const { next } = turn({ ...given, scans: [{ wishId: "w1", principalId: "observer", state: null }] });
    expect(next).toMatchObject({ do: "wait", until: after(0.5) });
  });

  test("and can't be undone then", () => {
    expect(judged(encrypted()).undo).toEqual(["# an account with a key can't be without one again"]);
    expect(judged(ready()).undo).toEqual([]);
    expect(judged(ready(), { identityId: IDENTITY_ID }).undo[0]).toContain("az cosmosdb update --default-identity");
    expect(judged(encrypted()).scan).toBeNull();
  });
});
