/** One story on a fresh sandbox: healthy first, then broken, then watched until the app has brought it to an end. */
import { setNextCheck } from "../azure/documentdb/key-checks.ts";
import type { Tables } from "../running/azurite.ts";
import type { Mode } from "../running/sandbox.ts";
import { type Sandbox, startSandbox } from "../running/sandbox.ts";
import type { Switches } from "../azure/world.ts";
import { type Kind, leaveOnly, type Patient } from "../estate/estate.ts";
import type { Foundation } from "../running/foundation.ts";
import type { HostLog } from "../running/host-child.ts";
import { createRandom } from "../time/random.ts";
import { askApp, faultsOf, fixedAt, mergeTold, resultOf, type StoryResult, type Told } from "./result.ts";
import type { StoryPhase, Story, StoryContext } from "../stories/story.ts";
import { type AppEvent, appEventOf, createNarrator, type Narrator } from "./narrator.ts";
import type { Timeline } from "./timeline.ts";
import { oneAtATime, type Until } from "./one-at-a-time.ts";
import { createWatch, type Database, type Watch } from "./watch.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** A Monday, a minute before the app's first sweep: every run of a story lives through the same hours. */
export const START = Date.parse("2026-11-02T08:59:00Z");
/** A story that has no end by then has none. */
const GIVE_UP_AFTER = 10 * HOUR;

export type SceneOptions = {
  story: Story;
  kinds: readonly Kind[];
  phase: StoryPhase;
  seed: number;
  mode: Mode;
  /** As for a sandbox. */
  switches?: Switches;
  /** Virtual milliseconds per wall millisecond from the break on; 0: jumps. */
  speed: number;
  timeline: Timeline;
  onError: (error: unknown) => void;
  /** Everything that the app and its host say. */
  onLog?: (log: HostLog) => void;
  /** Without the vaults that the story is not about, which cost as much as its own. */
  alone?: boolean;
  /** As for a sandbox. */
  tables?: Tables;
  foundation?: Foundation;
  /** Virtual ms; for an app that has lived through stories before. */
  start?: number;
  /** The story begins so many seconds after the app's first sweep, drawn from the seed. */
  beginsWithin?: readonly [number, number];
};

export type Ended = { result: StoryResult; faults: string[]; told: Told };

export type Scene = {
  readonly sandbox: Sandbox;
  /** Virtual ms since the break; before it, negative. */
  elapsed(): number;
  /** Healthy first, then broken, and no further. */
  begin(): Promise<void>;
  play(startedWall: number): Promise<Ended>;
};

/**
 * What the app has said, in its log: how much, which incidents it has closed, and what it looked at and had nothing to do; of each
 * patient, how much of that is past.
 */
type Heard = { news: number; closed: AppEvent[]; looked: AppEvent[]; past: Map<Patient, { closed: number; until: number }> };

type SceneState = {
  options: SceneOptions;
  sandbox: Sandbox;
  contexts: StoryContext[];
  watch: Watch;
  heard: Heard;
  brokeAt: { ms: number };
};

type Subject = Pick<StoryContext, "kind" | "patient">;
/** People first break something, then they do what the app asks of them. */
type Speaker = { as: "break" | "person" };
type ContextParts = { options: SceneOptions; sandbox: Sandbox; watch: Watch; heard: Heard; speaker: Speaker };

function contextFor({ kind, patient }: Subject, { options, sandbox, watch, heard, speaker }: ContextParts, until: Until): StoryContext {
  const { world, estate } = sandbox;
  const { phase, seed, timeline } = options;
  const others = new Set(estate.patients.filter((other) => other !== patient).map(({ vault }) => vault.id.toLowerCase()));
  const isOurs = ({ vaultId }: AppEvent): boolean => !others.has(vaultId?.toLowerCase() ?? "");
  return {
    world,
    // Its own draws: a story that draws once more moves nothing in Azure.
    random: createRandom(seed),
    kind,
    phase,
    patient,
    operator: sandbox.actor(estate.operator),
    approver: sandbox.actor(estate.approver),
    person(name) {
      const found = [...world.principals.values()].find((principal) => principal.name === name);
      if (!found) throw new Error(`nobody is called ${name}`);
      return sandbox.actor(found);
    },
    tell: (what) => timeline.say(speaker.as, what),
    focus(databases) {
      patient.databases = [...databases];
      watch.set(databases);
    },
    news: () => heard.news,
    // What could not be read in the middle of the break may have turned out to be well.
    isOver: () =>
      heard.closed.slice(heard.past.get(patient)?.closed ?? 0).some((event) => event.outcome !== "NoChangeNeeded" && isOurs(event)),
    goOn: () => void heard.past.set(patient, { closed: heard.closed.length, until: world.clock.now() }),
    disturb: (disturbance) => sandbox.azure.eventGrid.disturb(disturbance),
    async deliver(functionName, body) {
      const url = `${sandbox.hostUrl}/runtime/webhooks/EventGrid?functionName=${functionName}`;
      const headers = { "content-type": "application/json", "aeg-event-type": "Notification" };
      const response = await fetch(url, { method: "POST", headers, body });
      await response.arrayBuffer();
    },
    arm: (fault) => sandbox.azure.faults.arm(fault),
    killHostAtWrite() {
      killAtWrite(sandbox, (error) => options.onError(error));
      timeline.say("host", "Keymend will be killed in the middle of its next write");
    },
    hasLooked: () => [...heard.looked, ...heard.closed].some(isOurs),
    wait: async (ms) => void (await until(() => false, world.clock.now() + ms)),
    async until(what, condition, limitMs = 4 * HOUR) {
      if (!(await until(condition, world.clock.now() + limitMs))) throw new Error(`the story waited in vain for ${what}`);
    },
  };
}

