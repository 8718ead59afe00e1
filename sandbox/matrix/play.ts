/** One story played in-process with one call struck, on a sandbox of its own that shares what may be shared. */
import type { Tables } from "../azurite.ts";
import type { Sandbox } from "../driver.ts";
import type { Estate, Patient, Kind } from "../estate.ts";
import { readTold, type Told } from "../result.ts";
import { openScene, type Scene } from "../scene.ts";
import { incidentsOf } from "../stories/acts.ts";
import type { Phase, Story } from "../stories/story.ts";
import { createTimeline, type Timeline } from "../timeline.ts";
import { messageOf } from "../azure/wire.ts";
import type { World } from "../azure/world.ts";
import { truePhase } from "../watch.ts";
import { problemsOf, usualOf } from "./judge.ts";
import { type SeenCall, type Strike, type Tap, tapCalls } from "./tap.ts";

export type Row = { story: Story; kind: Kind; phase: Phase };

/** What all plays share. */
export type Theater = {
  tables: Tables;
  seed: number;
  /** Shown what happens, as `npm start` shows it. */
  write?: (text: string) => void;
};

export type Play = {
  outcome: string | null;
  reason: string | null;
  problems: string[];
  /** How often each thing was written. */
  written: ReadonlyMap<string, number>;
  calls: readonly SeenCall[];
  struck: number;
};

const HOUR = 3_600_000;
/** By then every orchestration that a story began has ended. */
const LAST_ENDS_WITHIN = 6 * HOUR;

const silent: Timeline = { say() {}, note() {}, waitFor() {}, tick() {}, end() {} };

let played = 0;

/** Tables by themselves, and not to be found by another play. */
function settingsFor({ story }: Row): Record<string, string> {
  const number = ++played;
  const tables = Object.fromEntries(
    ["incidents", "audit", "baseline"].map((name) => [`KEYMEND_TABLE_${name.toUpperCase()}`, `${name}${number}`]),
  );
  return { ...story.settings, ...tables };
}

/** The story's patient alone: calls about others can't be told from its own by what they ask, and cost time. */
function leaveAlone(world: World, estate: Estate, patient: Patient): void {
  for (const { databases } of estate.patients.filter((other) => other !== patient)) {
    for (const { id } of databases) {
      world.accounts.delete(id.toLowerCase());
      world.clusters.delete(id.toLowerCase());
    }
  }
}

type Instance = { instanceId: string; runtimeStatus: string; output: unknown };

async function instancesOf({ hostUrl }: Sandbox): Promise<Instance[]> {
  const answer = await fetch(`${hostUrl}/runtime/webhooks/durabletask/instances?top=1000`);
  const found: Instance[] = JSON.parse(await answer.text());
  return found;
}

/** Lets time pass until every orchestration has ended; those that have not, and those that ended badly. */
async function unendedOf(sandbox: Sandbox): Promise<string[]> {
  const { pace, world } = sandbox;
  const limit = world.clock.now() + LAST_ENDS_WITHIN;
  for (;;) {
    const bad = (await instancesOf(sandbox)).filter(({ runtimeStatus }) => runtimeStatus !== "Completed");
    const running = bad.filter(({ runtimeStatus }) => runtimeStatus === "Running" || runtimeStatus === "Pending");
    if (running.length === 0 || world.clock.now() >= limit)
      return bad.map(
        ({ instanceId, runtimeStatus, output }) => `orchestration ${instanceId} is ${runtimeStatus}: ${JSON.stringify(output)}`,
      );
    await pace.until(() => false, world.clock.now() + HOUR / 12);
  }
}

async function toldSince(sandbox: Sandbox, patient: Patient, since: string): Promise<Told[]> {
  const reader = sandbox.actor(sandbox.estate.reader);
  const rows = await incidentsOf(reader, patient, since);
  return Promise.all(rows.map(({ id }) => readTold(reader, id)));
}

