/**
 * `npm run kills`: kills a host at every await of a repair, alone and as one of two, and of a planned operation, one play each, and writes
 * docs/kills-results.json and docs/kills.md after every play. Without a choice all of them, from the beginning:
 * --missing   those plays alone that are not in the results yet   --play a --play b   these alone, by parts of their names
 * --writes    those alone at which a write is sent to Azure
 * --minutes N: begins no other play after that   --page-from-results: writes the page alone
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { UsageError } from "../sandbox/play/flags.ts";
import { type App, type Message, MINUTE, startApp } from "../test/e2e/app.ts";
import { loseDefaultIdentity, removeGrant, removePolicy, rotateBehindPin } from "../test/e2e/breaks.ts";
import { operationOf, type Wanted } from "../test/e2e/one-operation.ts";
import { type Came, type Course, withDeath } from "../test/e2e/one-play.ts";
import { repairOf } from "../test/e2e/one-repair.ts";
import * as planned from "../test/e2e/planned.ts";
import { orUsage, readKept } from "./kept-results.ts";
import { awaitsOf, isAzureWrite, type Kill, keyOf, killsAt, type Met, pageOf, type Repair, type Results, shapeOf } from "./kills/page.ts";

const [PAGE, RESULTS, SEED] = ["docs/kills.md", "docs/kills-results.json", 7];

/** once: it leaves another estate behind, so each is played on an app of its own. dead: of two hosts on one task hub, what becomes of the one that was killed; where there is one alone it always comes back. */
type Play = { name: string; course: Course; dead?: "comes back" | "stays away"; once?: true };
const ALONE: readonly Play[] = [
  { name: "a grant, put back", course: repairOf("orders", removeGrant, "OutageAvoided") },
  { name: "an access policy, put back", course: repairOf("sessions", removePolicy, "OutageAvoided") },
  { name: "an account's default identity, set again", course: repairOf("payments", loseDefaultIdentity, "OutageAvoided") },
  { name: "a cluster's pinned key, followed", course: repairOf("sessions", rotateBehindPin, "Prevented") },
];
const planning = (name: string, patient: string, wanted: Wanted): Play => ({ name, course: operationOf(patient, wanted), once: true });
const PLANNED: readonly Play[] = [
  planning("rotate-key", "orders", planned.rotateKey),
  planning("switch-key of an account", "orders", planned.switchKey),
  planning("switch-key of a cluster", "catalog", planned.switchKey),
  planning("switch-identity of an account", "orders", planned.switchIdentity),
  planning("switch-identity of a cluster", "catalog", planned.switchIdentity),
  planning("prepare", "orders", planned.prepare),
  planning("enable-cmk", "orders", planned.enableCmk),
  planning("revoke of a key", "orders", planned.revokeKey),
  planning("revoke of a grant", "orders", planned.revokeGrant),
  planning("restore of a key", "orders", planned.restoreKey),
  planning("restore of a grant", "orders", planned.restoreGrant),
];
const PLAYS: readonly Play[] = [
  ...ALONE,
  ...PLANNED,
  ...(["stays away", "comes back"] as const).flatMap((dead) =>
    ALONE.map((one) => ({ ...one, name: `${one.name}, by one of two hosts; it ${dead}`, dead })),
  ),
];

