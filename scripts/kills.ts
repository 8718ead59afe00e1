/**
 * `npm run kills`: kills the host at every await of a repair, one play each, and writes docs/kills-results.json and docs/kills.md after every
 * play. Without a choice all repairs, from the beginning:
 * --missing   those plays alone that are not in the results yet   --repair a,b   these repairs alone
 * --minutes N: begins no other play after that   --page-from-results: writes the page alone
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { UsageError } from "../sandbox/play/flags.ts";
import { type App, MINUTE, startApp } from "../test/e2e/app.ts";
import { loseDefaultIdentity, removeGrant, removePolicy, rotateBehindPin } from "../test/e2e/breaks.ts";
import { type Break, problemsOf, repairWithDeath } from "../test/e2e/one-repair.ts";
import { orUsage, readKept } from "./kept-results.ts";
import { type Await, awaitsOf, type Kill, keyOf, killsAt, pageOf, type Repair, type Results, shapeOf } from "./kills/page.ts";

const [PAGE, RESULTS, SEED] = ["docs/kills.md", "docs/kills-results.json", 7];

type Play = { name: string; patient: string; broken: Break; outcome: string };
const PLAYS: readonly Play[] = [
  { name: "a grant, put back", patient: "orders", broken: removeGrant, outcome: "OutageAvoided" },
  { name: "an access policy, put back", patient: "sessions", broken: removePolicy, outcome: "OutageAvoided" },
  { name: "an account's default identity, set again", patient: "payments", broken: loseDefaultIdentity, outcome: "OutageAvoided" },
  { name: "a cluster's pinned key, followed", patient: "sessions", broken: rotateBehindPin, outcome: "Prevented" },
];

const options = orUsage(() => {
  const { values } = parseArgs({
    options: {
      missing: { type: "boolean", default: false },
      repair: { type: "string" },
      minutes: { type: "string", default: "100000" },
      "page-from-results": { type: "boolean", default: false },
    },
  });
  const names = values.repair?.split(",");
  const unknown = names?.find((name) => !PLAYS.some((one) => one.name.startsWith(name)));
  if (unknown !== undefined) throw new UsageError(`no repair is called '${unknown}': ${PLAYS.map(({ name }) => name).join("; ")}`);
  const plays = names ? PLAYS.filter((one) => names.some((name) => one.name.startsWith(name))) : PLAYS;
  return { ...values, plays, until: performance.now() + Number(values.minutes) * MINUTE };
});

let results: Results = (await readKept<Results>(RESULTS)) ?? { seed: SEED, repairs: [] };

async function keep(repair: Repair): Promise<void> {
  const others = results.repairs.filter(({ name }) => name !== repair.name);
  const order = PLAYS.map(({ name }) => name);
  results = { seed: SEED, repairs: [...others, repair].toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name)) };
  const rows = results.repairs.map((one) => JSON.stringify(one)).join(",\n");
  await writeFile(RESULTS, `{"seed":${SEED},"repairs":[\n${rows}\n]}\n`);
  await writeFile(PAGE, pageOf(results));
}

/** Sweeps once an hour only: what the app asks for in a repair is that repair's. */
const start = (): Promise<App> =>
  startApp({ seed: SEED, settings: { KEYMEND_SWEEP_SCHEDULE: "0 0 * * * *", KEYMEND_RECHECK_SCHEDULE: "0 0 * * * *" } });

async function undisturbed({ patient, broken, outcome }: Play): Promise<Await[]> {
  const app = await start();
  try {
    await app.wait(MINUTE);
    const from = app.messages.length;
    const { deaths: _, ...story } = await repairWithDeath(app, app.patient(patient), broken);
    const problems = problemsOf(app, story, app.patient(patient), outcome);
    if (problems.length > 0) throw new Error(`undisturbed it is no repair: ${problems.join("; ")}`);
    const awaits = app.messages.slice(from).map((message, at) => ({ at, what: shapeOf(message) }));
    // What comes after the last of its writes is what was asked here, of the API.
    return awaitsOf(awaits.slice(0, awaits.findLastIndex(({ what }) => !what.startsWith("GET ")) + 1));
  } finally {
    await app.close();
  }
}

async function killed(app: App, { patient, broken, outcome }: Play, { at, dies }: Pick<Kill, "at" | "dies">): Promise<string[]> {
  await app.wait(MINUTE);
  const from = app.messages.length;
  const isIt = (): boolean => app.messages.length - from === at + 1;
  try {
    const { deaths, ...story } = await repairWithDeath(app, app.patient(patient), broken, isIt, dies);
    return [...(deaths === 1 ? [] : [`the host died ${deaths} times`]), ...problemsOf(app, story, app.patient(patient), outcome)];
  } catch (error) {
    return [String(error)];
  } finally {
    app.disarm();
  }
}

/** An app lives through so many repairs: what it keeps grows with each. */
const REPAIRS_OF_ONE_APP = 25;

async function play(one: Play): Promise<number> {
  const awaits = await undisturbed(one);
  const before = results.repairs.find(({ name }) => name === one.name)?.kills ?? [];
  let kills: Kill[] = options.missing ? before : [];
  const due = awaits.flatMap(killsAt).filter((kill) => !kills.some((known) => keyOf(known) === keyOf(kill)));
  let app: App | undefined;
  for (const [n, kill] of due.entries()) {
    if (performance.now() > options.until) break;
    if (n % REPAIRS_OF_ONE_APP === 0) {
      await app?.close();
      app = await start();
    }
    const problems = await killed(app!, one, kill);
    for (const problem of problems) console.error(`DOES NOT HOLD: ${one.name}, ${kill.dies} ${kill.at} ${kill.what}: ${problem}`);
    kills = [...kills, { ...kill, problems }].toSorted((a, b) => a.at - b.at || (a.dies < b.dies ? 1 : -1));
    await keep({ name: one.name, awaits: awaits.length, kills });
  }
  await app?.close();
  return kills.filter(({ problems }) => problems.length > 0).length;
}

if (options["page-from-results"]) await writeFile(PAGE, pageOf(results));
else for (const one of options.plays) if ((await play(one)) > 0) process.exitCode = 1;
