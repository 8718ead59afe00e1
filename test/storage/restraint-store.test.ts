import { expect, test } from "vitest";
import type { Pause } from "../../src/domain/turn/restraint.ts";
import { createBaselineStore } from "../../src/storage/baseline-store.ts";
import { createRestraintStore } from "../../src/storage/restraint-store.ts";
import { useAzurite } from "../support/azurite.ts";
import { noRestraint } from "../support/fakes.ts";

const { fresh } = useAzurite();
const pause: Pause = { reason: "a migration", by: "o1", name: "ada", at: "2026-11-21T10:00:00.000Z", until: null };

test("keeps the newest pause until it is ended, and how far the audit about it went", async () => {
  const { tables } = fresh();
  const store = createRestraintStore(tables);
  expect([await store.load(), await store.loadSeal()]).toEqual([noRestraint(), undefined]);
  await store.keepPause(pause);
  await store.keepPause({ ...pause, reason: "another" });
  await store.keepSeal({ rows: 2, head: "h" });
  expect(await store.load()).toEqual({ ...noRestraint(), pause: { ...pause, reason: "another" } });
  // It is no vault's.
  expect(await createBaselineStore(tables, () => undefined).listKnown()).toEqual([]);
  const another = { ...pause, reason: "another" };
  await store.endPause(another);
  await store.endPause(another);
  expect([await store.load(), await store.loadSeal()]).toEqual([noRestraint(), { rows: 2, head: "h" }]);
});

test("who ends a pause ends the one that was read, not the one that somebody began meanwhile", async () => {
  const store = createRestraintStore(fresh().tables);
  await store.keepPause({ ...pause, by: "o2", name: "bob" });
  await store.endPause(pause);
  expect(await store.load()).toMatchObject({ pause: { by: "o2" } });
});

test("a pause that can't be read stops whoever asks: it may forbid the write", async () => {
  const { tables } = fresh();
  const row = { partitionKey: "the.restraint", rowKey: "pause", schema: 9, parts: 1, json0: "{}" };
  await tables.use("baseline", "put", (client) => client.upsertEntity(row, "Replace"));
  await expect(createRestraintStore(tables).load()).rejects.toThrow("schema 9");
});

test("keeps each vault in trouble once, by whatever it is named, since it first was, and what was told and resumed", async () => {
  const store = createRestraintStore(fresh().tables);
  const trouble = { vaultId: "https://kv-orders.vault.azure.net", since: "2026-11-21T10:00:00.000Z", causes: ["KeyDeleted" as const] };
  await store.addTrouble(trouble);
  const id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/KV-orders";
  await store.addTrouble({ ...trouble, vaultId: id, since: "2026-11-21T11:00:00.000Z" });
  await store.keepStormTold(true);
  await store.keepResumed("2026-11-21T12:00:00.000Z");
  expect(await store.load()).toEqual({
    pause: null,
    troubles: [trouble],
    atWork: [],
    resumedAt: "2026-11-21T12:00:00.000Z",
    stormTold: true,
  });
  await store.endTrouble(id);
  await store.endTrouble(id);
  expect((await store.load()).troubles).toEqual([]);
});

test("however many vaults want a place at the same time, no more get one than there are, and each keeps its own until it leaves it", async () => {
  const store = createRestraintStore(fresh().tables);
  const now = "2026-11-21T10:00:00.000Z";
  const limit = { maxVaultsAtOnce: 3 };
  const names = Array.from({ length: 8 }, (_, i) => `https://kv-${i}.vault.azure.net`);
  const got = await Promise.all(names.map((name) => store.takePlace(name, limit, now)));
  expect(got.filter((one) => one)).toHaveLength(3);
  const { atWork } = await store.load();
  expect(atWork.map(({ place }) => place).toSorted()).toEqual([0, 1, 2]);
  const [first] = atWork.map(({ vaultId }) => vaultId);
  const [waiting] = names.filter((name) => !atWork.some(({ vaultId }) => vaultId === name));
  expect(await store.takePlace(first!, limit, now)).toBe(true);
  expect(await store.takePlace(waiting!, limit, now)).toBe(false);
  await store.leavePlace(first!);
  await store.leavePlace(first!);
  expect(await store.takePlace(waiting!, limit, now)).toBe(true);
  expect(await store.takePlace(first!, limit, "2026-11-21T10:15:00.000Z")).toBe(true);
});