/** Of several that wait for a write, one a write. */
function killAtWrite(sandbox: Sandbox, onError: (error: unknown) => void): void {
  const { azure, world } = sandbox;
  const handle = azure.handle.bind(azure);
  let isArmed = true;
  azure.handle = async (request) => {
    const before = world.writes.length;
    const reply = await handle(request);
    const isHeard = !("fault" in reply) && request.method !== "GET";
    if (!isArmed || !isHeard || !world.writes.slice(before).some(({ keymend }) => keymend)) return reply;
    isArmed = false;
    sandbox.restartHost().catch(onError);
    return { fault: "reset" };
  };
}

export async function openScene(options: SceneOptions): Promise<Scene> {
  // By default not before that sweep is through, and before the next one.
  const { story, kinds, seed, timeline, start = START, beginsWithin = [70, 220] } = options;
  const random = createRandom(seed);
  const heard: Heard = { news: 0, closed: [], looked: [], past: new Map() };
  let narrator: Narrator | undefined;
  let watch: Watch | undefined;
  const onLog = (log: HostLog): void => {
    options.onLog?.(log);
    narrator?.log(log);
    const event = appEventOf(log);
    if (event) heard.news++;
    if (event?.event === "closed") heard.closed.push(event);
    if (event?.event === "looked") heard.looked.push(event);
  };
  const subjects: Subject[] = [];
  const sandbox = await startSandbox({
    seed,
    mode: options.mode,
    start,
    ...(story.settings ? { settings: story.settings } : {}),
    ...(story.settingsOf ? { settingsOf: story.settingsOf } : {}),
    ...(options.switches ? { switches: options.switches } : {}),
    ...(options.tables ? { tables: options.tables } : {}),
    ...(options.foundation ? { foundation: options.foundation } : {}),
    arrange(world, estate) {
      for (const kind of kinds) {
        const patient = estate.patients.find((found) => found.kind === kind && found.access === story.vault);
        if (!patient) throw new Error(`the estate has no ${kind} on a vault with ${story.vault}`);
        subjects.push({ kind, patient });
        story.arrange?.({ world, estate, patient, kind, random });
      }
      if (options.alone === true)
        leaveOnly(
          world,
          estate,
          subjects.flatMap(({ patient }) => patient.databases),
        );
    },
    onLog,
    onDelivery: (delivery) => narrator?.delivery(delivery),
    observe() {
      watch?.look();
      timeline.tick();
    },
    onError: options.onError,
  });
  const brokeAt = { ms: start + MINUTE + random.int("story-begins", ...beginsWithin) * SECOND };
  watch = createWatch(
    sandbox.world,
    subjects.flatMap(({ patient }) => patient.databases),
    (change) => narrator?.change(change),
  );
  const speaker: Speaker = { as: "break" };
  const parts = { options, sandbox, watch, heard, speaker };
  const contexts = subjects.map((subject) => contextFor(subject, parts, (condition, limit) => sandbox.time.until(condition, limit)));
  const others = sandbox.estate.patients.filter((patient) => subjects.every((subject) => subject.patient !== patient));
  const elsewhere = new Set(others.map(({ vault }) => vault.id.toLowerCase()));
  const state: SceneState = { ...parts, contexts, brokeAt };
  const begin = async (): Promise<void> => {
    await warmUp(state);
    narrator = createNarrator(timeline, sandbox.world, (id) => !elsewhere.has(id.toLowerCase()));
    await breakIt(state);
    speaker.as = "person";
  };
  return {
    sandbox,
    elapsed: () => sandbox.world.clock.now() - brokeAt.ms,
    begin,
    async play(startedWall) {
      await begin();
      const { after } = story;
      if (after)
        await oneAtATime(
          sandbox.time,
          subjects.map((subject) => (until) => after(contextFor(subject, parts, until))),
        );
      const told = await toTheEnd(state);
      return judge(state, told, startedWall);
    },
  };
}

