/**
 * Every story, in-process, with one kind of database, one phase (the first ones: each) and one seed; KEYMEND_ALL_STORIES=1 plays every
 * kind and phase with three seeds. What must come of it is the story's own word; what came of it the sandbox's and the app's.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTables, type Tables } from "../../sandbox/running/azurite.ts";
import { type Ended, openScene } from "../../sandbox/play/scene.ts";
import { stories } from "../../sandbox/stories/index.ts";
import type { Phase, Story } from "../../sandbox/stories/story.ts";
import type { Kind } from "../../sandbox/estate/estate.ts";
import type { Timeline } from "../../sandbox/play/timeline.ts";

const ALL = process.env["KEYMEND_ALL_STORIES"] === "1";
/** How many stories of the list are the foundation: one for each repair and each way to leave things alone. */
const FIRST = 8;
const SEEDS = [7, 42, 1001, 31_337];
const DURATION = /^P(?!$)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/;
const silent: Timeline = { say() {}, note() {}, waitFor() {}, tick() {}, end() {} };

type Row = { story: Story; kinds: readonly Kind[]; phase: Phase; seed: number };

/** Without all, kinds and seeds take turns, so that both kinds and every seed are met somewhere. */
const rows: Row[] = stories.flatMap((story, i) =>
  story.phases.flatMap((phase, j) => {
    const turn = i + j;
    if (ALL) return story.kinds.flatMap((kind) => SEEDS.slice(0, 3).map((seed) => ({ story, kinds: [kind], phase, seed })));
    // The first stories, on which all others rest, in each phase; of the others the phases take turns.
    if (i >= FIRST && j !== i % story.phases.length) return [];
    return [{ story, kinds: [story.kinds[turn % story.kinds.length]!], phase, seed: SEEDS[turn % SEEDS.length]! }];
  }),
);

let folder: string;
let tables: Tables;
let played = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keymend-stories-"));
  tables = await startTables(folder);
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

async function play({ story, kinds, phase, seed }: Row): Promise<Ended> {
  played++;
  // One table service for all, and in it each play by itself.
  const own = Object.fromEntries(
    ["incidents", "audit", "baseline"].map((name) => [`KEYMEND_TABLE_${name.toUpperCase()}`, `${name}${played}`]),
  );
  const told = { ...story, settings: { ...story.settings, ...own } };
  const onError = (error: unknown): void => {
    throw error;
  };
  const scene = await openScene({
    story: told,
    kinds,
    phase,
    seed,
    mode: story.mode ?? "heal",
    speed: 0,
    timeline: silent,
    onError,
    tables,
  });
  try {
    return await scene.play(performance.now());
  } finally {
    await scene.sandbox.close();
  }
}

describe("every story ends as it must", () => {
  test.each(rows.map((row) => ({ ...row, name: row.story.name, kind: row.kinds.join(" and ") })))(
    "$name, $kind, $phase, seed $seed",
    async (row) => {
      const { result, faults } = await play(row);
      expect(faults).toEqual([]);
      expect(result.outcome).toBe(row.story.outcome[row.phase]);
      expect(result.causes).toEqual(expect.arrayContaining([...row.story.causes]));
      expect(result.targets.map(({ kind }) => kind)).toEqual(result.targets.map(() => row.kinds[0]));
      expect(result.virtual.detected).toMatch(DURATION);
      expect(result.auditRows).toBeGreaterThan(0);
    },
    60_000,
  );
});

describe("the same seed", () => {
  const of = (name: string): Story => stories.find((story) => story.name === name)!;
  const tell = async (row: Row) => {
    const { result } = await play(row);
    return { ...result, wallMs: 0 };
  };

  test("tells the same story again", { timeout: 60_000 }, async () => {
    const row: Row = { story: of("key-deleted"), kinds: ["account"], phase: "grace", seed: 5 };
    expect(await tell(row)).toEqual(await tell(row));
  });

  test("and another seed the same with other times", { timeout: 60_000 }, async () => {
    const row: Row = { story: of("key-expired"), kinds: ["cluster"], phase: "revoked", seed: 5 };
    const [one, other] = [await tell(row), await tell({ ...row, seed: 6 })];
    expect(other.virtual).not.toEqual(one.virtual);
    expect({ ...other, virtual: null, auditRows: 0 }).toEqual({ ...one, virtual: null, auditRows: 0 });
  });
});

test("a story about both kinds plays with one of each where none is said", { timeout: 60_000 }, async () => {
  const story = stories.find(({ name }) => name === "role-removed")!;
  const { result, faults } = await play({ story, kinds: story.kinds, phase: "grace", seed: 7 });
  expect(faults).toEqual([]);
  expect(new Set(result.targets.map(({ kind }) => kind))).toEqual(new Set(["account", "cluster"]));
  expect(result.writes).toBe(2);
});
