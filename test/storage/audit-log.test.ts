import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainOf, jcs } from "../../sandbox/play/audit.ts";
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
  expect(await audit.verify("i1", undefined)).toEqual({ ok: true, rows: 3, head: value[2]?.hash, sealed: 0, anchored: null });
});

test("two who append at once are both in one chain", async () => {
  const { tables } = fresh();
  const [one, two] = [createAuditLog(tables), createAuditLog(tables)];
  await Promise.all([one.append("i1", [entry("a"), entry("b")]), two.append("i1", [entry("c")]), two.append("i1", [entry("d")])]);
  const { value } = await one.list("i1", 10, undefined);
  expect(value.map(({ entryId }) => entryId).toSorted()).toEqual(["a", "b", "c", "d"]);
  expect(await one.verify("i1", undefined)).toMatchObject({ ok: true, rows: 4 });
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
  expect(await audit.verify("i1", undefined)).toMatchObject({ ok: true, rows: 130 });
  expect(await audit.verify("i2", undefined)).toMatchObject({ ok: false, rows: 0 });
});

test("keeps data as JSON does, so that what is read verifies", async () => {
  const audit = createAuditLog(fresh().tables);
  const data = { z: 1, a: [undefined, Number.NaN, new Date(0)], u: undefined, text: "é😀\u2028", big: "x".repeat(70_000) };
  await audit.append("i1", [entry("e1", data)]);
  const { value } = await audit.list("i1", 1, undefined);
  expect(value[0]?.data).toEqual({ z: 1, a: [null, null, "1970-01-01T00:00:00.000Z"], text: "é😀\u2028", big: "x".repeat(70_000) });
  expect(await audit.verify("i1", undefined)).toMatchObject({ ok: true });
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
  expect(await audit.verify("i1", undefined)).toEqual({ ok: false, rows: 3, seq: 2, why: "the row was changed after it was written" });
});

test("shows a row that was taken out", async () => {
  const { tables } = fresh();
  const audit = createAuditLog(tables);
  await audit.append("i1", [entry("e1"), entry("e2"), entry("e3")]);
  await tables.use("audit", "test", (client) => client.deleteEntity("i1", "00000002"));
  expect(await audit.verify("i1", undefined)).toEqual({ ok: false, rows: 2, seq: 3, why: "row 2 is missing" });
});

test("shows rows of another incident, and a chain begun anew in the middle", () => {
  const rows = extendChain("i1", undefined, [entry("e1"), entry("e2")]);
  expect(verifyChain("i1", rows)).toMatchObject({ ok: true });
  expect(verifyChain("i2", rows)).toMatchObject({ ok: false, seq: 1 });
  const [, forged] = extendChain("i1", { seq: 1, hash: "0".repeat(64) }, [entry("x"), entry("y")]);
  expect(verifyChain("i1", [...rows.slice(0, 1), ...(forged ? [{ ...forged, seq: 2 }] : [])])).toMatchObject({ ok: false, seq: 2 });
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What a sorter must not take for order: names of whole numbers, letters beyond the first plane, numbers that print oddly. */
const ODD: [string, unknown][] = [
  ["tags named by whole numbers", { tags: { 9: "a", 10: "b", $a: "c", "-1": "d", "": "e" } }],
  ["letters beyond the first plane", { "😀": 1, "\ufb33": 2, z: "😀\u2028\u0000é" }],
  ["numbers", [1e21, 1e20, -0, 0.1 + 0.2, 5e-324, 1e-7, Number.MAX_SAFE_INTEGER]],
  ["half a letter", { "\ud83d": "\udE00x", whole: "\\ud83d \ud83d\ude00" }],
  ["undefined and dates", { u: undefined, d: new Date(0), a: [undefined] }],
  ["a name of every object", JSON.parse('{"__proto__":{"b":1,"a":2},"toString":3}')],
];

/** The program of the operating guide. */
function reckon(rows: unknown): string {
  const program = /```js\n([\s\S]*?)```/.exec(readFileSync("docs/operate.md", "utf8"))![1]!;
  return execFileSync(process.execPath, ["--input-type=module", "-e", program, "i1"], {
    input: JSON.stringify(rows),
    stdio: "pipe",
  }).toString();
}

describe("the chain, reckoned by others", () => {
  const rows = (...datas: unknown[]) =>
    JSON.parse(
      JSON.stringify(
        extendChain(
          "i1",
          undefined,
          datas.map((data, i) => entry(`e${i}`, data)),
        ),
      ),
    );

  test.each(ODD)("by hand: %s", (_, data) => {
    expect(verifyChain("i1", rows(data))).toMatchObject({ ok: true });
    expect(chainOf("i1", rows(data))).toBe("verified");
  });

  test("by hand: whatever JSON holds", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        expect(jcs(value)).toBe(canonicalJson(value));
      }),
    );
  });

  test("by the program of the operating guide", () => {
    const chain = rows(...ODD.map(([, data]) => data));
    expect(reckon(chain)).toBe(`${ODD.length} ${chain.at(-1).hash}\n`);
    expect(() => reckon(chain.toSpliced(2, 1))).toThrow("row 4 does not hold");
  });

  test("the half of a letter does not keep anything from being written down", () => {
    const [row] = extendChain("i1", undefined, [{ ...entry("e\ud83d", "\ud83d"), what: "\ude00 of \ud83d\ude00", actor: "ada \ud83d" }]);
    expect(row).toMatchObject({ entryId: "e\ufffd", what: "\ufffd of 😀", data: "\ufffd", actor: "ada \ufffd" });
  });
});

