/** A trial: a story played in-process with some of the app's calls struck, in an Azure and tables of its own, on a foundation where the app runs on between trials. */
import type { Sandbox } from "../running/sandbox.ts";
import { type Kind, leaveOnly, type Patient } from "../estate/estate.ts";
import { readTold, type Told } from "../play/result.ts";
import type { Scene } from "../play/scene.ts";
import { createSceneRunner, type SceneRunner, type SceneRunnerOptions } from "../play/scene-runner.ts";
import { incidentsOf } from "../stories/acts.ts";
import { soon, type StoryPhase, type Story } from "../stories/story.ts";
import { createTimeline, silent } from "../play/timeline.ts";
import { messageOf } from "../azure/wire.ts";
import type { Switches } from "../azure/world.ts";
import { truePhase } from "../play/watch.ts";
import { type Evidence, problemsOf, refusedOf, usualOf } from "./judge.ts";
import { type Hit, type SeenCall, type Strike, type Tap, tapCalls } from "./tap.ts";

export type Row = {
  story: Story;
  kind: Kind;
  phase: StoryPhase;
  /** Another reading of what Azure's documentation leaves open. */
  switches?: Switches;
};

export type TrialOptions = SceneRunnerOptions & {
  seed: number;
  /** Shown what happens, as `npm start` shows it. */
  write?: (text: string) => void;
};

export type Trial = {
  outcome: string | null;
  reason: string | null;
  problems: string[];
  /** How often each thing was written. */
  written: ReadonlyMap<string, number>;
  /** What Azure refused, by the action. */
  refused: ReadonlySet<string>;
  calls: readonly SeenCall[];
  /** Strikes that were carried out. */
  hits: readonly Strike[];
  /** How many calls were struck. */
  struck: number;
  /** Whether a database lost its key, as the sandbox knows it. */
  isHurt: boolean;
};

/** Calls to be struck, and what happens when none is. */
export type Disturbance = {
  strikes: readonly Strike[];
  undisturbed: Trial;
  /** What must hold; the matrix's own rule unless said. */
  judge?: (evidence: Evidence) => string[];
};

/** One trial at a time. */
export type TrialRunner = {
  /** Whatever happens comes back as a trial: what broke it off is one of its problems. */
  run(row: Row, disturbance?: Disturbance): Promise<Trial>;
  close(): Promise<void>;
};

const HOUR = 3_600_000;
/** By then every orchestration that a story began has ended. */
const LAST_ENDS_WITHIN = 6 * HOUR;

/** A client that waits holds virtual time, whatever the machine's clock says: so nobody need wait long. */
const SILENCE_MS = 200;

/** One database unless the story is about several: calls about others can't be told from its own by what they ask. */
const databasesOf = (patient: Patient, story: Story): Patient["databases"] =>
  story.targets === undefined ? patient.databases.slice(0, 1) : patient.databases;

type Instance = { instanceId: string; runtimeStatus: string; output: unknown };

async function instancesOf({ hostUrl }: Sandbox): Promise<Instance[]> {
  const answer = await fetch(`${hostUrl}/runtime/webhooks/durabletask/instances?top=1000`);
  const found: Instance[] = JSON.parse(await answer.text());
  return found;
}

/** Lets time pass until every orchestration has ended; those that have not, and those that ended badly. */
async function unendedOf(sandbox: Sandbox): Promise<string[]> {
  const { time, world } = sandbox;
  const limit = world.clock.now() + LAST_ENDS_WITHIN;
  for (;;) {
    const bad = (await instancesOf(sandbox)).filter(({ runtimeStatus }) => runtimeStatus !== "Completed");
    const running = bad.filter(({ runtimeStatus }) => runtimeStatus === "Running" || runtimeStatus === "Pending");
    if (running.length === 0 || world.clock.now() >= limit)
      return bad.map(
        ({ instanceId, runtimeStatus, output }) => `orchestration ${instanceId} is ${runtimeStatus}: ${JSON.stringify(output)}`,
      );
    await time.until(() => false, world.clock.now() + HOUR / 12);
  }
}

async function toldSince(sandbox: Sandbox, patient: Patient, since: string): Promise<Told[]> {
  const reader = sandbox.actor(sandbox.estate.reader);
  const rows = await incidentsOf(reader, patient, since);
  return Promise.all(rows.map(({ id }) => readTold(reader, id)));
}

type Prepared = {
  scene: Scene;
  patient: Patient;
  tap: Tap;
  /** When the break began, and how many writes there were before. */
  begun: () => { since: string; writes: number };
};

type TrialSetup = Pick<TrialOptions, "seed" | "write"> & { scenes: SceneRunner };

