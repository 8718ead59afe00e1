// A vault is deleted, and its key is broken besides: the roles on keys lie with the resource group and outlive the vault, so that it is mended to the end.
import { expect, test } from "vitest";
import { stories } from "../../sandbox/stories/index.ts";
import type { Story } from "../../sandbox/stories/story.ts";
import { useSceneRunner } from "./scenes.ts";

const scenes = useSceneRunner();

const storyOf = (name: string): Story => stories.find((one) => one.name === name)!;
const vault = storyOf("vault-deleted");

/** An expired one is a story of its own: vault-deleted-key-expired. */
test.each([
  ["key-disabled", "account", "grace"],
  ["key-deleted", "cluster", "grace"],
  ["key-not-yet-valid", "cluster", "revoked"],
  ["key-operations-removed", "account", "revoked"],
] as const)("%s, %s, %s", async (name, kind, phase) => {
  const key = storyOf(name);
  const story: Story = {
    ...vault,
    name: `vault-deleted-${name}`,
    causes: ["VaultDeleted", ...key.causes],
    steps: [...vault.steps!, ...key.steps!],
    async break(context) {
      await key.break(context);
      await vault.break(context);
    },
  };
  const { result, faults } = await scenes.play({ story, kinds: [kind], phase, seed: 7, mode: "heal", alone: true });
  expect(faults).toEqual([]);
  expect(result.outcome).toBe(vault.outcome[phase]);
  expect(result.steps).toEqual(expect.arrayContaining([...key.steps!]));
  expect(result.steps.indexOf(key.steps![0]!)).toBeGreaterThan(result.steps.indexOf("RecoverVault"));
});
