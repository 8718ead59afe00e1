import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Baseline } from "../../src/domain/facts.ts";
import { createBaselineStore } from "../../src/storage/baseline-store.ts";
import { anAssignment } from "../support/builders.ts";
import { useAzurite } from "../support/azurite.ts";

const { fresh } = useAzurite();
const VAULT = { id: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/V1" };
const baseline: Baseline = {
  at: "2026-11-21T10:00:00.000Z",
  assignments: [],
  policies: [],
  permissionModel: "rbac",
  network: { publicNetworkAccess: null, defaultAction: "Allow", bypass: "AzureServices", ipRules: [], virtualNetworkRules: [] },
  sku: "standard",
  eventSubscriptions: [],
  defaultIdentities: {},
  principals: {},
};

test("knows a vault by its id in any casing, by its URI, and by its name", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  expect(await store.load(VAULT.id)).toEqual({ baseline: null, expiryExtensions: {}, known: [], lifted: [] });
  expect(await store.vaultIdOf("v1")).toBeUndefined();
  await store.save(VAULT, baseline);
  await store.save(VAULT, { ...baseline, sku: "premium" });
  expect((await store.load(VAULT.id.toLowerCase())).baseline).toEqual({ ...baseline, sku: "premium" });
  expect((await store.load("https://v1.vault.azure.net")).baseline?.sku).toBe("premium");
  expect(await store.vaultIdOf("V1")).toBe(VAULT.id);
});

test("a vault known by its URI alone has no id", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  await store.save({ id: "https://v1.vault.azure.net" }, baseline);
  expect(await store.vaultIdOf("v1")).toBeUndefined();
});

test("counts extensions per key version, beside the baseline", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  await store.save(VAULT, baseline);
  await store.countExtension(VAULT, "v1/k1/0", 1);
  await store.countExtension(VAULT, "v1/k1/0", 2);
  await store.countExtension(VAULT, "v1/k1/0", 2);
  await store.countExtension(VAULT, "v1/k1/1", 1);
  await store.save(VAULT, baseline);
  expect(await store.load(VAULT.id)).toEqual({ baseline, expiryExtensions: { "v1/k1/0": 2, "v1/k1/1": 1 }, known: [], lifted: [] });
});

test("keeps what was told of a vault, beside the baseline", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  expect(await store.readinessTold(VAULT)).toBeUndefined();
  await store.keepReadinessTold(VAULT, "d1");
  await store.keepReadinessTold(VAULT, "d2");
  expect(await store.readinessTold({ id: VAULT.id.toLowerCase() })).toBe("d2");
  expect(await store.load(VAULT.id)).toEqual({ baseline: null, expiryExtensions: {}, known: [], lifted: [] });
});

test("keeps why a vault is not armed until it is, beside the baseline, and lists those that are not", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  const unarmed = { vaultId: VAULT.id, why: "nobody may", az: ["az rest"] };
  expect(await store.listUnarmed()).toEqual([]);
  await store.keepUnarmed(VAULT, { ...unarmed, why: "before" });
  await store.keepUnarmed({ id: VAULT.id.toUpperCase() }, unarmed);
  await store.keepUnarmed({ id: `${VAULT.id}-2` }, unarmed);
  expect(await store.load(VAULT.id)).toEqual({ baseline: null, expiryExtensions: {}, known: [], lifted: [], unarmedTold: "nobody may" });
  expect(await store.listUnarmed()).toEqual([unarmed, unarmed]);
  await store.keepUnarmed(VAULT, null);
  await store.keepUnarmed(VAULT, null);
  expect(await store.listUnarmed()).toEqual([unarmed]);
  expect(await store.load(VAULT.id)).not.toHaveProperty("unarmedTold");
});

test("a database of its own has nothing to share with others", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  const account = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DocumentDB/databaseAccounts/v1";
  await store.save(VAULT, baseline);
  expect((await store.load(account)).baseline).toBeNull();
});

test.each([
  ["a group named providers", "/subscriptions/s/resourceGroups/providers/providers/Microsoft.KeyVault/vaults/V1"],
  ["letters beyond ASCII", "/subscriptions/s/resourceGroups/rg-DONNÉES/providers/Microsoft.DocumentDB/databaseAccounts/orders"],
  ["a letter that depends on what follows it", "/subscriptions/s/resourceGroups/ΑΣ/providers/Microsoft.DocumentDB/databaseAccounts/orders"],
])("finds a patient again in every way of writing its id: %s", async (_what, id) => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  await store.save({ id }, baseline);
  for (const other of [id.toLowerCase(), id.slice(1), `${id}/`, encodeURI(id)])
    expect((await store.load(other)).baseline).toEqual(baseline);
});

/** What no packing makes small: ids that repeat nothing. */
const guid = (): string => randomUUID();

test("keeps the most that one vault comes with: 1,024 access policies and 500 databases", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  const keys = "get list update create import delete recover backup restore decrypt encrypt unwrapKey wrapKey verify sign purge".split(" ");
  const identity = (i: number) =>
    `/subscriptions/${guid()}/resourceGroups/rg-${i}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-${i}`;
  const most: Baseline = {
    ...baseline,
    policies: Array.from({ length: 1024 }, () => ({ tenantId: guid(), objectId: guid(), applicationId: null, keys })),
    assignments: Array.from({ length: 500 }, (_, i) =>
      anAssignment({ id: `${VAULT.id}/a/${guid()}`, name: guid(), principalId: guid(), description: `é${i}` }),
    ),
    defaultIdentities: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [identity(i), identity(i)])),
    principals: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [identity(i), guid()])),
  };
  expect(JSON.stringify(most).length).toBeGreaterThan(480_000);
  await store.save(VAULT, most);
  expect((await store.load(VAULT.id)).baseline).toEqual(most);
  await store.save(VAULT, baseline);
  expect((await store.load(VAULT.id)).baseline).toEqual(baseline);
});

