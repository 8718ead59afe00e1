/** Stories in which Keymend is up when the key goes. */
import { expect, test } from "vitest";
import { stories } from "../../sandbox/stories/index.ts";
import { useSceneRunner } from "./scenes.ts";
import { testStories } from "./stories.ts";

const scenes = useSceneRunner();

testStories("grace", scenes);

test("a story about both kinds plays with one of each where none is said", async () => {
  const story = stories.find(({ name }) => name === "role-removed")!;
  const { result, faults } = await scenes.play({ story, kinds: story.kinds, phase: "grace", seed: 7, mode: "heal" });
  expect(faults).toEqual([]);
  expect(new Set(result.targets.map(({ kind }) => kind))).toEqual(new Set(["account", "cluster"]));
  expect(result.writes).toBe(2);
});
