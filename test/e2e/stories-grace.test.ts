/** Stories in which Keymend is up when the key goes. */
import { expect, test } from "vitest";
import { stories } from "../../sandbox/stories/index.ts";
import { useSceneRunner } from "./scenes.ts";
import { leaksIn } from "./secrets.ts";
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

test.each(["as it is: s3cr-t/=", "in a URL: s3cr-t%2F%3D", `in base64: ${Buffer.from("s3cr-t/=").toString("base64")}`])(
  "what was handed out in confidence is found in what is said, %s",
  (text) => {
    expect(leaksIn(["harmless", text], [{ name: "a secret", text: "s3cr-t/=" }])).toEqual([
      "a secret shows up in what the app says or keeps",
    ]);
    expect(leaksIn(["harmless"], [{ name: "a secret", text: "s3cr-t/=" }])).toEqual([]);
  },
);
