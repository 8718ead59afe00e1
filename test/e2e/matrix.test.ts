/**
 * A sample of the fault matrix (`npm run matrix` plays all of it): some stories, each with some calls struck, drawn from a
 * seed so that every fault is met. What must hold is the matrix's own rule.
 */
import { beforeAll, expect, test } from "vitest";
import { columns } from "../../sandbox/matrix/columns.ts";
import { problemLines } from "../../sandbox/matrix/page.ts";
import type { Row } from "../../sandbox/matrix/trial.ts";
import { type RowResult, runMatrix } from "../../sandbox/matrix/run.ts";
import type { Strike } from "../../sandbox/matrix/tap.ts";
import { createRandom } from "../../sandbox/time/random.ts";
import { stories } from "../../sandbox/stories/index.ts";

const SEED = 7;
const FAULTS_PER_ROW = 4;

const PICKED: [string, Row["kind"], Row["phase"]][] = [
  ["role-removed", "account", "grace"],
  ["key-expired", "cluster", "revoked"],
  ["key-rotated-pinned", "cluster", "grace"],
  ["default-identity-undefined", "account", "grace"],
];

const rows = PICKED.map(([name, kind, phase]): Row => {
  const story = stories.find((one) => one.name === name);
  if (!story) throw new Error(`no story is called ${name}`);
  return { story, kind, phase };
});

const random = createRandom(SEED);
/** Faults that no row before has met come first; one worker, so that the rows come in the same order each time. */
const times = new Map(columns.map((column) => [column, 0]));

function choose(strikes: Strike[]): Strike[] {
  const chosen: Strike[] = [];
  for (const column of columns.toSorted((a, b) => times.get(a)! - times.get(b)!)) {
    const fitting = strikes.filter((strike) => strike.column === column);
    const picked = fitting[random.int("strike", 0, fitting.length - 1)];
    if (!picked || chosen.length === FAULTS_PER_ROW) continue;
    times.set(column, times.get(column)! + 1);
    chosen.push(picked);
  }
  return chosen;
}

const results: RowResult[] = [];

beforeAll(async () => {
  for await (const result of runMatrix(rows, { seed: SEED, workers: 1, choose, onProgress: () => {} })) results.push(result);
});

test.each(rows.map(({ story, kind, phase }, index) => ({ name: story.name, kind, phase, index })))(
  "$name, $kind, $phase: ends as it must or is escalated, under each of its faults",
  ({ index }) => {
    const result = results[index]!;
    expect(problemLines(result)).toEqual([]);
    expect(result.struck.length).toBe(FAULTS_PER_ROW);
  },
);

test("every fault was met", () => {
  const met = new Set(results.flatMap(({ struck }) => struck.map(({ strike }) => strike.column.name)));
  expect([...met].sort()).toEqual(columns.map(({ name }) => name).sort());
});
