import { expect, test } from "vitest";
import { MOST_CONTAINERS, newScan, withContainers } from "../../src/domain/id-scan.ts";
import { createScanStore } from "../../src/storage/scan-store.ts";
import { createWishStore } from "../../src/storage/wish-store.ts";
import { useAzurite } from "../support/azurite.ts";
import { ACCOUNT_ID, NOW, VAULT_ID } from "../support/builders.ts";

const { fresh } = useAzurite();

test("keeps how far a scan has come, of each wish, where no list of wishes comes upon it", async () => {
  const { tables } = fresh();
  const store = createScanStore(tables);
  expect(await store.load("w1")).toBeNull();
  const state = newScan(ACCOUNT_ID, NOW);
  await store.keep("w1", state);
  await store.keep("w1", { ...state, doneAt: NOW });
  expect(await store.load("w1")).toEqual({ ...state, doneAt: NOW });
  expect(await store.load("w2")).toBeNull();
  const wishes = createWishStore(tables, () => undefined);
  expect([await wishes.list(), await wishes.listForLook(VAULT_ID)]).toEqual([[], []]);
});

test("holds as many containers as are scanned, with names as long as they may be", async () => {
  const store = createScanStore(fresh().tables);
  const listed = Array.from({ length: MOST_CONTAINERS }, (_, i) => ({
    database: `database-${i % 25}-${"d".repeat(240)}`,
    container: `container-${i}-${"c".repeat(240)}`,
    paths: ["/tenant", "/user", "/session"],
    documents: 10 ** 9 + i,
  }));
  const state = withContainers(newScan(ACCOUNT_ID, NOW), listed, NOW);
  await store.keep("w1", state);
  expect(await store.load("w1")).toEqual(state);
});

test("what can't be read is thrown: nothing is taken for scanned that is not known to be", async () => {
  const { tables } = fresh();
  const store = createScanStore(tables);
  await store.keep("w1", newScan(ACCOUNT_ID, NOW));
  await tables.use("incidents", "spoil", async (client) => {
    const { partitionKey = "" } = (await client.listEntities().next()).value ?? {};
    await client.upsertEntity({ partitionKey, rowKey: "state", schema: 9, parts: 1, json0: "{}" }, "Replace");
  });
  await expect(store.load("w1")).rejects.toThrow("schema 9");
});