/** The app looks at everything while it is healthy, so that it knows what healthy looks like. */
async function warmUp({ options, sandbox, contexts, watch, heard, brokeAt }: SceneState): Promise<void> {
  const { time, world } = sandbox;
  options.timeline.waitFor("the app is looking at everything while it is healthy");
  await time.until(() => false, brokeAt.ms);
  const names = contexts.flatMap(({ patient }) => patient.databases.map(({ name }) => name));
  options.timeline.note(`healthy so far: ${names.join(", ")} on ${contexts.map(({ patient }) => patient.vault.name).join(", ")}`);
  options.timeline.waitFor(undefined);
  options.timeline.note("");
  heard.closed = [];
  heard.looked = [];
  watch.begin();
  brokeAt.ms = world.clock.now();
  await time.setSpeed(options.speed);
}

async function breakIt({ options, sandbox, contexts, watch }: SceneState): Promise<void> {
  const { story, phase, seed, timeline } = options;
  const { world, time } = sandbox;
  const random = createRandom(seed);
  const [from, to] = story.checkInMinutes ?? [20, 55];
  const planned = new Set<Database>();
  /** The service checks each of them next that many seconds after its turn comes here. */
  const plan = (least: number, most: number): void => {
    for (const { database } of watch.all) {
      if (planned.has(database)) continue;
      planned.add(database);
      setNextCheck(world, database, world.clock.now() + random.int("story-check", least, most) * SECOND);
    }
  };
  plan(from * 60, to * 60);
  if (phase === "grace") {
    for (const context of contexts) await story.break(context);
    return plan(from * 60, to * 60);
  }
  await sandbox.setHostDown(true);
  timeline.say("host", "Keymend is down, so that the service notices first");
  for (const context of contexts) await story.break(context);
  planned.clear();
  const felt = (story.feltWithinMs ?? MINUTE) / SECOND;
  plan(felt, felt + 60);
  const noticed = (): boolean => watch.all.every(({ database }) => database.check.revoked);
  if (!(await time.until(noticed, world.clock.now() + 2 * HOUR))) throw new Error("the service never noticed the break");
  await sandbox.setHostDown(false);
  timeline.say("host", "Keymend is up again");
}

/** Until the app has closed what it opened about a patient. */
async function closedIncident({ options, sandbox, heard, brokeAt }: SceneState, patient: Patient): Promise<Told> {
  const { time, estate } = sandbox;
  const reader = sandbox.actor(estate.reader);
  const since = new Date(heard.past.get(patient)?.until ?? brokeAt.ms).toISOString();
  for (let seen = heard.past.get(patient)?.closed ?? 0; ;) {
    const done = await time.until(() => heard.closed.length > seen, brokeAt.ms + GIVE_UP_AFTER);
    seen = heard.closed.length;
    const told = await askApp(reader, patient, since);
    // What could not be read in the middle of a break that takes several writes may have turned out to be well.
    const early = told.incident?.outcome === "NoChangeNeeded" && options.story.causes.length > 0;
    if (!done || (told.incident?.state === "closed" && !early)) return told;
  }
}

/** Until the app is done with every patient, and the service has had its say. */
async function toTheEnd(state: SceneState): Promise<Told> {
  const { contexts, watch } = state;
  const { time, world } = state.sandbox;
  const tolds: Told[] = [];
  for (const { patient } of contexts) tolds.push(await closedIncident(state, patient));
  const told = mergeTold(tolds);
  const confirmed = (): boolean => {
    const fixed = fixedAt(watch);
    return fixed === undefined || watch.all.every(({ everBroken, passedAt }) => !everBroken || (passedAt ?? 0) >= fixed);
  };
  await time.until(confirmed, world.clock.now() + HOUR + MINUTE);
  return told;
}

function judge({ options, sandbox, watch, brokeAt }: SceneState, told: Told, startedWall: number): Ended {
  const { story, kinds, phase } = options;
  const wallMs = Math.round(performance.now() - startedWall);
  const played = { story, kinds, phase, brokeAt: brokeAt.ms, world: sandbox.world, watch, told, wallMs };
  const result = resultOf(played);
  return { result, faults: faultsOf(played, result), told };
}
