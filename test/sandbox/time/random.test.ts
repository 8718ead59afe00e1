import { expect, test } from "vitest";
import { createRandom } from "../../../sandbox/time/random.ts";

const draws = (seed: number, stream: string): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: 20 }, () => random.int(stream, 1, 6));
};

test("the same seed draws the same, another seed something else", () => {
  expect(draws(7, "a")).toEqual(draws(7, "a"));
  expect(draws(7, "a")).not.toEqual(draws(8, "a"));
});

test("draws of one purpose move nothing for another", () => {
  const random = createRandom(7);
  random.hex("other", 40);
  expect(Array.from({ length: 20 }, () => random.int("a", 1, 6))).toEqual(draws(7, "a"));
});

test("whole numbers keep within their bounds and reach both", () => {
  const random = createRandom(1);
  const seen = new Set(Array.from({ length: 500 }, () => random.int("dice", 1, 6)));
  expect([...seen].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a GUID has the form of one", () => {
  expect(createRandom(7).guid("id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});
