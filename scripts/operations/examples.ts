/** What Keymend says of each planned operation at its end, as its operations API shows it: of the story op-NAME, always with the same seed. */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import type { Kind } from "../../sandbox/estate/estate.ts";
import { openScene, type Scene } from "../../sandbox/play/scene.ts";
import { silent } from "../../sandbox/play/timeline.ts";
import type { Sandbox } from "../../sandbox/running/sandbox.ts";
import { stories } from "../../sandbox/stories/index.ts";
import { soon, type Story } from "../../sandbox/stories/story.ts";
import { OPERATION, OPERATION_LIST } from "../../src/api/answers.ts";
import { operations } from "../../src/domain/operations/index.ts";

export const SEED = 7;

const text = v.string();

const example = v.object({
  story: text,
  title: text,
  kind: v.picklist(["account", "cluster"]),
  parameters: v.record(text, v.unknown()),
  requirements: v.array(v.object({ name: text, state: text, detail: text })),
  steps: v.array(v.object({ name: text, on: text })),
  outcome: v.nullable(text),
  detail: text,
  undo: v.array(text),
});

export type Example = v.InferOutput<typeof example>;

/** By the operation's name. */
const examples = v.record(text, example);

export type Examples = v.InferOutput<typeof examples>;

export const readExamples = async (file: string): Promise<Examples> => v.parse(examples, JSON.parse(await readFile(file, "utf8")));

/** kind: both are shown, turn by turn. */
export type Showing = { operation: string; story: Story; kind: Kind };

export const showings: readonly Showing[] = Object.keys(operations).flatMap((operation, i) => {
  const story = stories.find(({ name }) => name === `op-${operation}`);
  return story ? [{ operation, story: soon(story, [14, 17]), kind: story.kinds[i % story.kinds.length]! }] : [];
});

/** Ids of operations begin with their time. */
const ID = /\b\d{8}T\d{9}Z-[0-9a-f]{12}\b/g;
/** A principal's id is drawn anew in each Azure that is played. */
const withoutDraws = (one: Example): Example => JSON.parse(JSON.stringify(one).replace(ID, "OPERATION"));

/** The newest of its name, once the story is over. */
export async function exampleOf(sandbox: Sandbox, { operation, story, kind }: Showing): Promise<Example> {
  const reader = sandbox.actor(sandbox.estate.reader);
  const get = async <Schema extends v.GenericSchema>(path: string, schema: Schema): Promise<v.InferOutput<Schema>> =>
    v.parse(schema, (await reader.app("GET", path)).body);
  const { value } = await get("/api/operations", OPERATION_LIST);
  const { id } = value.find((one) => one.operation === operation)!;
  const { parameters, requirements, applied, outcome, detail, undo } = await get(`/api/operations/${id}`, OPERATION);
  return withoutDraws({
    story: story.name,
    title: story.title,
    kind,
    parameters,
    requirements: requirements.map(({ name, state, detail: what }) => ({ name, state, detail: what })),
    steps: applied.map(({ name, on }) => ({ name, on })),
    outcome,
    detail,
    undo,
  });
}

export async function playExample(showing: Showing): Promise<Example> {
  const failed = Promise.withResolvers<never>();
  const { story, kind } = showing;
  const options = { story, kinds: [kind], phase: "grace", seed: SEED, mode: story.mode ?? "heal", alone: true, speed: 0 } as const;
  const scene: Scene = await openScene({ ...options, timeline: silent, onError: failed.reject });
  try {
    const { faults } = await Promise.race([scene.play(performance.now()), failed.promise]);
    if (faults.length > 0) throw new Error(`${story.name}: ${faults.join("; ")}`);
    return await exampleOf(scene.sandbox, showing);
  } finally {
    await scene.sandbox.close();
  }
}
