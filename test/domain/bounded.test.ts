import fc from "fast-check";
import { expect, test } from "vitest";
import { cutText, fit } from "../../src/domain/bounded.ts";

/** Enough of a digest to tell texts apart here. */
const digest = (text: string): string => `d${Array.from(text).reduce((sum, char) => (sum * 31 + char.codePointAt(0)!) % 1_000_000_007, 7)}`;

test("a text that fits stays, a longer one ends in how long it was and what it was", () => {
  expect(cutText("abc", 3, digest)).toBe("abc");
  expect(cutText("abcd", 3, digest)).toBe(`abc [cut: 4 characters, sha256 ${digest("abcd")}]`);
});

test("no cut parts the halves of a letter", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "é", "😀"), maxLength: 60 }), fc.nat(40), (text, longest) => {
      expect(cutText(text, longest, digest).isWellFormed()).toBe(true);
    }),
  );
});

test("texts that differ behind the cut are told apart, the same one is the same", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 50 }), fc.string({ minLength: 1 }), (text, more) => {
      expect(cutText(text, 10, digest)).toBe(cutText(text, 10, digest));
      expect(cutText(text, 10, digest)).not.toBe(cutText(text + more, 10, digest));
    }),
  );
});

test("whatever JSON there is, it fits afterwards, and is left as it is where it fitted", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 200, max: 5000 }), (value, longest) => {
      const fitted = fit(value, longest, digest);
      expect(JSON.stringify(fitted).length).toBeLessThanOrEqual(longest);
      if (JSON.stringify(value).length <= longest) expect(fitted).toEqual(value);
    }),
  );
});

test.each<[string, unknown]>([
  ["one text of a megabyte", { id: "x".repeat(1_000_000), what: "w" }],
  ["20,000 ids", { what: "w", ids: Array.from({ length: 20_000 }, (_, i) => `id-${i}`) }],
  ["a member name of 100,000 letters", { what: "w", ["n".repeat(100_000)]: 1 }],
  ["100,000 members", { what: "w", ...Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`m${i}`, i])) }],
])("of %s the small things beside it stay readable", (_, value) => {
  const fitted = fit(value, 30_000, digest);
  expect(JSON.stringify(fitted).length).toBeLessThanOrEqual(30_000);
  expect(fitted).toMatchObject({ what: "w" });
  expect(JSON.stringify(fitted)).toContain("[cut");
});

test("what is nested beyond use is cut at its depth, and to nothing but its digest where even that is too much", () => {
  const deep = Array.from({ length: 2000 }).reduce<unknown>((inner) => [inner], 0);
  expect(JSON.stringify(fit(deep, 500, digest))).toMatch(/^\[{64}" \[cut: \d+ characters, sha256 d\d+\]"\]{64}$/);
  expect(fit(deep, 100, digest)).toBe(` [cut: 4001 characters, sha256 ${digest(JSON.stringify(deep))}]`);
});
