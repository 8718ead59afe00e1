import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IdentityFacts } from "../../../src/domain/facts.ts";
import { isDoubtful, isMeant, putOff, type Known, type Lists, portraits, whyLook } from "../../../src/domain/reads/screening.ts";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import {
  anIdentity,
  aCluster,
  anAccount,
  anAssignment,
  aVault,
  ACCOUNT_ID,
  IDENTITY_ID,
  identityIdOf,
  KEY_URI,
  OWN,
  PRINCIPAL,
  revoked,
  SUBSCRIPTION,
  VAULT_ID,
} from "../../support/builders.ts";

const NOW = 100 * HOUR;
const SAME = { lists: "d", keys: "k", isDoubtful: false, times: [] };
/** Screened, the same as before, and looked at a minute ago. */
const quiet: Known = {
  seenAllAt: null,
  before: { lists: "d", keys: "k", lookedAt: NOW - MINUTE },
  screened: SAME,
  isAtWork: false,
  isTold: false,
  isTroubled: false,
  share: 0.5,
};

describe("a full look", () => {
  const ago = (ms: number) => ({ before: { lists: "d", keys: "k", lookedAt: NOW - ms } });
  test.each<[string, Partial<Known>, string | null]>([
    ["nothing is new", {}, null],
    ["it is at work", { isAtWork: true }, "it is at work"],
    ["it was told of", { isTold: true }, "it was told of and not looked at"],
    ["it was in trouble", { isTroubled: true }, "it was in trouble within the last day"],
    ["it was never screened", { before: undefined }, "it is new"],
    ["lists do not show it", { screened: "unread" }, "lists do not show it"],
    ["lists could not be read once", { screened: "later" }, null],
    ["lists could not be read for ten minutes", { screened: "later", ...ago(10 * MINUTE) }, "lists could not be read"],
    ["lists could not be read, and five minutes ago they were", { screened: "later", seenAllAt: NOW - 5 * MINUTE, ...ago(HOUR) }, null],
    [
      "lists could not be read, nor ten minutes ago",
      { screened: "later", seenAllAt: NOW - 10 * MINUTE, ...ago(HOUR) },
      "lists could not be read",
    ],
    ["something is another", { screened: { ...SAME, lists: "e" } }, "it has changed"],
    ["a key is another", { screened: { ...SAME, keys: "e" } }, "it has changed"],
    ["the service doubts it", { screened: { ...SAME, isDoubtful: true } }, "the service says that it has lost its key"],
    ["a key's time has come", { screened: { ...SAME, times: [NOW] } }, "a time has come that its key names"],
    ["a key's time has come before the last look", { screened: { ...SAME, times: [NOW - MINUTE] } }, null],
    ["a key's time is to come", { screened: { ...SAME, times: [NOW + 1] } }, null],
    ["its last look was put down by a clock that was ahead", ago(-1), "its last look lies ahead: the clock was set back"],
    ["it is its turn in the hour", ago(31 * MINUTE), "its hour has passed"],
    ["it was its turn since and it was looked at", ago(30 * MINUTE), null],
  ])("where %s", (_, over, why) => {
    expect(whyLook({ ...quiet, ...over }, NOW)).toBe(why);
  });

  test("comes once an hour for each, spread evenly", () => {
    const lookedAt = new Map<number, number>();
    const looks: number[] = [];
    for (let round = 0; round < 24; round += 1) {
      const now = NOW + round * 5 * MINUTE;
      for (let n = 0; n < 120; n += 1) {
        const before = { lists: "d", keys: "k", lookedAt: lookedAt.get(n) ?? NOW - HOUR / 2 };
        if (whyLook({ ...quiet, before, share: n / 120 }, now) === null) continue;
        lookedAt.set(n, now);
        looks[round] = (looks[round] ?? 0) + 1;
      }
    }
    // Those whose turn was missed before come first; from then on a twelfth each time.
    expect(looks.slice(1)).toEqual(Array(23).fill(10));
  });
});

const LOOKED = NOW - MINUTE;
test.each([
  ["the lists are as they were", quiet.before, { ...SAME, keys: "" }, false, LOOKED, false],
  ["they are not", quiet.before, { ...SAME, lists: "e" }, false, LOOKED, true],
  ["they do not show it", quiet.before, "unread" as const, false, LOOKED, true],
  ["it is new", undefined, SAME, false, LOOKED, true],
  ["it was screened after that, and is in trouble", quiet.before, SAME, true, LOOKED, true],
  ["it was screened before that, and was in trouble then", quiet.before, SAME, true, LOOKED + 1, false],
])("what was done above a vault, where %s", (_, before, screened, isTroubled, at, meant) => {
  expect(isMeant(before, screened, isTroubled, at)).toBe(meant);
});

test("of those whose hour alone has passed 25 are looked at in a sweep of few vaults, longest ago first", () => {
  const turn = (lookedAt: number) => ({ why: whyLook({ ...quiet, before: { lists: "d", keys: "k", lookedAt } }, NOW), lookedAt });
  const all = [...Array.from({ length: 30 }, (_, i) => turn(30 - i)), { why: "it has changed", lookedAt: 99 }, { why: null, lookedAt: 99 }];
  expect(putOff(all, 5 * MINUTE).map(({ lookedAt }) => lookedAt)).toEqual([26, 27, 28, 29, 30]);
  expect(putOff(all.slice(0, 25), 5 * MINUTE)).toEqual([]);
});

