import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AuditRow } from "../../../sandbox/running/app-api.ts";
import { chainOf, jcs } from "../../../sandbox/play/audit.ts";

const INCIDENT = "20261102T090000000Z-0123456789ab";
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function chain(...whats: string[]): AuditRow[] {
  let prev = sha256(`keymend audit of ${INCIDENT}`);
  return whats.map((what, i) => {
    const seq = i + 1;
    const row = {
      schema: 2 as const,
      entryId: `e${seq}`,
      kind: "note",
      what,
      data: { b: [1, { d: 2, c: 3 }], a: null },
      at: "2026-11-02T09:00:00Z",
      actor: "keymend",
      seq,
    };
    // The members in order of their names, by hand.
    const text = `{"actor":"keymend","at":"2026-11-02T09:00:00Z","data":{"a":null,"b":[1,{"c":3,"d":2}]},"entryId":"e${seq}","kind":"note","schema":2,"seq":${seq},"what":"${what}"}`;
    const hash = sha256(prev + text);
    const linked = { ...row, prev, hash };
    prev = hash;
    return linked;
  });
}

describe("the audit's chain", () => {
  test("holds as it was written", () => {
    expect(chainOf(INCIDENT, chain("one", "two", "three"))).toBe("verified");
  });

  const [one, two, three] = chain("one", "two", "three");
  const broken: [string, AuditRow[]][] = [
    ["a changed word", [one!, { ...two!, what: "too" }, three!]],
    ["changed data", [one!, { ...two!, data: {} }, three!]],
    ["another actor", [one!, { ...two!, actor: "somebody" }, three!]],
    ["a row left out", [one!, three!]],
    ["two rows the other way round", [one!, three!, two!]],
    ["a first row left out", [two!, three!]],
  ];
  test.each(broken)("is broken by %s", (_what, rows) => {
    expect(chainOf(INCIDENT, rows)).toBe("broken");
  });

  test("is broken by rows of another incident, and is none without rows", () => {
    expect(chainOf("another", [one!])).toBe("broken");
    expect(chainOf(INCIDENT, [])).toBe("none");
  });
});

describe("a row's bytes, as RFC 8785 has them", () => {
  test.each<[string, string]>([
    // Its own examples: section 3.2.3 (order of names) and 3.2.2 (letters and numbers).
    [
      '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
    [
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ],
    ['{"9":1,"10":2,"$a":3,"":4,"a":5,"A":6}', '{"":4,"$a":3,"10":2,"9":1,"A":6,"a":5}'],
    ["[-0,0,1e21,1e20,-1.5,1e-7]", "[0,0,1e+21,100000000000000000000,-1.5,1e-7]"],
    ['"\\b\\t\\n\\f\\r\\u0001\\u007f\\u2028"', '"\\b\\t\\n\\f\\r\\u0001\u007f\u2028"'],
    ['{"__proto__":{"b":1,"a":2}}', '{"__proto__":{"a":2,"b":1}}'],
  ])("of %s", (json, bytes) => {
    expect(jcs(JSON.parse(json))).toBe(bytes);
  });
});
