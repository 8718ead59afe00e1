/** A sample of `npm run unknowns`: one story under the readings that once misled the app; the judge is the whole's. */
import { expect, test } from "vitest";
import { stories } from "../../sandbox/stories/index.ts";
import { problemLines } from "../../sandbox/unknowns/page.ts";
import { type Play, playUnknowns } from "../../sandbox/unknowns/run.ts";

test("a deleted key that is nowhere for five minutes is recovered all the same", async () => {
  const story = stories.find(({ name }) => name === "key-deleted")!;
  const plays: Play[] = [];
  await playUnknowns([{ story, kind: "account", phase: "grace" }], {
    seed: 7,
    workers: 1,
    choose: (readings) => readings.filter(({ name }) => name.startsWith("keyvault.deletedKeyVisibleAfterMs")),
    onPlay: async (play) => void plays.push(play),
  });
  expect(plays.flatMap(problemLines)).toEqual([]);
  expect(plays.map(({ reading, trial }) => [reading?.name, trial.outcome])).toEqual([
    [undefined, "OutageAvoided"],
    ["keyvault.deletedKeyVisibleAfterMs = 300000", "OutageAvoided"],
  ]);
});
