/**
 * `npm run matrix`: plays every story under every fault at every call to Azure and writes docs/matrix.md. Takes hours for all stories.
 * --stories a,b   those alone      --kind K --phase P   those rows alone      --seed N (7)      --workers N (2)      --out FILE
 * --fault A,B  --call TEXT   only strikes of those faults, at calls with that in their shape: told, and no page written
 * --show   what happens in each play; with one worker it can be read
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type PageFacts, pageOf, problemLines, rowName, strikeName } from "../sandbox/matrix/page.ts";
import type { Row } from "../sandbox/matrix/play.ts";
import { type RowResult, runMatrix } from "../sandbox/matrix/run.ts";
import type { Strike } from "../sandbox/matrix/tap.ts";
import { stories } from "../sandbox/stories/index.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    stories: text,
    kind: text,
    phase: text,
    seed: text,
    workers: text,
    out: text,
    fault: text,
    call: text,
    show: { type: "boolean" },
  },
});
const seed = Number(values.seed ?? 7);
const names = values.stories?.split(",") ?? stories.map(({ name }) => name);
const unknown = names.filter((name) => !stories.some((story) => story.name === name));
if (unknown.length > 0) throw new Error(`no story is called ${unknown.join(", ")}`);

const rows: Row[] = stories
  .filter(({ name }) => names.includes(name))
  .flatMap((story) => story.kinds.flatMap((kind) => story.phases.map((phase) => ({ story, kind, phase }))))
  .filter(({ kind, phase }) => (values.kind ?? kind) === kind && (values.phase ?? phase) === phase);

const faults = values.fault?.split(",");
const isPart = values.fault !== undefined || values.call !== undefined;
const choose = (strikes: Strike[]): Strike[] =>
  strikes.filter(({ column, shape }) => (faults ?? [column.name]).includes(column.name) && shape.includes(values.call ?? ""));

const began = performance.now();
const minutes = (): number => Math.ceil((performance.now() - began) / 60_000);
let said = 0;
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const results: RowResult[] = [];

async function writePage(): Promise<void> {
  const facts: PageFacts = {
    command: "npm run matrix",
    seed,
    stories: [...new Set(results.map(({ row }) => row.story.name))],
    notPlayed: stories.map(({ name }) => name).filter((name) => !results.some(({ row }) => row.story.name === name)),
    minutes: minutes(),
  };
  await writeFile(values.out ?? "docs/matrix.md", pageOf(results, facts));
}

function tell({ row, struck }: RowResult): void {
  for (const { strike, play } of struck) {
    console.log(`${rowName({ row })}: ${strikeName(strike)}: ${play.outcome} ${play.reason ?? ""} ${play.problems.join("; ")}`);
  }
}

const played = runMatrix(rows, {
  seed,
  workers: Number(values.workers ?? 2),
  choose,
  ...(values.show ? { write: (line: string) => void process.stdout.write(line) } : {}),
  onProgress(row, done, of) {
    if (performance.now() - said < 10_000 && done !== of) return;
    said = performance.now();
    say(`${minutes()} min  row ${results.length + 1} of ${rows.length}: ${rowName({ row })}  ${done}/${of}`);
  },
});
for await (const result of played) {
  results.push(result);
  for (const problem of problemLines(result)) say(`DOES NOT HOLD: ${problem}`);
  // After every row: who stops it halfway keeps what was played.
  if (isPart) tell(result);
  else await writePage();
}
process.exitCode = results.some((result) => problemLines(result).length > 0) ? 1 : 0;
