import { expect, test } from "vitest";
import { createScreen, type ScreenDeps } from "../../src/activities/screen.ts";
import type { KnownDatabase } from "../../src/domain/databases/sight.ts";
import type { Patient, TargetFacts } from "../../src/domain/facts.ts";
import type { Lists } from "../../src/domain/reads/screening.ts";
import { anAccount, ACCOUNT_ID, aVault, KEY_URI, SUBSCRIPTION } from "../support/builders.ts";
import { throwing, transient } from "../support/fakes.ts";
import { PATIENT } from "../support/turns.ts";

const LISTS: Lists = { targets: [anAccount()], vaults: [aVault()], identities: [], assignments: [], denies: [] };
const EMPTY: Lists = { targets: [], vaults: [], identities: [], assignments: [], denies: [] };
const DAY = 86_400;

/** databases: what is known to depend on it. */
function setUp(over: Partial<ScreenDeps> = {}, databases: readonly KnownDatabase[] = []) {
  const asked: string[] = [];
  const screen = createScreen({
    subscriptionIds: [SUBSCRIPTION.split("/").at(-1)!.toUpperCase()],
    listSubscription: async () => LISTS,
    screenKey: async ({ name }, key) => {
      asked.push(`${name} ${key}`);
      return [{ enabled: true, notBefore: 100, expires: 300 * DAY }];
    },
    digest: (value) => JSON.stringify(value),
    principalIds: [],
    expiryLeadMs: 30 * DAY * 1000,
    ...over,
  });
  const sight = (patient: Patient) => ({ patients: [patient], databases });
  return {
    asked,
    screened: async (patient: Patient = PATIENT) => (await screen(sight(patient)))(patient),
    withoutKeys: async () => (await screen(sight(PATIENT), false))(PATIENT),
  };
}

test("a vault is what lists and its keys' versions tell, with the times that they name", async () => {
  const { screened, asked } = setUp();
  expect(await screened()).toEqual({
    lists: expect.stringContaining(ACCOUNT_ID),
    keys: expect.stringContaining('"expires":25920000'),
    isDoubtful: false,
    times: [100_000, 300 * DAY * 1000, 270 * DAY * 1000],
  });
  expect(asked).toEqual(["kv-orders cmk"]);
});

test("without keys it is what lists tell alone, which is the same with them", async () => {
  const { withoutKeys, asked, screened } = setUp();
  const whole = await screened();
  asked.length = 0;
  const lists = await withoutKeys();
  expect(asked).toEqual([]);
  expect(lists).toMatchObject({ lists: (whole as { lists: string }).lists });
});

test("another version, another database and another vault are another portrait", async () => {
  const digests = await Promise.all([
    setUp().screened(),
    setUp({ screenKey: async () => [{ enabled: false, notBefore: null, expires: null }] }).screened(),
    setUp({ screenKey: async () => null }).screened(),
    setUp({ listSubscription: async () => ({ ...LISTS, targets: [] }) }).screened(),
    setUp({ listSubscription: async () => ({ ...LISTS, vaults: [] }) }).screened(),
  ]);
  expect(new Set(digests.map((one) => (typeof one === "string" ? one : `${one.lists} ${one.keys}`))).size).toBe(5);
});

test("of a key that many databases use, however each writes it, the versions are read once", async () => {
  const targets = [
    anAccount(),
    anAccount({ id: `${ACCOUNT_ID}-2`, keyUri: `${KEY_URI}/` }),
    anAccount({ id: `${ACCOUNT_ID}-3`, keyUri: "https://kv-orders.vault.azure.net" }),
  ];
  const { screened, asked } = setUp({ listSubscription: async () => ({ ...LISTS, targets }) });
  await screened();
  expect(asked).toEqual(["kv-orders cmk"]);
});

test.each<[string, Partial<ScreenDeps>, unknown]>([
  ["a list got no answer", { listSubscription: throwing(transient()) }, "later"],
  ["a list was refused", { listSubscription: async () => undefined }, "unread"],
  ["a key got no answer", { screenKey: throwing(transient()) }, "later"],
  ["a key was refused", { screenKey: async () => undefined }, "unread"],
])("where %s it is neither the same nor another", async (_, over, is) => {
  expect(await setUp(over).screened()).toBe(is);
});

