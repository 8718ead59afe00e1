import { expect, test } from "vitest";
import { createRevalidationStore } from "../../src/storage/revalidation-store.ts";
import { useAzurite } from "../support/azurite.ts";

const { fresh } = useAzurite();
const sample = (n: number) => ({ id: `s${n}`, at: `2026-11-21T10:00:0${n}.000Z`, ms: n * 60_000 });
const PLACE = "account in westeurope";

test("keeps what was seen of a place once, also of two that come at the same time, and of each place its own", async () => {
  const store = createRevalidationStore(fresh().tables, () => undefined);
  expect(await store.load(PLACE)).toEqual([]);
  await Promise.all([store.add(PLACE, sample(1)), store.add(PLACE, sample(2))]);
  await Promise.all([store.add(PLACE, sample(3)), store.add(PLACE, sample(1)), store.add("cluster in westeurope", sample(4))]);
  expect(await store.load(PLACE)).toEqual([sample(1), sample(2), sample(3)]);
  expect(await store.load("cluster in westeurope")).toEqual([sample(4)]);
});

test("a row that can't be read counts as empty, with a word, and is begun anew", async () => {
  const { tables } = fresh();
  const aside: string[] = [];
  const store = createRevalidationStore(tables, (what) => aside.push(what));
  await store.add(PLACE, sample(1));
  await tables.use("baseline", "break", async (client) => {
    for await (const { partitionKey, rowKey } of client.listEntities())
      await client.upsertEntity({ partitionKey: partitionKey!, rowKey: rowKey!, schema: 9, parts: 1, json0: "{}" }, "Replace");
  });
  expect(await store.load(PLACE)).toEqual([]);
  await store.add(PLACE, sample(2));
  expect(await store.load(PLACE)).toEqual([sample(2)]);
  expect(aside).toHaveLength(2);
});
