import { expect, test } from "vitest";
import type { Letter } from "../../src/domain/telling/letters.ts";
import type { News } from "../../src/domain/telling/news.ts";
import { DAY, toIso, toMs } from "../../src/domain/time.ts";
import { createBaselineStore } from "../../src/storage/baseline-store.ts";
import { createLetterStore, MOST_DEAD, TOLD_FOR_MS } from "../../src/storage/letter-store.ts";
import { useAzurite } from "../support/azurite.ts";

const { fresh } = useAzurite();
const AT = "2026-11-21T10:00:00.000Z";

const news: News = {
  id: "i1-Healed",
  type: "Keymend.Healed",
  weight: "soon",
  at: AT,
  about: "/v",
  incidentId: "i1",
  like: "l1",
  title: "t",
  text: "x",
  facts: [],
  asks: false,
  data: { a: 1 },
};
const letter = (over: Partial<Letter> = {}): Letter => ({ channel: "mail", news, since: AT, tries: 0, nextAt: AT, failure: null, ...over });

function aStore() {
  const { tables } = fresh();
  const aside: string[] = [];
  return { tables, aside, store: createLetterStore(tables, (what) => aside.push(what)) };
}

test("puts news once, for all channels or none, and remembers when something like it was told", async () => {
  const { store, tables } = aStore();
  expect(await store.likeToldAt("l1")).toBeNull();
  expect(await store.put("n1", [letter(), letter({ channel: "topic" })], AT, "l1")).toBe(true);
  expect(await store.put("n1", [letter({ channel: "teams" })], AT, "l1")).toBe(false);
  expect(await store.put("n2", [], AT, "l2")).toBe(true);
  expect(await store.put("n3", [], AT, null)).toBe(true);
  expect(await store.likeToldAt("l1")).toBe(AT);
  const all = await store.list();
  expect(all.map(({ channel }) => channel).toSorted()).toEqual(["mail", "topic"]);
  expect(all.find(({ channel }) => channel === "mail")).toMatchObject(letter());
  expect(await store.counts()).toEqual({ waiting: 2, dead: 0 });
  // It is no vault's.
  expect(await createBaselineStore(tables, () => undefined).listKnown()).toEqual([]);
});

test("who keeps a letter first has it: another who read it before has not", async () => {
  const { store } = aStore();
  await store.put("n1", [letter()], AT, "l1");
  const [read] = await store.list();
  const mine = await store.keep({ ...read!, tries: 1 });
  expect(mine).toMatchObject({ tries: 1 });
  expect(await store.keep({ ...read!, tries: 7 })).toBeUndefined();
  expect(await store.keep({ ...mine!, tries: 2 })).toMatchObject({ tries: 2 });
  await store.drop(mine!);
  await store.drop(mine!);
  expect(await store.keep(mine!)).toBeUndefined();
  expect(await store.list()).toEqual([]);
  // It was told all the same.
  expect(await store.put("n1", [letter()], AT, "l1")).toBe(false);
});

test("a dead letter is sent no more and kept; the newest of them only", async () => {
  const { store } = aStore();
  const many = MOST_DEAD + 3;
  for (let i = 0; i < many; i++) {
    await store.put(`n${i}`, [letter({ failure: `f${i}` })], AT, "l");
    const [one] = await store.list();
    await store.bury(one!, toIso(toMs(AT) + i));
    // Once: a second time changes nothing.
    if (i === 0) await store.bury(one!, AT);
  }
  expect(await store.counts()).toEqual({ waiting: 0, dead: many });
  await store.forget(AT);
  expect(await store.counts()).toEqual({ waiting: 0, dead: MOST_DEAD });
});

test("what was told long ago is forgotten, and may be told again", async () => {
  const { store } = aStore();
  await store.put("n1", [], AT, "l1");
  await store.put("n2", [], toIso(toMs(AT) + DAY), "l2");
  await store.forget(toIso(toMs(AT) + TOLD_FOR_MS + 1));
  expect([await store.likeToldAt("l1"), await store.likeToldAt("l2")]).toEqual([null, toIso(toMs(AT) + DAY)]);
  expect(await store.put("n1", [], AT, "l1")).toBe(true);
  expect(await store.put("n2", [], AT, "l2")).toBe(false);
});

test("a letter that can't be read is set aside with a word, and stops no other", async () => {
  const { store, tables, aside } = aStore();
  await store.put("n1", [letter()], AT, "l1");
  await tables.use("baseline", "put", (client) =>
    client.upsertEntity({ partitionKey: "the.telling", rowKey: "out-0-mail", schema: 9, parts: 1, json0: "{}" }, "Replace"),
  );
  expect(await store.list()).toHaveLength(1);
  expect(aside).toEqual([expect.stringContaining("schema 9")]);
});