const options = orUsage(() => {
  const { values } = parseArgs({
    options: {
      missing: { type: "boolean", default: false },
      play: { type: "string", multiple: true },
      writes: { type: "boolean", default: false },
      minutes: { type: "string", default: "100000" },
      "page-from-results": { type: "boolean", default: false },
    },
  });
  const names = values.play;
  const unknown = names?.find((name) => !PLAYS.some((one) => one.name.includes(name)));
  if (unknown !== undefined) throw new UsageError(`no play is called '${unknown}': ${PLAYS.map(({ name }) => name).join("; ")}`);
  const plays = names ? PLAYS.filter((one) => names.some((name) => one.name.includes(name))) : PLAYS;
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
const start = ({ dead }: Play): Promise<App> =>
  startApp({
    seed: SEED,
    hosts: dead ? 2 : 1,
    settings: { KEYMEND_SWEEP_SCHEDULE: "0 0 * * * *", KEYMEND_RECHECK_SCHEDULE: "0 0 * * * *" },
  });

async function undisturbed(one: Play): Promise<{ awaits: Met[]; usual: Came["told"] }> {
  const app = await start(one);
  try {
    await app.wait(MINUTE);
    const begin = await one.course(app);
    const from = app.messages.length;
    const { problems, told } = await begin();
    if (problems.length > 0) throw new Error(`undisturbed it is not as it must be: ${problems.join("; ")}`);
    const shapes = app.messages.slice(from).map(shapeOf);
    const met = shapes.map((what, at) => ({ at, what, nth: shapes.slice(0, at + 1).filter((shape) => shape === what).length }));
    // What comes after the last of its writes is what was asked here, of the API.
    return { awaits: awaitsOf(met.slice(0, met.findLastIndex(({ what }) => !what.startsWith("GET ")) + 1)), usual: told };
  } finally {
    await app.close();
  }
}

async function killed(app: App, { course, dead }: Play, { what, nth, dies }: Due, usual: Came["told"]): Promise<string[]> {
  await app.wait(MINUTE);
  let met = 0;
  const on = (message: Message): boolean => shapeOf(message) === what && ++met === nth;
  try {
    const { died, problems, told } = await withDeath(app, await course(app), { on, dies, staysAway: dead === "stays away" });
    return [...(died.length === 1 ? [] : [NEVER_CAME]), ...problems, ...differences(usual, told)];
  } catch (error) {
    return [String(error)];
  } finally {
    app.disarm();
  }
}

const differences = (usual: readonly string[], told: readonly string[]): string[] => [
  ...usual.filter((line) => !told.includes(line)).map((line) => `not told: ${line}`),
  ...told.filter((line) => !usual.includes(line)).map((line) => `told instead: ${line}`),
];

type Due = Omit<Kill, "problems">;

const NEVER_CAME = "the message was never sent";

/** An app lives through so many repairs: what it keeps grows with each. */
const REPAIRS_OF_ONE_APP = 25;

async function play(one: Play): Promise<number> {
  const { awaits, usual } = await undisturbed(one);
  const before = results.repairs.find(({ name }) => name === one.name)?.kills ?? [];
  let kills: Kill[] = options.missing ? before : [];
  const isWrite = (met: Due): boolean => killsAt(met).length > 1;
  // First what there is most to lose by.
  const due = awaits
    .flatMap(killsAt)
    .filter((kill) => !kills.some((known) => keyOf(known) === keyOf(kill)) && (!options.writes || isAzureWrite(kill.what)))
    .toSorted((a, b) => Number(isWrite(b)) - Number(isWrite(a)));
  let app: App | undefined;
  let repairs = 0;
  const fresh = async (): Promise<App> => {
    await app?.close();
    repairs = 0;
    return start(one);
  };
  for (const kill of due) {
    if (performance.now() > options.until) break;
    if (one.once || repairs % REPAIRS_OF_ONE_APP === 0) app = await fresh();
    let problems = await killed(app!, one, kill, usual);
    // Some are sent in the first repair of an app alone.
    if (problems.includes(NEVER_CAME) && repairs > 0) {
      app = await fresh();
      problems = await killed(app, one, kill, usual);
    }
    repairs += 1;
    const { at, what, dies } = kill;
    for (const problem of problems) console.error(`DOES NOT HOLD: ${one.name}, ${dies} ${at} ${what}: ${problem}`);
    kills = [...kills, { ...kill, problems }].toSorted((a, b) => a.at - b.at || (a.dies < b.dies ? 1 : -1));
    await keep({ name: one.name, awaits: awaits.length, kills });
  }
  await app?.close();
  return kills.filter(({ problems }) => problems.length > 0).length;
}

if (options["page-from-results"]) await writeFile(PAGE, pageOf(results));
else {
  for (const one of options.plays) if (performance.now() < options.until && (await play(one)) > 0) process.exitCode = 1;
}
