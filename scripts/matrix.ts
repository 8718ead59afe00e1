/**
 * `npm run matrix`: plays every story under every fault at every call to Azure and writes docs/matrix-results.json and docs/matrix.md, row
 * by row; takes some two hours on two cores for all stories. Without a choice of rows:
 * --missing   those alone that are not in the results yet, or were played with other code: goes on where it was stopped
 * --stories a,b   --kind K   --phase P   those rows alone, in the place of what they came to before
 * --fault A,B   --call TEXT   only strikes of those faults, at calls with that in their shape: told, and nothing written
 * --show   what happens in each trial; with one worker it can be read
 * --minutes N: begins no other row after that   --seed N (7)   --workers N (2)   --page-from-results: writes the page alone
 */
import { writeFile } from "node:fs/promises";
import { readMatrixOptions } from "../sandbox/matrix/options.ts";
import { outdatedIn, pageOf, problemLines, recordOf, type Results, rowName, rowsOf, strikeName, withRow } from "../sandbox/matrix/page.ts";
import type { Row } from "../sandbox/matrix/trial.ts";
import { type RowResult, runMatrix } from "../sandbox/matrix/run.ts";
import type { Strike } from "../sandbox/matrix/tap.ts";
import { stories } from "../sandbox/stories/index.ts";
import { createDigest, fileOf } from "./digest.ts";
import { orUsage, readKept } from "./kept-results.ts";

const PAGE = "docs/matrix.md";
const RESULTS = "docs/matrix-results.json";

const options = orUsage(() => readMatrixOptions(process.argv.slice(2), stories));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const all = rowsOf(stories);
const known = await readKept<Results>(RESULTS);
const seed = options.seed ?? known?.seed ?? 7;
// Another seed is another matrix.
let results: Results = known?.seed === seed ? known : { seed, rows: [] };

async function write(): Promise<void> {
  const rows = results.rows.map((row) => JSON.stringify(row)).join(",\n");
  await writeFile(RESULTS, `{"seed":${results.seed},"rows":[\n${rows}\n]}\n`);
  await writeFile(PAGE, pageOf(results, all));
}

const digest = await createDigest(stories.map(({ name }) => fileOf(name)));
const playedWith = ({ story, kind, phase }: Row): string => digest(fileOf(story.name), seed, kind, phase);

const { faults, call } = options;
const chosen = options.missing ? outdatedIn(results, options.rows, playedWith) : options.rows;

const isPart = faults !== undefined || call !== undefined;
const choose = (strikes: Strike[]): Strike[] =>
  strikes.filter(({ column, shape }) => (faults ?? [column.name]).includes(column.name) && shape.includes(call ?? ""));

function tell({ row, struck }: RowResult): void {
  for (const { strike, trial } of struck)
    console.log(`${rowName({ row })}: ${strikeName(strike)}: ${trial.outcome} ${trial.reason ?? ""} ${trial.problems.join("; ")}`);
}

async function playAll(rows: readonly Row[]): Promise<number> {
  const began = performance.now();
  let [number, said, problems, rowBegan] = [1, 0, 0, began];
  const played = runMatrix(rows, {
    seed,
    workers: options.workers,
    hasTime: options.hasTime,
    choose,
    ...(options.show ? { write: (line: string) => void process.stdout.write(line) } : {}),
    onProgress(row, done, of) {
      if (performance.now() - said < 10_000 && done !== of) return;
      said = performance.now();
      say(`${Math.ceil((said - began) / 60_000)} min  row ${number} of ${rows.length}: ${rowName({ row })}  ${done}/${of}`);
    },
  });
  for await (const result of played) {
    number++;
    for (const problem of problemLines(result)) say(`DOES NOT HOLD: ${problem}`);
    problems += problemLines(result).length;
    const seconds = Math.round((performance.now() - rowBegan) / 1000);
    rowBegan = performance.now();
    results = withRow(
      results,
      recordOf(result, seconds, playedWith(result.row)),
      stories.map(({ name }) => name),
    );
    // After every row: who stops it halfway keeps what was played.
    if (isPart) tell(result);
    else await write();
  }
  return problems;
}

if (options.pageFromResults) await write();
else process.exitCode = (await playAll(chosen)) > 0 ? 1 : 0;