const database = (name: string) => ({
  kind: "account" as const,
  id: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.DocumentDB/databaseAccounts/${name}`,
  keyUri: "https://v1.vault.azure.net/keys/k",
  identityIds: [],
});

test("remembers who was seen with a vault, by its id or its URI, and forgets who is not any more", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  expect(await store.listKnown()).toEqual([]);
  await store.remember({ id: "https://v1.vault.azure.net" }, () => [database("a"), database("b")]);
  await store.remember(VAULT, (before) => before.filter(({ id }) => id.endsWith("/a")));
  await store.remember({ id: database("own").id }, () => [database("own")]);
  expect((await store.load(VAULT.id)).known).toEqual([database("a")]);
  expect((await store.listKnown()).toSorted((a, b) => a.patientId.localeCompare(b.patientId))).toEqual([
    { patientId: database("own").id, databases: [database("own")] },
    { patientId: VAULT.id, databases: [database("a")] },
  ]);
});

test("a row that can't be read is set aside with a word, and stops nobody else", async () => {
  const { tables } = fresh();
  const words: string[] = [];
  const store = createBaselineStore(tables, (what) => words.push(what));
  await store.save(VAULT, baseline);
  await store.remember(VAULT, () => [database("a"), database("b")]);
  await tables.use("baseline", "spoil rows", async (client) => {
    const rows = [];
    for await (const row of client.listEntities()) rows.push(row);
    const spoilt = [rows.find(({ rowKey }) => rowKey === "baseline")!, rows.find(({ rowKey }) => rowKey?.startsWith("known-"))!];
    for (const { partitionKey, rowKey } of spoilt)
      await client.updateEntity({ partitionKey: partitionKey!, rowKey: rowKey!, json0: "{" }, "Merge");
  });
  const { baseline: kept, known } = await store.load(VAULT.id);
  expect([kept, known.length, (await store.listKnown())[0]?.databases.length]).toEqual([null, 1, 1]);
  expect(await store.vaultIdOf("v1")).toBeUndefined();
  expect(words).toContainEqual(expect.stringContaining("the baseline of v1 can't be read and is set aside"));
  expect(words).toContainEqual(expect.stringContaining("what is known of v1 can't be read and is set aside"));
});

test("keeps lifted tags by database and tag, until they are over", async () => {
  const store = createBaselineStore(fresh().tables, () => undefined);
  const lift = { targetId: `${VAULT.id}-db`, tag: "keymend:revoked", value: "yes", reason: "a drill", by: "ada", at: baseline.at };
  await store.keepLift(VAULT, lift);
  await store.keepLift(VAULT, { ...lift, value: "no" });
  await store.keepLift(VAULT, { ...lift, tag: "keymend:mode" });
  expect((await store.load(VAULT.id)).lifted.map(({ tag, value }) => [tag, value]).toSorted()).toEqual([
    ["keymend:mode", "yes"],
    ["keymend:revoked", "no"],
  ]);
  await store.endLifts(VAULT, [lift]);
  await store.endLifts(VAULT, [lift]);
  expect((await store.load(VAULT.id)).lifted).toEqual([{ ...lift, tag: "keymend:mode" }]);
});

test("keeps the sweep's record, which is no vault's; one that can't be read counts as none", async () => {
  const words: string[] = [];
  const { tables } = fresh();
  const store = createBaselineStore(tables, (what) => words.push(what));
  expect(await store.loadSweep()).toBeNull();
  const record = { sweeps: [baseline.at], doubtSince: null };
  await store.keepSweep(record);
  expect(await store.loadSweep()).toEqual(record);
  expect(await store.listKnown()).toEqual([]);
  await tables.use("baseline", "spoil it", (client) =>
    client.upsertEntity({ partitionKey: "the.sweep", rowKey: "sweep", schema: 1, parts: 1, json0: "{" }, "Replace"),
  );
  expect(await store.loadSweep()).toBeNull();
  expect(words).toEqual([expect.stringContaining("the sweep's record can't be read")]);
});

test("keeps what was screened of all vaults in one row; what can't be read there counts as nothing, with a word", async () => {
  const { tables } = fresh();
  const said: string[] = [];
  const store = createBaselineStore(tables, (what) => void said.push(what));
  expect(await store.loadScreens()).toEqual({});
  const many = Object.fromEntries(
    Array.from({ length: 3000 }, (_, i) => [`vault-${i}`, { lists: randomUUID().repeat(2), keys: randomUUID().repeat(2), lookedAt: i }]),
  );
  await store.keepScreens(many);
  expect(await store.loadScreens()).toEqual(many);
  await tables.use("baseline", "break it", async (client) => {
    await client.updateEntity({ partitionKey: "the.sweep", rowKey: "screens", schema: 1, parts: 1, json0: "{" }, "Replace");
  });
  expect(await store.loadScreens()).toEqual({});
  expect(said).toEqual([expect.stringContaining("what was screened can't be read")]);
});
