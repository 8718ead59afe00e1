import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AuditRow } from "../../../sandbox/running/app-api.ts";
import { chainOf } from "../../../sandbox/play/audit.ts";

const INCIDENT = "20261102T090000000Z-0123456789ab";
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function chain(...whats: string[]): AuditRow[] {
  let prev = sha256(`keymend audit of ${INCIDENT}`);
  return whats.map((what, i) => {
    const seq = i + 1;
    const row = {
      entryId: `e${seq}`,
      kind: "note",
      what,
      data: { b: [1, { d: 2, c: 3 }], a: null },
      at: "2026-11-02T09:00:00Z",
      actor: "keymend",
      seq,
    };
    // The members in order of their names, by hand.
    const text = `{"actor":"keymend","at":"2026-11-02T09:00:00Z","data":{"a":null,"b":[1,{"c":3,"d":2}]},"entryId":"e${seq}","kind":"note","seq":${seq},"what":"${what}"}`;
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