type Staged = {
  scene: Scene;
  patient: Patient;
  tap: Tap;
  /** When the break began, and how many writes there were before. */
  begun: () => { since: string; writes: number };
};

async function stage(theater: Theater, row: Row, strike: Strike | undefined): Promise<Staged> {
  const { story, kind, phase } = row;
  let begin = (): void => {};
  let elapsed = (): number => 0;
  const { write } = theater;
  const timeline = write
    ? createTimeline({ write, elapsed: () => elapsed(), color: false, interactive: false, columns: () => 200 })
    : silent;
  const scene = await openScene({
    story: {
      ...story,
      settings: settingsFor(row),
      arrange(parts) {
        story.arrange?.(parts);
        leaveAlone(parts.world, parts.estate, parts.patient);
      },
      break(parts) {
        begin();
        return story.break(parts);
      },
    },
    kinds: [kind],
    phase,
    seed: theater.seed,
    mode: story.mode ?? "heal",
    speed: 0,
    timeline,
    onError: () => {},
    tables: theater.tables,
  });
  elapsed = () => scene.elapsed();
  const { estate, world } = scene.sandbox;
  const patient = estate.patients.find((found) => found.kind === kind && found.access === story.vault);
  if (!patient) throw new Error(`the estate has no ${kind} for ${story.name}`);
  const tap = tapCalls(scene.sandbox, strike);
  let begun = { since: "", writes: 0 };
  begin = () => {
    begun = { since: world.clock.iso(), writes: world.writes.length };
    tap.begin(() => patient.databases);
  };
  return { scene, patient, tap, begun: () => begun };
}

/** Reads are shared by several parts of the app, each with its own patience; a write is one part's alone. */
function tooSoon({ column, shape, key }: Strike, { calls, againAfter }: Tap): number {
  const { retryAfter } = column.fault(shape);
  const isWrite = calls.some((call) => call.key === key && call.write);
  return isWrite && retryAfter !== undefined && againAfter !== undefined ? Math.max(0, retryAfter * 1000 - againAfter) : 0;
}

async function perform({ story, phase }: Row, { scene, patient, tap, begun }: Staged, disturbance: Disturbance | undefined): Promise<Play> {
  const { strike, usual } = disturbance ?? {};
  const { sandbox } = scene;
  const { world } = sandbox;
  const { result } = await scene.play(performance.now());
  const unended = await unendedOf(sandbox);
  const { since, writes: before } = begun();
  const writes = world.writes.slice(before).filter(({ keymend }) => keymend);
  const problems = problemsOf({
    story,
    phase,
    result,
    told: await toldSince(sandbox, patient, since),
    wellAtLast: patient.databases.every((database) => truePhase(world, database) === "healthy"),
    wellAt: (ms) => tap.wellAt(ms),
    writes,
    usual,
    failedOperations: strike?.column.fault("").kind === "operationFails" ? tap.struck : 0,
    tooSoonBy: strike ? tooSoon(strike, tap) : 0,
    unended,
  });
  if (strike && tap.struck === 0) problems.push("the call to be struck never came");
  return { outcome: result.outcome, reason: result.reason, problems, written: usualOf(writes), calls: tap.calls, struck: tap.struck };
}

/** One call struck, and how often each thing is written when none is. */
export type Disturbance = { strike: Strike; usual: ReadonlyMap<string, number> };

/** Whatever happens comes back as a play: what broke it off is one of its problems. */
export async function play(theater: Theater, row: Row, disturbance?: Disturbance): Promise<Play> {
  const staged = await stage(theater, row, disturbance?.strike);
  try {
    return await perform(row, staged, disturbance);
  } catch (error) {
    const { calls, struck } = staged.tap;
    return { outcome: null, reason: null, problems: [`the play broke off: ${messageOf(error)}`], written: new Map(), calls, struck };
  } finally {
    await staged.scene.sandbox.close();
  }
}
