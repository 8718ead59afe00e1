import { expect, test } from "vitest";
import { createScreen, type ScreenDeps } from "../../src/activities/screen.ts";
import type { Patient } from "../../src/domain/facts.ts";
import type { Lists } from "../../src/domain/reads/screening.ts";
import { anAccount, ACCOUNT_ID, aVault, KEY_URI, SUBSCRIPTION } from "../support/builders.ts";
import { throwing, transient } from "../support/fakes.ts";
import { PATIENT } from "../support/turns.ts";

const LISTS: Lists = { targets: [anAccount()], vaults: [aVault()], identities: [], assignments: [], denies: [] };
const EMPTY: Lists = { targets: [], vaults: [], identities: [], assignments: [], denies: [] };
const DAY = 86_400;

function setUp(over: Partial<ScreenDeps> = {}) {
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
  return { asked, screen, screened: async (patient: Patient = PATIENT) => (await screen([patient]))(patient) };
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
  const { screen, asked, screened } = setUp();
  const whole = await screened();
  asked.length = 0;
  const lists = (await screen([PATIENT], false))(PATIENT);
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
            targets: [anAccount({ keyUri: KEY_URI.replace("kv-orders", "kv-two") })],
          }
        : Promise.reject(transient()),
  });
  expect(await screened()).toBe("later");
  expect(await screened(patient)).toMatchObject({ isDoubtful: false });
});

test.each<[string, Lists | undefined | "throws", unknown]>([
  ["got no answer", "throws", "later"],
  ["was refused", undefined, "unread"],
  ["does not show them", EMPTY, "unread"],
])("a vault whose databases are in another subscription, whose list %s, is not taken for one without any", async (_, s2, is) => {
  const { screened, screen, asked } = setUp({
    subscriptionIds: [SUBSCRIPTION.split("/").at(-1)!, "s2"],
    listSubscription: async (id) => {
      if (id !== "s2") return { ...LISTS, targets: [] };
      if (s2 === "throws") throw transient();
      return s2;
    },
  });
  expect(await screened()).toBe(is);
  expect((await screen([PATIENT], false))(PATIENT)).toBe(is);
  expect(asked).toEqual([]);
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
  expect((await none([]))(PATIENT)).toBe("unread");
});
