import { expect, test } from "vitest";
import { createWishStore } from "../../src/storage/wish-store.ts";
import { useAzurite } from "../support/azurite.ts";
import { VAULT_ID } from "../support/builders.ts";
import { aStatusOf, aWish } from "../support/wishes.ts";

const { fresh } = useAzurite();

const wished = (id: string, patientId = VAULT_ID) => {
  const { status: _, ...wish } = aWish(undefined, { id, patient: { id: patientId, kind: "vault", vaultName: "kv-orders" } });
  return wish;
};
const setUp = () => {
  const { tables } = fresh();
  const aside: string[] = [];
  return { tables, aside, store: createWishStore(tables, (what) => void aside.push(what)) };
};

test("keeps what is wanted and what came of it apart, by vault, whatever names it", async () => {
  const { store } = setUp();
  await store.keep(wished("2"));
  await store.keep(wished("1", "https://kv-orders.vault.azure.net"));
  await store.keep(wished("3", "https://kv-other.vault.azure.net"));
  await store.keepStatus(VAULT_ID, "2", aStatusOf({ detail: "half way" }));
  // Called off afterwards: what came of it stays.
  await store.keep({ ...wished("2"), cancelled: { at: "x", by: "bob", reason: "stop" } });
  expect(await store.listForLook(VAULT_ID)).toMatchObject([
    { id: "1", status: null },
    { id: "2", status: { detail: "half way" }, cancelled: { by: "bob" } },
  ]);
  expect((await store.list()).map(({ id }) => id)).toEqual(["3", "2", "1"]);
  expect(await store.find("3")).toMatchObject({ id: "3", status: null });
  expect(await store.find("4")).toBeUndefined();
});

test("a look hears no more of one that has ended, unless it is to stay so", async () => {
  const { store } = setUp();
  for (const id of ["1", "2"]) await store.keep(wished(id));
  await store.keepStatus(VAULT_ID, "1", aStatusOf({ state: "closed", outcome: "Completed" }));
  await store.keepStatus(VAULT_ID, "2", aStatusOf({ state: "closed", outcome: "Completed", stands: true }));
  expect((await store.listForLook(VAULT_ID)).map(({ id }) => id)).toEqual(["2"]);
  expect(await store.list()).toHaveLength(2);
});

test("whose vaults are to be looked at: each of which something is wanted that has not ended, once", async () => {
  const { store } = setUp();
  for (const id of ["1", "2"]) await store.keep(wished(id));
  await store.keep(wished("3", "https://kv-other.vault.azure.net"));
  await store.keepStatus(VAULT_ID, "1", aStatusOf({ state: "closed", outcome: "Completed", stands: true }));
  await store.keepStatus("https://kv-other.vault.azure.net", "3", aStatusOf({ state: "closed", outcome: "Refused" }));
  expect(await store.listWanted()).toMatchObject([{ id: VAULT_ID }]);
});

test("what can't be read is set aside, and stops no other", async () => {
  const { store, tables, aside } = setUp();
  await store.keep(wished("1"));
  await tables.use("incidents", "spoil", async (client) => {
    const { partitionKey = "" } = (await client.listEntities().next()).value ?? {};
    await client.upsertEntity({ partitionKey, rowKey: "wanted-0", schema: 1, parts: 1, json0: "{" }, "Replace");
    await client.upsertEntity({ partitionKey, rowKey: "status-1", schema: 9, parts: 1, json0: "{}" }, "Replace");
    await client.upsertEntity({ partitionKey, rowKey: "else", schema: 1, parts: 1, json0: "{}" }, "Replace");
  });
  expect(await store.listForLook(VAULT_ID)).toMatchObject([{ id: "1", status: null }]);
  expect(aside.map((what) => what.split(" can't")[0])).toEqual(["wish status-1", "wish wanted-0"]);
});
