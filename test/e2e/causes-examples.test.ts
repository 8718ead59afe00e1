// The examples of docs/causes.md against the app: a few of them a day, all of them by `npm run docs -- --check`.
import { expect, test } from "vitest";
import { castings, playExamples, readExamples, withoutTimes } from "../../scripts/causes/examples.ts";

const A_DAY_MS = 86_400_000;
const SAMPLE = 3;

const day = Math.floor(Date.now() / A_DAY_MS);
const today = Array.from({ length: SAMPLE }, (_, index) => castings[(day * SAMPLE + index) % castings.length]!);

test.each(today)("$code is still what the story shows", { timeout: 60_000 }, async (casting) => {
  const { examples } = await readExamples("docs/causes-examples.json");
  const kept = examples[casting.code]?.map(withoutTimes);
  expect((await playExamples(casting)).map(withoutTimes), "run npm run docs").toEqual(kept);
});