test("an hour's turn comes within the hour, however many vaults there are and however often they are swept", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), fc.constantFrom(1, 5, 10, 20), (vaults, minutes) => {
      const period = minutes * MINUTE;
      // Hours are spread by a hash: here evenly, as it spreads them.
      const lookedAt = Array.from({ length: vaults }, (_, i) => NOW - HOUR + (i / vaults) * HOUR);
      const shares = lookedAt.map((at) => (((at % HOUR) + HOUR) % HOUR) / HOUR);
      let oldest = 0;
      for (let now = NOW; now < NOW + 3 * HOUR; now += period) {
        const all = lookedAt.map((at, i) => ({
          i,
          lookedAt: at,
          why: whyLook({ ...quiet, before: { lists: "d", keys: "k", lookedAt: at }, share: shares[i]! }, now),
        }));
        const off = new Set(putOff(all, period));
        for (const one of all) if (one.why !== null && !off.has(one)) lookedAt[one.i] = now;
        oldest = Math.max(oldest, ...lookedAt.map((at) => now - at));
      }
      expect(oldest).toBeLessThanOrEqual(HOUR + 2 * period);
    }),
    { numRuns: 10 },
  );
});

describe("a portrait", () => {
  const identity = anIdentity();
  const second = "22222222-0000-4000-8000-000000000002";
  const other = anIdentity("other", second);
  const at = (scope: string, principalId = PRINCIPAL, principalType = "ServicePrincipal") =>
    anAssignment({ id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${principalId}`, scope, principalId, principalType });
  const lists = (over: Partial<Lists> = {}): Lists => ({
    targets: [
      anAccount(),
      aCluster({ keyUri: KEY_URI.replace("kv-orders", "kv-carts") }),
      anAccount({ id: `${ACCOUNT_ID}-x`, keyUri: null }),
    ],
    vaults: [aVault()],
    identities: [other, identity],
    assignments: [],
    denies: [],
    ...over,
  });
  const of = (over: Partial<Lists> = {}, others: string[] = []) => portraits(lists(over), others)("KV-orders");

  test("shows the vault, the databases on it and the identities that they use", () => {
    expect(of()).toEqual({ vault: aVault(), targets: [anAccount()], identities: [identity], assignments: [], denies: [] });
  });

  test("of a database that uses its own identity shows what that one is granted", () => {
    const own = anAccount({ attached: [], defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL });
    expect(of({ targets: [own], assignments: [at(VAULT_ID)] })).toMatchObject({
      targets: [own],
      identities: [],
      assignments: [at(VAULT_ID)],
    });
  });

  test("of an identity that no list shows shows what it is granted, as the database names it", () => {
    const attached = [{ id: identityIdOf("elsewhere"), principalId: PRINCIPAL, clientId: "c" }];
    const targets = [anAccount({ attached })];
    expect(of({ targets, identities: [], assignments: [at(VAULT_ID)] }).assignments).toEqual([at(VAULT_ID)]);
    const attaching = [{ id: identityIdOf("elsewhere"), principalId: null, clientId: null }];
    expect(of({ targets: [anAccount({ attached: attaching })], identities: [], assignments: [at(VAULT_ID)] }).assignments).toEqual([]);
  });

  test("shows an identity that has no principal yet, and nothing that is granted to it", () => {
    const unusable: IdentityFacts = { id: IDENTITY_ID, state: "unreadable", why: "unusable", detail: "no principal yet" };
    const targets = [anAccount({ attached: [{ id: IDENTITY_ID, principalId: null, clientId: null }] })];
    expect(of({ targets, identities: [unusable], assignments: [at(VAULT_ID)] })).toMatchObject({ identities: [unusable], assignments: [] });
  });

  test("of a vault that no list shows shows the databases alone, and no grant", () => {
    expect(of({ vaults: [], assignments: [at(SUBSCRIPTION)] })).toMatchObject({ vault: null, targets: [anAccount()], assignments: [] });
  });

  test("the order of a list is nothing", () => {
    const two = [anAccount(), anAccount({ id: `${ACCOUNT_ID}-2` })];
    expect(of({ targets: two })).toEqual(of({ targets: two.toReversed() }));
  });

  test.each<[string, Lists["assignments"][number], boolean]>([
    ["of its identity at the vault", at(VAULT_ID), true],
    ["of its identity at a key", at(`${VAULT_ID}/keys/cmk`), true],
    ["of its identity above", at(SUBSCRIPTION), true],
    ["of its identity elsewhere", at("/subscriptions/other"), false],
    ["of somebody else", at(VAULT_ID, second), false],
    ["of a group, who may have it as a member", at(SUBSCRIPTION, second, "Group"), true],
    ["of Cosmos DB itself", at(VAULT_ID, "33333333-0000-4000-8000-000000000003"), true],
    ["of Keymend itself, above", at(SUBSCRIPTION, OWN.keys.toUpperCase()), true],
  ])("a grant %s", (_, assignment, shown) => {
    const others = ["33333333-0000-4000-8000-000000000003", OWN.keys];
    expect(of({ assignments: [assignment] }, others).assignments).toEqual(shown ? [assignment] : []);
  });

  test("a group's grant to an identity is one", () => {
    expect(of({ assignments: [at(VAULT_ID, PRINCIPAL, "Group")] }).assignments).toHaveLength(1);
  });

  test("denials count where they touch the vault, whomever they deny", () => {
    const deny = { id: "/d", name: "d", scope: SUBSCRIPTION, permissions: [], principals: [], excludePrincipals: [] };
    const whole = { ...deny, doesNotApplyToChildScopes: false, condition: null, changedOn: null };
    expect(of({ denies: [whole, { ...whole, scope: "/subscriptions/other" }] }).denies).toEqual([whole]);
  });

  test("is doubtful where the service says that a database has lost its key", () => {
    expect(isDoubtful(of())).toBe(false);
    expect(isDoubtful(of({ targets: [anAccount({ service: revoked() })] }))).toBe(true);
  });
});
