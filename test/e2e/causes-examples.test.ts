// The examples of docs/causes.md against the app: a page that says what no incident says any more is stale.
import { expect, test } from "vitest";
import { useSceneRunner } from "./scenes.ts";
import { showings, createMarkOf, isCurrent, playExamples, readExamples } from "../../scripts/causes/examples.ts";
import { withoutTimes } from "../../scripts/without-times.ts";

const { open } = useSceneRunner();
const all = await readExamples("docs/causes-examples.json");
const markOf = await createMarkOf();

test.each(showings)("$code is still what the story shows", async (showing) => {
  const kept = all.examples[showing.code]?.map(withoutTimes);
  expect(kept?.length, "run npm run docs").toBeGreaterThan(0);
  // Played by `npm run docs` with the very same code: it would be the same play again.
  if (isCurrent(all, showing, markOf)) return;
  expect((await playExamples(showing, open)).map(withoutTimes), "run npm run docs").toEqual(kept);
});
