import { expect, test } from "vitest";
import { stories } from "../../sandbox/stories/index.ts";
import { createDigest, fileOf } from "../../scripts/digest.ts";

const [one, other] = stories.map(({ name }) => fileOf(name)) as [string, string];

test("is the same for the same play, and another for another story, another seed or more code", async () => {
  const [digest, again, more] = await Promise.all([
    createDigest([one, other]),
    createDigest([one]),
    createDigest([one], "export const a = 1;"),
  ]);
  expect(again(one, 7)).toBe(digest(one, 7));
  expect(new Set([digest(one, 7), digest(other, 7), digest(one, 8), more(one, 7)]).size).toBe(4);
});

test("does not mind comments, formatting and types", async () => {
  const [plain, typed] = await Promise.all([
    createDigest([one], "export const a = 1;"),
    createDigest([one], "/** One. */\nexport const a: number   = 1;\n"),
  ]);
  expect(typed(one)).toBe(plain(one));
});
