// The examples of docs/causes.md against the app: a page that says what no incident says any more is stale.
import { expect, test } from "vitest";
import { showings, playExamples, readExamples, withoutTimes } from "../../scripts/causes/examples.ts";

const { examples } = await readExamples("docs/causes-examples.json");

test.each(showings)("$code is still what the story shows", { timeout: 90_000 }, async (showing) => {
  const kept = examples[showing.code]?.map(withoutTimes);
  expect((await playExamples(showing)).map(withoutTimes), "run npm run docs").toEqual(kept);
});
