/**
 * Every story, in-process, with one kind of database, one phase (the foundation: each) and one seed; KEYMEND_ALL_STORIES=1 plays every
 * kind and phase with three seeds. What must come of it is the story's own word; what came of it the sandbox's and the app's.
 */
import { describe, expect, test } from "vitest";
import { stories } from "../../sandbox/stories/index.ts";
import { exampleOf, type Example, readExamples, SEED, showings } from "../../scripts/operations/examples.ts";
import { withoutTimes } from "../../scripts/without-times.ts";
import { soon, type StoryPhase, type Story } from "../../sandbox/stories/story.ts";
import type { Kind } from "../../sandbox/estate/estate.ts";
import type { Scenes } from "./scenes.ts";

const ALL = process.env["KEYMEND_ALL_STORIES"] === "1";
/** The foundation: played in each phase, at Azure's own pace, with the vaults of the sample estate beside it. */
const FOUNDATION = "role-removed";
const SEEDS = [7, 42, 1001, 31_337];
const DURATION = /^P(?!$)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/;

/** alone: without the vaults beside it, and as soon as it can be told how it ends. */
type Row = { story: Story; kinds: readonly Kind[]; phase: StoryPhase; seed: number; alone: boolean };

/** Without all, kinds and seeds take turns, so that both kinds and every seed are met somewhere. */
const rows: Row[] = stories.flatMap((story, i) =>
  story.phases.flatMap((phase, j) => {
    const turn = i + j;
    if (ALL) return story.kinds.flatMap((kind) => SEEDS.slice(0, 3).map((seed) => ({ story, kinds: [kind], phase, seed, alone: false })));
    const alone = story.name !== FOUNDATION;
    // Of all others the phases take turns.
    if (alone && j !== i % story.phases.length) return [];
    // As the page of operations shows it, where it does: one play is the test of both.
    const shown = showings.find(({ story: { name } }) => name === story.name);
    const kind = shown?.kind ?? story.kinds[turn % story.kinds.length]!;
    return [{ story, kinds: [kind], phase, seed: shown ? SEED : SEEDS[turn % SEEDS.length]!, alone }];
  }),
);

const examples = await readExamples("docs/operations-examples.json");

/** A file for each phase: two that play at the same time. */
export function testStories(phase: StoryPhase, scenes: Scenes): void {
  // Right after what is mended in time has taken effect: a role has within ten minutes, and is given once it was looked at again and a
  // person has agreed.
  const check = [14, 17] as const;
  const named = rows.filter((row) => row.phase === phase).map((row) => ({ ...row, name: row.story.name, kind: row.kinds.join(" and ") }));

  describe(`every story in the phase ${phase} ends as it must`, () => {
    test.each(named)("$name, $kind, seed $seed", async (row) => {
      const shown = showings.find(({ story, kind }) => story.name === row.name && kind === row.kind && row.seed === SEED);
      let example: Example | undefined;
      const { result, faults } = await scenes.play({
        ...row,
        ...(shown && { atTheEnd: async ({ sandbox }) => void (example = await exampleOf(sandbox, shown)) }),
        story: row.alone ? soon(row.story, check) : row.story,
        mode: row.story.mode ?? "heal",
      });
      expect(faults).toEqual([]);
      expect(result.outcome).toBe(row.story.outcome[row.phase]);
      expect(result.causes).toEqual(expect.arrayContaining([...row.story.causes]));
      expect(result.targets.map(({ kind }) => kind)).toEqual(result.targets.map(() => row.kinds[0]));
      expect(result.virtual.detected).toMatch(DURATION);
      if (shown) expect(withoutTimes(example), "run npm run docs:operations").toEqual(withoutTimes(examples[shown.operation]));
      expect(result.auditRows).toBeGreaterThan(0);
    });
  });
}
