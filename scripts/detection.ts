/**
 * `npm run detection`: plays every cause with events and without, over 20 seeds, until the app has named it, and writes
 * docs/coverage-results.json and docs/coverage.md as it goes; takes some half an hour.
 * --missing   goes on where it was stopped; without it, all is played anew   --cause A,B   these causes alone
 * --minutes N: begins no other play after that   --page-from-results: writes the page alone
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { flagsOf, numberOf, oneOf, text } from "../sandbox/play/flags.ts";
import { createSceneRunner, type SceneRunner } from "../sandbox/play/scene-runner.ts";
import { startTables } from "../sandbox/running/azurite.ts";
import { createTemporaryFolder } from "../sandbox/running/temporary.ts";
import { nextOf, pageOf, type Results, withPlay } from "./detection/page.ts";
import { type Detection, playDetection } from "./detection/play.ts";
import { showsFrom, type Way, ways } from "./detection/ways.ts";
import { createDigest } from "./digest.ts";
import { orUsage, readKept } from "./kept-results.ts";

const PAGE = "docs/coverage.md";
const RESULTS = "docs/coverage-results.json";

const options = orUsage(() => {
  const known = { missing: "boolean", cause: "string", minutes: "string", "page-from-results": "boolean" } as const;
  const flags = flagsOf(process.argv.slice(2), known);
  const codes = text(flags["cause"])?.split(",");
  const chosen = codes?.map((code) => oneOf("cause", code, [...new Set(ways.map(({ cause }) => cause))]));
  return {
    wanted: chosen ? ways.filter(({ cause }) => chosen.includes(cause)) : ways,
    minutes: numberOf("minutes", text(flags["minutes"]), 1) ?? Number.POSITIVE_INFINITY,
    missing: flags["missing"] === true,
    pageFromResults: flags["page-from-results"] === true,
  };
});

const until = performance.now() + options.minutes * 60_000;
const digest = await createDigest(
  ways.map(({ file }) => file),
  await readFile("scripts/detection/play.ts", "utf8"),
);
const playedWith = ({ cause, story, kind, file }: Way): string => digest(file, cause, story.name, kind, showsFrom(cause));

const kept = (await readKept<Results>(RESULTS)) ?? { rows: [] };
const isWanted = ({ cause, story, kind }: Results["rows"][number]): boolean =>
  options.wanted.some((way) => way.cause === cause && way.story.name === story && way.kind === kind);
let results: Results = options.missing || options.pageFromResults ? kept : { rows: kept.rows.filter((row) => !isWanted(row)) };

async function write(): Promise<void> {
  await writeFile(RESULTS, `{"rows":[\n${results.rows.map((row) => JSON.stringify(row)).join(",\n")}\n]}\n`);
  await writeFile(PAGE, pageOf(results, ways));
}

const say = ({ ms, by }: Detection): string => `${ms === null ? "never" : `${ms / 1000} s`} (${by})`;

/** Each seed is an Azure of its own, in which the app has other identities: it is started anew for it. */
async function playSeed(scenes: SceneRunner, of: number): Promise<number | undefined> {
  for (;;) {
    const next = nextOf(results, options.wanted, playedWith);
    if (!next || next.seed !== of || performance.now() >= until) return next?.seed;
    const withEvents = await playDetection(scenes, next.way, of, true);
    const without = await playDetection(scenes, next.way, of, false);
    const { way } = next;
    results = withPlay(results, { way, withEvents, without }, playedWith(way), ways);
    await write();
    console.log(`${way.cause}, ${way.story.name}, ${way.kind}, seed ${of}: ${say(withEvents)}, without events ${say(without)}`);
  }
}

async function playAll(): Promise<void> {
  const folder = createTemporaryFolder("keymend-detection-");
  const tables = await startTables(folder.path);
  try {
    let seed = nextOf(results, options.wanted, playedWith)?.seed;
    while (seed !== undefined && performance.now() < until) {
      const scenes = createSceneRunner({ tables, number: seed, folder: join(folder.path, String(seed)) });
      seed = await playSeed(scenes, seed).finally(() => scenes.close());
    }
  } finally {
    await tables.close();
    folder.remove();
  }
}

if (options.pageFromResults) await write();
else await playAll();
