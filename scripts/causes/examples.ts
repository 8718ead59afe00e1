/** What Keymend says of each cause, as its operations API shows it: played in the sandbox, always with the same seed. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { getIncident, type Incident } from "../../sandbox/running/app-api.ts";
import type { Mode } from "../../sandbox/running/sandbox.ts";
import type { Kind, Patient } from "../../sandbox/estate/estate.ts";
import { openScene, type Scene, type SceneOptions } from "../../sandbox/play/scene.ts";
import { incidentsOf } from "../../sandbox/stories/acts.ts";
import { stories } from "../../sandbox/stories/index.ts";
import type { StoryPhase, Story } from "../../sandbox/stories/story.ts";
import { silent } from "../../sandbox/play/timeline.ts";
import type { CauseCode } from "../../src/domain/cause-code.ts";
import { causes } from "../../src/domain/causes/index.ts";
import { createDigest, fileOf } from "../digest.ts";
import { moreStories } from "./more-stories.ts";

export const SEED = 7;

const text = v.string();
const nullable = v.nullable(text);

const example = v.object({
  story: text,
  title: text,
  kind: v.picklist(["account", "cluster"]),
  phase: v.picklist(["grace", "revoked"]),
  mode: v.picklist(["observe", "approve", "heal"]),
  /** How the story ends in its own mode: before the service has noticed, and after; null where it is not played like that. */
  ends: v.object({ grace: nullable, revoked: nullable }),
  outcome: nullable,
  reason: nullable,
  detail: text,
  databases: v.array(v.object({ id: text, phase: text })),
  evidence: v.array(text),
  contradictions: v.array(text),
  steps: v.array(v.object({ name: text, on: text, permission: text, needs: text })),
  runbook: v.array(text),
});

export type Example = v.InferOutput<typeof example>;

/** By the code of the cause. */
const examples = v.object({
  seed: v.number(),
  /** What each was played with, and what came of it: see isCurrent. */
  playedWith: v.record(text, text),
  examples: v.record(text, v.array(example)),
});

export type Examples = v.InferOutput<typeof examples>;

export const readExamples = async (file: string): Promise<Examples> => v.parse(examples, JSON.parse(await readFile(file, "utf8")));

/** Which story shows a cause, with which kinds of database. */
export type Showing = { code: CauseCode; story: Story; kinds: readonly Kind[]; phase: StoryPhase; mode: Mode };

/** Where another story shows more than the first one about the cause. */
const BEST: Partial<Record<CauseCode, string>> = {
  AccessMissing: "role-removed",
  DefaultIdentityUndefined: "identity-detached",
  PolicyMissing: "policy-removed",
  Revalidating: "never-revalidated",
};

/** What its story is called. */
export const kebab = (code: string): string => code.replace(/(?!^)[A-Z]/g, "-$&").toLowerCase();

/**
 * The story of the cause's own name, else the first that is about it alone. Observing shows the whole plan at once; where there is
 * nothing to plan, the story is played as it is.
 */
export const showings: readonly Showing[] = causes.flatMap(({ code, kinds, steps }): Showing[] => {
  const all = [...stories, ...moreStories];
  const name = BEST[code] ?? kebab(code);
  const story = all.find((one) => one.name === name) ?? all.find((one) => one.causes.join() === code);
  if (!story) return [];
  const phase = story.phases.includes("grace") ? "grace" : "revoked";
  const played = story.kinds.filter((kind) => kinds.includes(kind));
  return [{ code, story, kinds: played, phase, mode: steps.length === 0 ? (story.mode ?? "heal") : "observe" }];
});

type Broken = { kind: Kind; patient: Patient; since: string };

function exampleOf({ code, story, phase, mode }: Showing, kind: Kind, incident: Incident): Example {
  const { evidence, contradictions, targetIds } = incident.causes.find((cause) => cause.code === code)!;
  const { outcome, reason, detail, targets, plan, runbook } = incident;
  return {
    story: story.name,
    title: story.title,
    kind,
    phase,
    mode,
    ends: { grace: story.outcome.grace ?? null, revoked: story.outcome.revoked ?? null },
    outcome,
    reason,
    detail,
    databases: targets.filter(({ id }) => targetIds.includes(id)).map(({ id, phaseBefore }) => ({ id, phase: phaseBefore })),
    evidence,
    contradictions,
    steps: (plan?.steps ?? []).map(({ name, on, permission, needs }) => ({ name, on, permission, needs })),
    runbook,
  };
}

/** Plays the story once, with a database of each kind at the same time. */
export async function playExamples(showing: Showing, open: (options: SceneOptions) => Promise<Scene> = openScene): Promise<Example[]> {
  const { code, story, kinds, phase, mode } = showing;
  const broken: Broken[] = [];
  const failed = Promise.withResolvers<never>();
  const scene = await open({
    story: {
      ...story,
      break(context) {
        broken.push({ kind: context.kind, patient: context.patient, since: context.world.clock.iso() });
        return story.break(context);
      },
    },
    kinds,
    phase,
    seed: SEED,
    mode,
    // What an incident says is about one vault.
    alone: true,
    speed: 0,
    timeline: silent,
    onError: failed.reject,
  });
  try {
    await Promise.race([scene.play(performance.now()), failed.promise]);
    const reader = scene.sandbox.actor(scene.sandbox.estate.reader);
    return await Promise.all(
      broken.map(async ({ kind, patient, since }) => {
        const rows = await incidentsOf(reader, patient, since);
        const incidents = await Promise.all(rows.map(({ id }) => getIncident(reader, id)));
        const incident = incidents.find((one) => one.causes.some((cause) => cause.code === code));
        if (!incident) throw new Error(`the story ${story.name} with a ${kind} does not show ${code}`);
        return exampleOf(showing, kind, incident);
      }),
    );
  } finally {
    await scene.sandbox.close();
  }
}

const OWN_STORIES = "scripts/causes/more-stories.ts";

export const storyFile = (story: Story): string => (stories.includes(story) ? fileOf(story.name) : OWN_STORIES);

export type MarkOf = (showing: Showing, played: readonly Example[]) => string;

/** A mark for examples: another one where code, showing or the examples themselves are not the same. */
export async function createMarkOf(): Promise<MarkOf> {
  const digest = await createDigest(
    showings.map(({ story }) => storyFile(story)),
    await readFile(fileURLToPath(import.meta.url), "utf8"),
  );
  return (showing, played) => {
    const { code, kinds, phase, mode } = showing;
    return digest(storyFile(showing.story), SEED, code, kinds, phase, mode, played);
  };
}

export const isCurrent = ({ playedWith, examples: kept }: Examples, showing: Showing, markOf: MarkOf): boolean =>
  playedWith[showing.code] === markOf(showing, kept[showing.code] ?? []);
