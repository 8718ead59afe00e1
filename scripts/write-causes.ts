/**
 * `npm run docs`: plays the stories of the causes whose examples were played with other code, or are others, and writes
 * docs/causes-examples.json and docs/causes.md, after each of them.
 * --all                  plays all of them
 * --cause A,B            plays those alone; others that are due stay as they are
 * --examples-from-file   writes the page alone, from the examples that are there
 * --check                writes nothing and fails where page or examples are not what would be written
 */
import { spawnSync } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { createMarkOf, type Example, type Examples, readExamples, type Showing, showings } from "./causes/examples.ts";
import { withoutTimes } from "./without-times.ts";
import { causesPage } from "./causes/page.ts";
import { playDue } from "./causes/play-due.ts";

const PAGE = "docs/causes.md";
const EXAMPLES = "docs/causes-examples.json";

const flag = { type: "boolean" } as const;
const { values } = parseArgs({ options: { "examples-from-file": flag, check: flag, all: flag, cause: { type: "string" } } });
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function chosen(): { isDue?: (showing: Showing) => boolean } {
  if (values.all) return { isDue: () => true };
  const codes = values.cause?.split(",");
  const unknown = codes?.find((code) => !showings.some((showing) => showing.code === code));
  if (unknown !== undefined) {
    say(`no cause ${unknown} has a story; those that do: ${showings.map(({ code }) => code).join(", ")}`);
    process.exit(2);
  }
  return codes ? { isDue: ({ code }) => codes.includes(code) } : {};
}

const isDue = chosen();

/** Whoever interrupts it finds the examples as they were before or as they are after. */
async function writeExamples(played: Examples): Promise<void> {
  const draft = EXAMPLES.replace(".json", ".draft.json");
  await writeFile(draft, `${JSON.stringify(played, null, 2)}\n`);
  spawnSync("oxfmt", [draft], { stdio: "inherit" });
  await rename(draft, EXAMPLES);
}

const writePage = (played: Examples): Promise<void> => writeFile(PAGE, causesPage(played));

const comparable = (examples: readonly Example[] | undefined): unknown => examples?.map(withoutTimes);

async function check(): Promise<string[]> {
  const kept = await readExamples(EXAMPLES);
  const played = await playDue(kept, { markOf: await createMarkOf(), ...isDue, say });
  const stale = showings.filter(({ code }) => !isDeepStrictEqual(comparable(kept.examples[code]), comparable(played.examples[code])));
  const page = (await readFile(PAGE, "utf8")) === causesPage(kept);
  return [
    ...stale.map(({ code, story }) => `the example of ${code} is not what ${story.name} shows`),
    ...(page ? [] : [`${PAGE} is stale`]),
  ];
}

async function writeAfter(before: Promise<void>, played: Examples): Promise<void> {
  await before;
  await writeExamples(played);
  await writePage(played);
}

/** One after the other, whatever ends at the same time. */
let writing = Promise.resolve();

function save(played: Examples): Promise<void> {
  writing = writeAfter(writing, played);
  return writing;
}

if (values.check) {
  const problems = await check();
  for (const problem of problems) say(problem);
  say(problems.length === 0 ? "the causes' page and its examples are as they should be" : "run npm run docs");
  process.exitCode = problems.length === 0 ? 0 : 1;
} else {
  const kept = await readExamples(EXAMPLES);
  if (values["examples-from-file"]) await writePage(kept);
  else await save(await playDue(kept, { markOf: await createMarkOf(), ...isDue, say, save }));
}
