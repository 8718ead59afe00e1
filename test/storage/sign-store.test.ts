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

test("an anchor that went well after one that did not, or the other way round, is kept however soon", async () => {
  let now = NOW;
  const signs = createSignStore(
    fresh().tables,
    () => new Date(now),
    () => undefined,
  );
  for (const [minutes, sign] of [
    [0, "anchor"],
    [0.1, "anchorFailed"],
    [0.2, "anchor"],
    [0.3, "anchor"],
  ] as const) {
    now = after(minutes);
    await signs.note(sign);
  }
  expect(await signs.load()).toEqual({ anchor: after(0.2), anchorFailed: after(0.1) });
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
