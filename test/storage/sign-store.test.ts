import { expect, test } from "vitest";
import { createSignStore } from "../../src/storage/sign-store.ts";
import type { Tables } from "../../src/storage/tables.ts";
import { NOW } from "../support/builders.ts";
import { throwing, transient } from "../support/fakes.ts";
import { after } from "../support/turns.ts";
import { useAzurite } from "../support/azurite.ts";

const { fresh } = useAzurite();

test("keeps when something last happened, once a minute at most", async () => {
  let now = NOW;
  const { tables } = fresh();
  const signs = createSignStore(
    tables,
    () => new Date(now),
    () => undefined,
  );
  expect(await signs.load()).toEqual({});
  await signs.note("event");
  now = after(0.5);
  await signs.note("event");
  await signs.note("anchor");
  expect(await signs.load()).toEqual({ event: NOW, anchor: after(0.5) });
  now = after(1);
  await signs.note("event");
  expect(await signs.load()).toEqual({ event: after(1), anchor: after(0.5) });
});

test("what can't be kept is told, fails nothing, and is tried again at the next occasion", async () => {
  const told: string[] = [];
  const down: Tables = { use: throwing(transient()) };
  const signs = createSignStore(
    down,
    () => new Date(NOW),
    (what) => void told.push(what),
  );
  await signs.note("event");
  await signs.note("event");
  expect(told).toEqual(Array.from({ length: 2 }, () => expect.stringContaining("when the last event was could not be kept")));
});

test("a row of another version is passed over", async () => {
  const { tables } = fresh();
  await tables.use("baseline", "put", (client) => client.upsertEntity({ partitionKey: "the.signs", rowKey: "later", at: NOW }, "Replace"));
  await tables.use("baseline", "put", (client) => client.upsertEntity({ partitionKey: "the.signs", rowKey: "event" }, "Replace"));
  expect(
    await createSignStore(
      tables,
      () => new Date(NOW),
      () => undefined,
    ).load(),
  ).toEqual({});
});
