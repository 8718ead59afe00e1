/**
 * `npm run unknowns`: plays every story under each other reading of what Azure's documentation leaves open and writes
 * docs/unknowns-results.json and docs/unknowns.md after every play. Without a choice of rows:
 * --missing   those alone that are not played to their end, or were played with other code: goes on where it was stopped
 * --stories a,b   --kind K   --phase P   those rows alone   --reading TEXT   only readings with that in their name
 * --show   what happens in each play; with one worker it can be read
 * --minutes N: begins no other row after that   --seed N (7)   --workers N (2)   --page-from-results: writes the page alone
 */
import { readFile, writeFile } from "node:fs/promises";
import { PLAY_FLAGS, readPlayOptions } from "../sandbox/matrix/options.ts";
import { rowsOf } from "../sandbox/matrix/page.ts";
import type { Row } from "../sandbox/matrix/trial.ts";
import { flagsOf, text } from "../sandbox/play/flags.ts";
import { stories } from "../sandbox/stories/index.ts";
import { pageOf, playedOf, problemLines, type Results, rowName, unplayedIn, withPlay } from "../sandbox/unknowns/page.ts";
import type { Reading } from "../sandbox/unknowns/readings.ts";
import { playUnknowns } from "../sandbox/unknowns/run.ts";
import { createDigest, fileOf } from "./digest.ts";
import { orUsage, readKept } from "./kept-results.ts";

const PAGE = "docs/unknowns.md";
const RESULTS = "docs/unknowns-results.json";

const options = orUsage(() => {
  const flags = flagsOf(process.argv.slice(2), { ...PLAY_FLAGS, reading: "string" });
  return { ...readPlayOptions(flags, stories), reading: text(flags["reading"]) ?? "" };
});

const all = rowsOf(stories);
const known = await readKept<Results>(RESULTS);
const seed = options.seed ?? known?.seed ?? 7;
// Another seed is another Azure.
let results: Results = known?.seed === seed ? known : { seed, rows: [] };

async function write(): Promise<void> {
  await writeFile(RESULTS, `{"seed":${results.seed},"rows":[\n${results.rows.map((row) => JSON.stringify(row)).join(",\n")}\n]}\n`);
  await writeFile(PAGE, pageOf(results, all));
}

const order = stories.map(({ name }) => name);
const digest = await createDigest(order.map(fileOf), await readFile("sandbox/unknowns/judge.ts", "utf8"));
const playedWith = ({ story, kind, phase }: Row): string => digest(fileOf(story.name), seed, kind, phase);

const due = options.missing ? unplayedIn(results, options.rows, playedWith) : options.rows;

const choose = (readings: readonly Reading[], row: Row): readonly Reading[] => {
  const played = options.missing ? playedOf(results, row, playedWith(row)) : [];
  return readings.filter(({ name }) => name.includes(options.reading) && !played.includes(name));
};

async function playAll(): Promise<number> {
  let problems = 0;
  await playUnknowns(due, {
    seed,
    workers: options.workers,
    hasTime: options.hasTime,
    choose,
    ...(options.show ? { write: (line: string) => void process.stdout.write(line) } : {}),
    async onPlay(play) {
      const lines = problemLines(play);
      problems += lines.length;
      results = withPlay(results, play, playedWith(play.row), order);
      await write();
      const { outcome, reason } = play.trial;
      console.log(
        `${rowName(play.row)}, ${play.reading?.name ?? "as documented"}: ${outcome ?? "no end"} ${reason ?? ""} (${play.seconds} s)`,
      );
      for (const line of lines) console.error(`DOES NOT HOLD: ${line}`);
    },
  });
  return problems;
}

if (options.pageFromResults) await write();
else process.exitCode = (await playAll()) > 0 ? 1 : 0;
