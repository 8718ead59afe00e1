import { expect, test } from "vitest";
import { extendChain, verifyChain } from "../../src/storage/audit-chain.ts";
import { createAuditLog } from "../../src/storage/audit-log.ts";
import { canonicalJson, digestOf } from "../../src/storage/canonical-json.ts";
import { useAzurite } from "../support/azurite.ts";

const { fresh } = useAzurite();
const entry = (entryId: string, data: unknown = null) => ({
  entryId,
  kind: "note",
  what: `what of ${entryId}`,
  data,
  at: "2026-11-21T10:00:00.000Z",
  actor: "keymend",
});
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, i) => `e${from + i}`);

test("adds an entry once, however often it is appended", async () => {
  const audit = createAuditLog(fresh().tables);
  await audit.append("i1", [entry("e1"), entry("e2"), entry("e2")]);
  await audit.append("i1", [entry("e2", "another"), entry("e3")]);
  await audit.append("i1", []);
  const { value } = await audit.list("i1", 10, undefined);
  expect(value.map(({ seq, entryId }) => [seq, entryId])).toEqual([
    [1, "e1"],
    [2, "e2"],
    [3, "e3"],
  ]);
  expect(value[1]?.data).toBeNull();
  expect(value[2]?.prev).toBe(value[1]?.hash);
  expect(await audit.verify("i1")).toEqual({ ok: true, rows: 3, head: value[2]?.hash });
});

test("two who append at once are both in one chain", async () => {
  const { tables } = fresh();
  const [one, two] = [createAuditLog(tables), createAuditLog(tables)];
  await Promise.all([one.append("i1", [entry("a"), entry("b")]), two.append("i1", [entry("c")]), two.append("i1", [entry("d")])]);
  const { value } = await one.list("i1", 10, undefined);
  expect(value.map(({ entryId }) => entryId).toSorted()).toEqual(["a", "b", "c", "d"]);
  expect(await one.verify("i1")).toMatchObject({ ok: true, rows: 4 });
});

test("lists page by page, oldest first, and appends more than one transaction holds", async () => {
  const audit = createAuditLog(fresh().tables);
  await audit.append(
    "i1",
    numbers(1, 130).map((id) => entry(id)),
  );
  const first = await audit.list("i1", 100, undefined);
  expect(first.value.map(({ entryId }) => entryId)).toEqual(numbers(1, 100));
  const second = await audit.list("i1", 100, first.continuation);
  expect(second).toMatchObject({ continuation: undefined });
  expect(second.value.map(({ entryId }) => entryId)).toEqual(numbers(101, 130));
  expect(await audit.verify("i1")).toMatchObject({ ok: true, rows: 130 });
  expect(await audit.verify("i2")).toMatchObject({ ok: true, rows: 0 });
});

test("keeps data as JSON does, so that what is read verifies", async () => {
  const audit = createAuditLog(fresh().tables);
  const data = { z: 1, a: [undefined, Number.NaN, new Date(0)], u: undefined, text: "é😀\u2028", big: "x".repeat(70_000) };
  await audit.append("i1", [entry("e1", data)]);
  const { value } = await audit.list("i1", 1, undefined);
  expect(value[0]?.data).toEqual({ z: 1, a: [null, null, "1970-01-01T00:00:00.000Z"], text: "é😀\u2028", big: "x".repeat(70_000) });
  expect(await audit.verify("i1")).toMatchObject({ ok: true });
});

test("shows a row that was changed in the table", async () => {
  const { tables } = fresh();
  const audit = createAuditLog(tables);
  await audit.append("i1", [entry("e1"), entry("e2"), entry("e3")]);
  await tables.use("audit", "test", async (client) => {
    const row = await client.getEntity<{ json0: string }>("i1", "00000002");
    const json0 = row.json0.replace("what of e2", "nothing at all");
    await client.updateEntity({ partitionKey: "i1", rowKey: "00000002", json0 }, "Merge");
  });
  expect(await audit.verify("i1")).toEqual({ ok: false, rows: 3, seq: 2, why: "the row was changed after it was written" });
});

test("shows a row that was taken out", async () => {
  const { tables } = fresh();
  const audit = createAuditLog(tables);
  await audit.append("i1", [entry("e1"), entry("e2"), entry("e3")]);
  await tables.use("audit", "test", (client) => client.deleteEntity("i1", "00000002"));
  expect(await audit.verify("i1")).toEqual({ ok: false, rows: 2, seq: 3, why: "row 2 is missing" });
});

test("shows rows of another incident, and a chain begun anew in the middle", () => {
  const rows = extendChain("i1", undefined, [entry("e1"), entry("e2")]);
  expect(verifyChain("i1", rows)).toMatchObject({ ok: true });
  expect(verifyChain("i2", rows)).toMatchObject({ ok: false, seq: 1 });
  const [, forged] = extendChain("i1", { seq: 1, hash: "0".repeat(64) }, [entry("x"), entry("y")]);
  expect(verifyChain("i1", [...rows.slice(0, 1), ...(forged ? [{ ...forged, seq: 2 }] : [])])).toMatchObject({ ok: false, seq: 2 });
});

test("one text per value, whatever the order of its members", () => {
  expect(canonicalJson({ b: 1, a: { d: [2, { z: 1, y: undefined }], c: null } })).toBe('{"a":{"c":null,"d":[2,{"z":1}]},"b":1}');
  expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }));
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  expect(canonicalJson(undefined)).toBe("null");
});