async function prepare(setup: TrialSetup, row: Row, { strikes, undisturbed }: Partial<Disturbance>): Promise<Prepared> {
  const { story, kind, phase, switches } = row;
  const { write, seed, scenes } = setup;
  let begin = (): void => {};
  let elapsed = (): number => 0;
  const timeline = write
    ? createTimeline({ write, elapsed: () => elapsed(), color: false, interactive: false, columns: () => 200 })
    : silent;
  const scene = await scenes.open({
    story: {
      ...soon(story),
      arrange(parts) {
        story.arrange?.(parts);
        leaveOnly(parts.world, parts.estate, databasesOf(parts.patient, story));
      },
      break(parts) {
        begin();
        return story.break(parts);
      },
    },
    kinds: [kind],
    phase,
    seed,
    mode: story.mode ?? "heal",
    ...(switches ? { switches } : {}),
    speed: 0,
    timeline,
    onError: () => {},
  });
  elapsed = () => scene.elapsed();
  const { estate, world } = scene.sandbox;
  const patient = estate.patients.find((found) => found.kind === kind && found.access === story.vault);
  if (!patient) throw new Error(`the estate has no ${kind} for ${story.name}`);
  const tap = tapCalls(scene.sandbox, strikes ?? [], undisturbed?.calls.filter((call) => call.write).length ?? 0);
  let begun = { since: "", writes: 0 };
  begin = () => {
    begun = { since: world.clock.iso(), writes: world.writes.length };
    tap.begin(() => patient.databases);
  };
  return { scene, patient, tap, begun: () => begun };
}

/** Reads are shared by several parts of the app, each with its own patience; a write is one part's alone. */
function tooSoon({ column, shape, moment }: Strike, againAfter: number | undefined): number {
  const { retryAfter } = column.fault(shape);
  const isWrite = typeof moment === "object";
  return isWrite && retryAfter !== undefined && againAfter !== undefined ? Math.max(0, retryAfter * 1000 - againAfter) : 0;
}

/** A look at a vault whose incident is closed already rests on nothing: what was struck only then is still to be struck. */
function hitsThatCount(hits: readonly Hit[], told: readonly Told[]): Strike[] {
  const closed = told.map(({ incident }) => Date.parse(incident?.closedAt ?? "")).filter((at) => !Number.isNaN(at));
  return hits.filter(({ at }, i) => i === 0 || closed.length === 0 || at <= Math.max(...closed)).map(({ strike }) => strike);
}

async function perform(
  { story, phase }: Row,
  { scene, patient, tap, begun }: Prepared,
  disturbance: Disturbance | undefined,
): Promise<Trial> {
  const [strike, ...more] = disturbance?.strikes ?? [];
  const { sandbox } = scene;
  const { world } = sandbox;
  const { result } = await scene.play(performance.now());
  const unended = await unendedOf(sandbox);
  const { since, writes: before } = begun();
  const writes = world.writes.slice(before).filter(({ keymend }) => keymend);
  const told = await toldSince(sandbox, patient, since);
  const problems = (disturbance?.judge ?? problemsOf)({
    story,
    phase,
    result,
    told,
    wellAtLast: patient.databases.every((database) => truePhase(world, database) === "healthy"),
    wellAt: (ms) => tap.wellAt(ms),
    writes,
    usual: disturbance?.undisturbed.written,
    failedOperations: strike?.column.fault("").kind === "operationFails" ? tap.struck : 0,
    tooSoonBy: strike ? tooSoon(strike, tap.againAfter) : 0,
    unended,
  });
  const hits = hitsThatCount(tap.hits, told);
  if (strike && more.length === 0 && hits.length === 0) problems.push("the call to be struck never came");
  const { outcome, reason } = result;
  const { calls, struck, isHurt } = tap;
  return { outcome, reason, problems, written: usualOf(writes), refused: refusedOf(writes), calls, hits, struck, isHurt };
}

async function runOn(setup: TrialSetup, row: Row, disturbance: Disturbance | undefined): Promise<Trial> {
  const prepared = await prepare(setup, row, disturbance ?? {});
  try {
    return await perform(row, prepared, disturbance);
  } catch (error) {
    const { calls, hits, struck, isHurt } = prepared.tap;
    const problems = [`the trial broke off: ${messageOf(error)}`];
    return {
      outcome: null,
      reason: null,
      problems,
      written: new Map(),
      refused: new Set(),
      calls,
      hits: hits.map(({ strike }) => strike),
      struck,
      isHurt,
    };
  } finally {
    await prepared.scene.sandbox.close();
  }
}

export function createTrialRunner({ seed, write, ...options }: TrialOptions): TrialRunner {
  const scenes = createSceneRunner({ ...options, silenceMs: SILENCE_MS });
  const runOnce = async (row: Row, disturbance: Disturbance | undefined): Promise<Trial> =>
    runOn({ seed, scenes, ...(write ? { write } : {}) }, row, disturbance);
  return {
    async run(row, disturbance) {
      const first = await runOnce(row, disturbance);
      if (first.problems.length === 0 || scenes.played === 1) return first;
      // What an earlier trial may have left in the app must not be blamed on this one.
      await scenes.renew();
      return runOnce(row, disturbance);
    },
    close: () => scenes.close(),
  };
}