describe("a chain begun by an earlier version", () => {
  /** As the first schema hashed: members in an object's own order once sorted. */
  function first(seq: number, prev: string, data: unknown, text: string) {
    const said = { entryId: `e${seq}`, kind: "note", what: "w", data, at: "2026-11-21T10:00:00.000Z", actor: "k" };
    const hash = sha256(
      `${prev}{"actor":"k","at":"2026-11-21T10:00:00.000Z","data":${text},"entryId":"e${seq}","kind":"note","seq":${seq},"what":"w"}`,
    );
    return { ...said, seq, prev, hash };
  }
  const one = first(1, sha256("keymend audit of i1"), { b: 1, a: { z: null } }, '{"a":{"z":null},"b":1}');
  const two = first(2, one.hash, [{ tags: { 10: "b", 9: "a", $a: "c" } }], '[{"tags":{"9":"a","10":"b","$a":"c"}}]');

  test("still verifies", () => {
    expect(verifyChain("i1", [one, two])).toEqual({ ok: true, rows: 2, head: two.hash, sealed: 0, anchored: null });
    expect(verifyChain("i1", [one, { ...two, data: [] }])).toMatchObject({ ok: false, seq: 2 });
  });

  test("goes on under the new one", () => {
    const more = extendChain("i1", two, [entry("e3", { 9: 1, 10: 2 }), entry("e4")]);
    expect(verifyChain("i1", [one, two, ...more])).toMatchObject({ ok: true, rows: 4 });
    expect(more[0]?.schema).toBe(2);
  });

  test("is reckoned by the program of the operating guide, from its first row to its last", () => {
    const more = extendChain("i1", two, [entry("e3", { 9: 1, 10: 2 })]);
    expect(reckon([one, two, ...more])).toBe(`3 ${more[0]!.hash}\n`);
    expect(() => reckon([one, { ...two, data: [] }, ...more])).toThrow("row 2 does not hold");
    expect(() => reckon([{ ...one, schema: 2 }])).toThrow("row 1 does not hold");
  });

  test("a row does not verify under another schema, nor under one that this version does not know", () => {
    const more = extendChain("i1", one, [entry("e2")]);
    expect(verifyChain("i1", [{ ...one, schema: 2 }])).toMatchObject({ ok: false, seq: 1 });
    expect(verifyChain("i1", [one, { ...more[0]!, schema: 1 }])).toMatchObject({ ok: false, seq: 2 });
    expect(verifyChain("i1", [{ ...one, schema: 3 }])).toMatchObject({ ok: false, why: "this version does not know the row's schema, 3" });
  });
});

