// The examples of docs/causes.md against the app: a page that says what no incident says any more is stale.
import { expect, test } from "vitest";
import { castings, playExamples, readExamples, withoutTimes } from "../../scripts/causes/examples.ts";

const { examples } = await readExamples("docs/causes-examples.json");

test.each(castings)("$code is still what the story shows", { timeout: 90_000 }, async (casting) => {
  const kept = examples[casting.code]?.map(withoutTimes);
  expect((await playExamples(casting)).map(withoutTimes), "run npm run docs").toEqual(kept);
});
