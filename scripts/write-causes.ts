/**
 * `npm run docs`: plays the stories of the causes whose examples were played with other code, or are others, and writes
 * docs/causes-examples.json and docs/causes.md.
 * --all                  plays all of them
 * --examples-from-file   writes the page alone, from the examples that are there
 * --check                writes nothing and fails where page or examples are not what would be written
 */
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";
import {
  type Showing,
  showings,
  createMarkOf,
  type Example,
  type Examples,
  isCurrent,
  playExamples,
  readExamples,
  SEED,
  withoutTimes,
} from "./causes/examples.ts";
import { causesPage } from "./causes/page.ts";

const PAGE = "docs/causes.md";
const EXAMPLES = "docs/causes-examples.json";
/** Sandboxes at once. */
const WORKERS = 2;

const flag = { type: "boolean" } as const;
const { values } = parseArgs({ options: { "examples-from-file": flag, check: flag, all: flag } });
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function play(kept: Examples): Promise<Examples> {
  const markOf = await createMarkOf();
  const isKept = (showing: Showing): boolean => values.all !== true && isCurrent(kept, showing, markOf);
  const played = new Map<string, readonly Example[]>(
    showings.filter(isKept).map((showing) => [showing.code, kept.examples[showing.code] ?? []]),
  );
  const waiting = showings.filter((showing) => !isKept(showing));
  const work = async (): Promise<void> => {
    for (let showing = waiting.shift(); showing; showing = waiting.shift()) {
      say(`${showing.code}: ${showing.story.name}`);
      played.set(showing.code, await playExamples(showing));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  const all = showings.map((showing) => ({ showing, code: showing.code, examples: [...(played.get(showing.code) ?? [])] }));
  return {
    seed: SEED,
    playedWith: Object.fromEntries(all.map(({ showing, code, examples }) => [code, markOf(showing, examples)])),
    examples: Object.fromEntries(all.map(({ code, examples }) => [code, examples])),
  };
}

const comparable = (examples: readonly Example[] | undefined): unknown => examples?.map(withoutTimes);

async function check(): Promise<string[]> {
  const kept = await readExamples(EXAMPLES);
  const played = await play(kept);
  const stale = showings.filter(({ code }) => !isDeepStrictEqual(comparable(kept.examples[code]), comparable(played.examples[code])));
  const page = (await readFile(PAGE, "utf8")) === causesPage(kept);
  return [
    ...stale.map(({ code, story }) => `the example of ${code} is not what ${story.name} shows`),
    ...(page ? [] : [`${PAGE} is stale`]),
  ];
}

if (values.check) {
  const problems = await check();
  for (const problem of problems) say(problem);
  say(problems.length === 0 ? "the causes' page and its examples are as they should be" : "run npm run docs");
  process.exitCode = problems.length === 0 ? 0 : 1;
} else {
  if (!values["examples-from-file"]) {
    await writeFile(EXAMPLES, `${JSON.stringify(await play(await readExamples(EXAMPLES)), null, 2)}\n`);
    spawnSync("oxfmt", [EXAMPLES], { stdio: "inherit" });
  }
  await writeFile(PAGE, causesPage(await readExamples(EXAMPLES)));
}