test("a subscription without an answer keeps those of another from nothing", async () => {
  const other = "/subscriptions/s2/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-two";
  const patient: Patient = { id: other, kind: "vault", vaultName: "kv-two" };
  const { screened } = setUp({
    subscriptionIds: [SUBSCRIPTION.split("/").at(-1)!, "s2"],
    listSubscription: async (id) =>
      id === "s2"
        ? {
            ...EMPTY,
            vaults: [aVault({ id: other, name: "kv-two" })],
            targets: [anAccount({ keyUri: KEY_URI.replace("kv-orders", "kv-two"), defaultIdentity: { form: "system" } })],
          }
        : Promise.reject(transient()),
  });
  expect(await screened()).toBe("later");
  expect(await screened(patient)).toMatchObject({ isDoubtful: false });
});

/** A subscription is watched whose lists tell that, or throw, or are refused. */
type Second = Lists | undefined | "throws";

const S2 = "/subscriptions/s2/resourceGroups/rg/providers";
const ELSEWHERE = anAccount({ id: `${S2}/Microsoft.DocumentDB/databaseAccounts/carts`, name: "carts" });

const setUpWith = (s2: Second, first: Partial<Lists>, known: readonly TargetFacts[]) =>
  setUp(
    {
      subscriptionIds: [SUBSCRIPTION.split("/").at(-1)!, "s2"],
      listSubscription: async (id) => {
        if (id !== "s2") return { ...LISTS, ...first };
        if (s2 === "throws") throw transient();
        return s2;
      },
    },
    known.map(({ kind, id, keyUri }) => ({ kind, id, keyUri, identityIds: [] })),
  );

const NOT_SHOWN: [string, Second, unknown][] = [
  ["got no answer", "throws", "later"],
  ["was refused", undefined, "unread"],
  ["does not show them", EMPTY, "unread"],
];

test.each(NOT_SHOWN)(
  "a vault whose databases are in another subscription, whose list %s, is not taken for one without any",
  async (_, s2, is) => {
    const { screened, withoutKeys, asked } = setUpWith(s2, { targets: [] }, [ELSEWHERE]);
    expect(await screened()).toBe(is);
    expect(await withoutKeys()).toBe(is);
    expect(asked).toEqual([]);
  },
);

test.each(NOT_SHOWN)("nor is one of which one database is there, whose list %s, taken for one with the rest alone", async (_, s2, is) => {
  const { screened, withoutKeys, asked } = setUpWith(s2, {}, [anAccount(), ELSEWHERE]);
  expect(await screened()).toBe(is);
  expect(await withoutKeys()).toBe(is);
  expect(asked).toEqual([]);
});

test("that of a database which is shown, however its id is written, is a portrait as any", async () => {
  const { screened } = setUpWith({ ...EMPTY, targets: [ELSEWHERE] }, {}, [
    anAccount({ id: ACCOUNT_ID.toUpperCase() }),
    ELSEWHERE,
    anAccount({ id: `${ACCOUNT_ID}-3`, keyUri: KEY_URI.replace("kv-orders", "kv-other") }),
  ]);
  expect(await screened()).toMatchObject({ lists: expect.stringContaining(ELSEWHERE.id) });
});

test.each<[string, Second | "not watched", unknown]>([
  ["got no answer", "throws", "later"],
  ["were refused", undefined, "unread"],
  ["are read by nobody", "not watched", "unread"],
  ["do not show it any more", EMPTY, expect.objectContaining({ isDoubtful: false })],
])("the identity that a database goes by may be gone: where the lists of its subscription %s", async (_, s2, is) => {
  const id = `${S2}/Microsoft.ManagedIdentity/userAssignedIdentities/id-carts`.replace("s2", s2 === "not watched" ? "s9" : "s2");
  const { screened } = setUpWith(
    s2 === "not watched" ? EMPTY : s2,
    { targets: [anAccount({ defaultIdentity: { form: "user", id, federatedClientId: null } })] },
    [],
  );
  expect(await screened()).toEqual(is);
});

test.each<[string, Patient]>([
  ["a database that names no vault", { id: ACCOUNT_ID, kind: "database", vaultName: null }],
  ["a vault that nobody has an id of", { ...PATIENT, id: "https://kv-orders.vault.azure.net" }],
  [
    "a vault of a subscription that is not watched",
    { ...PATIENT, id: "/subscriptions/s9/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-orders" },
  ],
])("%s shows in no list", async (_, patient) => {
  expect(await setUp().screened(patient)).toBe("unread");
});

test("who was not asked about was not read; a mistake of this program is thrown on", async () => {
  const { screened } = setUp({ listSubscription: throwing(new TypeError("a mistake")) });
  await expect(screened()).rejects.toThrow("a mistake");
  const none = createScreen({ ...({} as ScreenDeps), subscriptionIds: [] });
  expect((await none({ patients: [], databases: [] }))(PATIENT)).toBe("unread");
});
