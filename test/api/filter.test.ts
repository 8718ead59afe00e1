import fc from "fast-check";
import { expect, test } from "vitest";
import { readFilter } from "../../src/api/filter.ts";

test.each<[string, [name: string, value: string][]]>([
  ["state eq 'waiting'", [["state", "waiting"]]],
  ["  state  eq  'waiting'  ", [["state", "waiting"]]],
  [
    "state eq 'waiting' and vaultId eq '/a/b'",
    [
      ["state", "waiting"],
      ["vaultId", "/a/b"],
    ],
  ],
  [
    "state EQ 'waiting' AND vaultId eq '/a/b'",
    [
      ["state", "waiting"],
      ["vaultId", "/a/b"],
    ],
  ],
  ["vaultId eq ''", [["vaultId", ""]]],
  ["vaultId eq 'it''s'", [["vaultId", "it's"]]],
  ["vaultId eq 'a and state eq ''x'''", [["vaultId", "a and state eq 'x'"]]],
])("%s is read", (filter, chosen) => {
  expect(readFilter(filter)).toEqual(chosen.map(([name, value]) => ({ name, value })));
});

test.each([
  ["", ""],
  ["state", "state"],
  ["state ne 'x'", "state ne 'x'"],
  ["state eq waiting", "state eq waiting"],
  ["state eq 'a", "state eq 'a"],
  ["state eq 'a' or kind eq 'b'", "or kind eq 'b'"],
  ["state eq 'a' and", "and"],
  ["state eq 'a' and ", ""],
  ["(state eq 'a')", "(state eq 'a')"],
  ["state eq 'a' and kind eq 'b' x", "x"],
])("'%s' is none, and it is told from where on", (filter, from) => {
  expect(readFilter(filter)).toBe(`must be name eq 'value', joined by and; it is not from '${from}' on`);
});

test("whatever is asked for comes back as it was", () => {
  const name = fc.stringMatching(/^[a-z][A-Za-z]{0,8}$/);
  fc.assert(
    fc.property(fc.array(fc.record({ name, value: fc.string() }), { minLength: 1 }), (chosen) => {
      const filter = chosen.map((one) => `${one.name} eq '${one.value.replaceAll("'", "''")}'`).join(" and ");
      expect(readFilter(filter)).toEqual(chosen);
    }),
  );
});
