/**
 * What a deployment that lacks one action comes to: a story is played under the deployed roles less that action, and does not end as it must.
 * An action of which no story does is one that nothing needs, or that no story shows.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kind } from "../../sandbox/estate/estate.ts";
import { createSceneRunner } from "../../sandbox/play/scene-runner.ts";
import { silent } from "../../sandbox/play/timeline.ts";
import { startTables } from "../../sandbox/running/azurite.ts";
import type { Story, StoryPhase } from "../../sandbox/stories/story.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import type { Action, Missed } from "./actions.ts";

/** Stories that a read which is missing is likely to show in, likeliest first; then any other. */
const TELLING = [
  "role-removed",
  "identity-detached",
  "vault-deleted",
  "author-in-the-log",
  "key-disabled",
  "vault-not-armed",
  "network-blocked",
];

type Play = { story: Story; kind: Kind; phase: StoryPhase };

const takes = (step: string, kind: Kind, { action, isData }: Action): boolean => {
  const spec = Object.entries(stepSpecs).find(([name]) => name === step)?.[1];
  const permission = spec?.permission({ targetKind: kind });
  return (isData ? permission?.dataActions : permission?.actions)?.includes(action) ?? false;
};

/** Stories of which a step takes it come first. */
function candidatesFor(action: Action, stories: readonly Story[]): Play[] {
  const plays = stories.flatMap((story) =>
    story.kinds.flatMap((kind) => story.phases.slice(0, 1).map((phase): Play => ({ story, kind, phase }))),
  );
  const steps = ({ story }: Play): readonly string[] => [...(story.steps ?? []), ...(story.anySteps ?? [])];
  const placeOf = (play: Play): number => {
    if (steps(play).some((step) => takes(step, play.kind, action))) return play.story.targets === undefined ? -2 : -1;
    const place = TELLING.indexOf(play.story.name);
    return place === -1 ? TELLING.length : place;
  };
  return plays.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** The story as it goes where the deployment lacks the action. */
const lacking = (story: Story, { capability, action, isData }: Action): Story => ({
  ...story,
  arrange(parts) {
    story.arrange?.(parts);
    const { world, estate } = parts;
    const without = (list: string[], isMeant: boolean): string[] => (isMeant ? list.filter((one) => one !== action) : list);
    const { principalId } = estate.keymend[capability];
    const held = [...world.roleAssignments.values()].filter((one) => one.principalId === principalId);
    for (const role of world.roleDefinitions.values())
      if (held.some(({ roleDefinitionId }) => roleDefinitionId.endsWith(`/${role.name}`)))
        role.permissions = role.permissions.map(({ actions, dataActions, ...rest }) => ({
          ...rest,
          actions: without(actions, !isData),
          dataActions: without(dataActions, isData),
        }));
  },
});

/** tell: after each action, what it came to; undefined where no story of the first `tries` ended otherwise. */
export async function playMissing(
  actions: readonly Action[],
  {
    stories,
    tries,
    tell,
  }: { stories: readonly Story[]; tries: number; tell: (action: Action, missed: Missed | undefined) => Promise<void> },
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "keymend-missing-"));
  const tables = await startTables(folder);
  const runner = createSceneRunner({ tables, number: 0, folder });

  async function play({ story, kind, phase }: Play, action: Action): Promise<Missed | undefined> {
    const stop = Promise.withResolvers<never>();
    const scene = await runner.open({
      story: lacking(story, action),
      kinds: [kind],
      phase,
      seed: 7,
      mode: story.mode ?? "heal",
      speed: 0,
      timeline: silent,
      onError: stop.reject,
      alone: true,
    });
    const { capability, action: name, isData } = action;
    const at = { capability, action: name, isData, story: story.name, kind, phase };
    try {
      const { result, faults, told } = await Promise.race([scene.play(performance.now()), stop.promise]);
      const asks = told.incident?.plan?.steps.some(({ state }) => state === "waitsForApproval") === true;
      const came = `${result.outcome ?? (asks ? "in a question" : "nothing")}${result.reason === null ? "" : ` (${result.reason})`}`;
      return faults.length === 0 ? undefined : { ...at, came, faults };
    } catch (error) {
      // The story can't go on: it waited for what the app did not do.
      return { ...at, came: "nothing", faults: [error instanceof Error ? error.message : String(error)] };
    } finally {
      await scene.sandbox.close();
    }
  }

  try {
    for (const action of actions) {
      let missed: Missed | undefined;
      for (const candidate of candidatesFor(action, stories).slice(0, tries)) if ((missed = await play(candidate, action))) break;
      await tell(action, missed);
    }
  } finally {
    await runner.close();
    await tables.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