describe("against what the incident's row keeps", () => {
  const rowsOf = (incidentId: string, count: number, said = "") =>
    extendChain(
      incidentId,
      undefined,
      numbers(1, count).map((id) => entry(id, said)),
    );
  const sealOf = (rows: readonly { hash: string }[]) => ({ rows: rows.length, head: rows.at(-1)!.hash });

  type Rows = ReturnType<typeof rowsOf>;
  /** A row and one beside it. */
  function swapped(rows: Rows, at: number): Rows {
    const beside = at === 0 ? 1 : at - 1;
    return rows.with(at, rows[beside]!).with(beside, rows[at]!);
  }
  /** at: any row. What somebody who can write the audit's table alone may do to it. */
  const TAMPERINGS: [string, (rows: Rows, at: number) => Rows][] = [
    ["emptied", () => []],
    ["cut at the end", (rows, at) => rows.slice(0, at)],
    ["cut at the front", (rows, at) => rows.slice(at + 1)],
    ["cut at the front and linked anew", (rows, at) => extendChain("i1", undefined, rows.slice(at + 1))],
    ["a row taken out", (rows, at) => rows.toSpliced(at, 1)],
    ["a row changed", (rows, at) => rows.with(at, { ...rows[at]!, what: "nothing happened" })],
    ["a row changed, and all hashed anew", (rows, at) => extendChain("i1", undefined, rows.with(at, { ...rows[at]!, actor: "somebody" }))],
    ["two rows swapped", swapped],
    ["two rows swapped, and all hashed anew", (rows, at) => extendChain("i1", undefined, swapped(rows, at))],
    ["that of another incident", (rows) => rowsOf("i2", rows.length)],
    ["moved here from another incident and hashed anew", (rows) => rowsOf("i1", rows.length, "another's")],
  ];

  const chains = fc.integer({ min: 2, max: 12 }).chain((count) => fc.record({ count: fc.constant(count), at: fc.nat(count - 1) }));

  test.each(TAMPERINGS)("one %s does not verify, nor for the sandbox's auditor", (_, tamper) => {
    fc.assert(
      fc.property(chains, ({ count, at }) => {
        const rows = rowsOf("i1", count);
        const tampered = tamper(rows, at);
        expect(verifyChain("i1", tampered, sealOf(rows))).toMatchObject({ ok: false });
        const auditor = JSON.parse(JSON.stringify(tampered));
        expect(chainOf("i1", auditor, sealOf(rows))).toBe("broken");
      }),
    );
  });

  test("where nobody has ever paused there is no row, and none is missed unless something knows of one", () => {
    expect(verifyChain("pause", [])).toMatchObject({ ok: true, rows: 0 });
    expect(verifyChain("pause", [], sealOf(rowsOf("pause", 1)))).toMatchObject({ ok: false, why: "the incident's row knows of 1 rows" });
    expect(verifyChain("i1", [])).toMatchObject({ ok: false });
  });

  test("rows written since the last save are no fault, and say so", () => {
    fc.assert(
      fc.property(chains, ({ count, at }) => {
        const rows = rowsOf("i1", count);
        expect(verifyChain("i1", rows, sealOf(rows.slice(0, at + 1)))).toEqual({
          ok: true,
          rows: count,
          head: rows.at(-1)!.hash,
          sealed: at + 1,
          anchored: null,
        });
      }),
    );
  });

  test("appending answers the seal, also where a repeat adds nothing and others have written meanwhile", async () => {
    const audit = createAuditLog(fresh().tables);
    expect(await audit.append("i1", [])).toEqual({ rows: 0, head: sha256("keymend audit of i1") });
    const first = await audit.append("i1", [entry("e1"), entry("e2")]);
    await audit.append("i1", [entry("decision")]);
    expect(await audit.verify("i1", first)).toMatchObject({ ok: true, rows: 3, sealed: 2 });
    const again = await audit.append("i1", [entry("e1"), entry("e2")]);
    expect(again).toMatchObject({ rows: 3 });
    expect(await audit.verify("i1", again)).toMatchObject({ ok: true, sealed: 3 });
  });
});

test("writes what is too much for one transaction in several, and cuts what no row holds; the chain holds", async () => {
  const audit = createAuditLog(fresh().tables);
  const noise = (length: number): string => randomBytes(length / 2).toString("hex");
  // A transaction takes 4 MiB (Microsoft Learn, "Performing entity group transactions").
  const lists = Array.from({ length: 12 }, (_, i) =>
    entry(
      `e${i}`,
      Array.from({ length: 100 }, () => noise(4000)),
    ),
  );
  await audit.append("i1", [...lists, { ...entry("x".repeat(40_000), noise(1_000_000)), what: noise(1_000_000) }]);
  expect(await audit.verify("i1", undefined)).toMatchObject({ ok: true, rows: 13 });
  const last = (await audit.list("i1", 30, undefined)).value.at(-1)!;
  expect(JSON.stringify(last).length).toBeLessThan(30_000);
  for (const text of [last.entryId, last.what, last.data]) expect(text).toMatch(/ \[cut: \d+ characters, sha256 [0-9a-f]{64}\]$/);
  await audit.append("i1", [entry("x".repeat(40_000))]);
  expect(await audit.verify("i1", undefined)).toMatchObject({ rows: 13 });
});

test("one text per value, whatever the order of its members", () => {
  expect(canonicalJson({ b: 1, a: { d: [2, { z: 1, y: undefined }], c: null } })).toBe('{"a":{"c":null,"d":[2,{"z":1}]},"b":1}');
  expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }));
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  expect(canonicalJson(undefined)).toBe("null");
});
