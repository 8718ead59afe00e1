/** What a story came to: from what the sandbox saw, and from what the app's own operations API says. */
import type { Actor } from "../running/actor.ts";
import { asks, getIncident, type Incident, listAudit } from "../running/app-api.ts";
import { type Chain, chainOf } from "./audit.ts";
import { incidentsOf } from "../stories/acts.ts";
import type { Patient, Kind } from "../estate/estate.ts";
import { reasonOf, type StoryPhase, type Story } from "../stories/story.ts";
import type { World } from "../azure/world.ts";
import { truePhase, type Watch } from "./watch.ts";

export type StoryResult = {
  story: string;
  targets: { id: string; kind: Kind; phaseBefore: string; phaseAfter: string }[];
  causes: string[];
  steps: string[];
  writes: number;
  outcome: string | null;
  reason: string | null;
  outage: boolean;
  virtual: { detected: string | null; fixed: string | null; healthy: string | null };
  wallMs: number;
  auditRows: number;
};

const SECOND = 1000;

/** ISO 8601 duration of milliseconds. */
export function isoDuration(ms: number): string {
  const seconds = Math.round(ms) / SECOND;
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const rest = Math.round((seconds % 60) * SECOND) / SECOND;
  const time = `${hours > 0 ? `${hours}H` : ""}${minutes > 0 ? `${minutes}M` : ""}${rest > 0 ? `${rest}S` : ""}`;
  const text = `${days > 0 ? `${days}D` : ""}${time === "" ? "" : `T${time}`}`;
  return `P${text === "" ? "T0S" : text}`;
}

/** asked: whether a person was asked anything, by the audit. */
export type Told = { incident: Incident | undefined; auditRows: number; chain: Chain; asked: boolean };

/** The first incident that found something; else the last that there was. */
export async function askApp(reader: Actor, patient: Patient, sinceIso: string): Promise<Told> {
  const rows = await incidentsOf(reader, patient, sinceIso);
  const chosen = rows.find(({ outcome }) => outcome !== "NoChangeNeeded") ?? rows.at(-1);
  return chosen ? readTold(reader, chosen.id) : { incident: undefined, auditRows: 0, chain: "none", asked: false };
}

/** One incident as the app tells it, with its audit checked. */
export async function readTold(reader: Actor, id: string): Promise<Told> {
  const [incident, audit] = await Promise.all([getIncident(reader, id), listAudit(reader, id)]);
  return { incident, auditRows: audit.length, chain: chainOf(id, audit, incident.audit), asked: audit.some(asks) };
}

/** When the last database had its key path whole for good; undefined while one has not. */
export function fixedAt(watch: Watch): number | undefined {
  const times = watch.all.map(({ wholeSince }) => wholeSince);
  return times.every((time) => time !== undefined) ? Math.max(...times) : undefined;
}

type Times = { fixed: number | undefined; healthy: number | undefined };

/**
 * Fixed: the key path is whole; where it never broke, the risk was taken away by the last write. Healthy: a check of the
 * service's own has passed since; where the path never broke, the service never had a doubt.
 */
function timesOf(world: World, watch: Watch): Times {
  const lastWrite = world.writes.filter((write) => write.keymend && write.status < 400).at(-1);
  if (!watch.all.some(({ everBroken }) => everBroken)) {
    const at = lastWrite === undefined ? undefined : Date.parse(lastWrite.at);
    return { fixed: at, healthy: at };
  }
  const fixed = fixedAt(watch);
  const passed = watch.all.map(({ wholeSince, passedAt, database }) =>
    passedAt !== undefined && wholeSince !== undefined && passedAt >= wholeSince && !database.check.revoked ? passedAt : undefined,
  );
  return { fixed, healthy: passed.every((at) => at !== undefined) ? Math.max(...passed) : undefined };
}

/** Several patients, one story: the worst outcome is the story's. */
const SEVERITY = [
  "NoChangeNeeded",
  "Superseded",
  "Prevented",
  "OutageAvoided",
  "Healed",
  "Completed",
  "Observed",
  "Refused",
  "Escalated",
  "Unrecoverable",
];

const severity = ({ outcome }: Incident): number => (outcome === null ? SEVERITY.length : SEVERITY.indexOf(outcome));

/** No incident where one patient has none: a story that half ended has not ended. */
export function mergeTold(tolds: readonly Told[]): Told {
  const incidents = tolds.flatMap(({ incident }) => (incident ? [incident] : []));
  const [worst] = incidents.toSorted((a, b) => severity(b) - severity(a));
  const [opened] = incidents.map(({ openedAt }) => openedAt).toSorted((a, b) => (a < b ? 1 : -1));
  const chains = tolds.map(({ chain }) => chain);
  const merged = worst && {
    ...worst,
    openedAt: opened ?? worst.openedAt,
    causes: incidents.flatMap(({ causes }) => causes),
    targets: incidents.flatMap(({ targets }) => targets),
    applied: incidents.flatMap(({ applied }) => applied),
  };
  return {
    incident: incidents.length === tolds.length ? merged : undefined,
    auditRows: tolds.reduce((sum, { auditRows }) => sum + auditRows, 0),
    asked: tolds.some(({ asked }) => asked),
    chain: chains.includes("broken") ? "broken" : chains.every((chain) => chain === "verified") ? "verified" : "none",
  };
}

export type Played = {
  story: Story;
  kinds: readonly Kind[];
  phase: StoryPhase;
  brokeAt: number;
  world: World;
  watch: Watch;
  told: Told;
  wallMs: number;
};

export function resultOf({ story, brokeAt, world, watch, told, wallMs }: Played): StoryResult {
  const { incident } = told;
  const { fixed, healthy } = timesOf(world, watch);
  const since = (at: number | undefined): string | null => (at === undefined ? null : isoDuration(Math.max(0, at - brokeAt)));
  return {
    story: story.name,
    targets: (incident?.targets ?? []).map(({ id, kind, phaseBefore, phase }) => ({ id, kind, phaseBefore, phaseAfter: phase })),
    causes: [...new Set((incident?.causes ?? []).map(({ code }) => code))],
    steps: (incident?.applied ?? []).filter(({ result }) => result === "done" || result === "alreadyDone").map(({ name }) => name),
    writes: world.writes.filter((write) => write.keymend).length,
    outcome: incident?.outcome ?? null,
    reason: incident?.reason ?? null,
    outage: watch.all.some(({ everRevoked }) => everRevoked),
    virtual: { detected: incident ? since(Date.parse(incident.openedAt)) : null, fixed: since(fixed), healthy: since(healthy) },
    wallMs,
    auditRows: told.auditRows,
  };
}

const SUCCESS = new Set(["Prevented", "OutageAvoided", "Healed", "Superseded", "Completed"]);
/** Whether the service noticed anything says how a repair went; of what was wanted on purpose it says nothing. */
export const SAYS_NO_OUTAGE: ReadonlySet<string> = new Set(["Superseded", "Completed"]);

type Say = (holds: boolean, fault: string) => void;

/** A success must be true of the databases themselves. */
function judgeSuccess({ story, world, watch }: Played, result: StoryResult, say: Say): void {
  for (const { database } of watch.all) {
    const phaseNow = truePhase(world, database);
    say(phaseNow === "healthy", `the app says ${result.outcome}, but ${database.name} is ${phaseNow}`);
  }
  say(
    result.targets.every(({ phaseAfter }) => phaseAfter === "healthy"),
    "a success with databases that are not healthy",
  );
  if (story.causes.length > 0) say(result.virtual.healthy !== null, "a success that the service never confirmed");
  if (!SAYS_NO_OUTAGE.has(result.outcome ?? ""))
    say(result.outage === (result.outcome === "Healed"), `outage is ${result.outage} with ${result.outcome}`);
}

function judgeSteps({ story, kinds }: Played, { steps, writes }: StoryResult, say: Say): void {
  const { anySteps, maxWrites } = story;
  for (const step of story.steps ?? []) say(steps.includes(step), `the step ${step} was not applied, but [${steps.join(", ")}]`);
  if (anySteps)
    say(
      anySteps.some((step) => steps.includes(step)),
      `none of ${anySteps.join(", ")} was applied, but [${steps.join(", ")}]`,
    );
  // Each kind is a patient of its own.
  const most = (maxWrites ?? Number.POSITIVE_INFINITY) * kinds.length;
  say(writes <= most, `Keymend wrote ${writes} times, ${most} are allowed`);
}

/** What is said of the end, and whether a person was asked first, where the story is about that. */
function judgeWord({ story, phase, told }: Played, { reason }: StoryResult, say: Say): void {
  const expected = reasonOf(story, phase);
  if (expected !== undefined) say(reason === expected, `the reason is ${reason ?? "none"}, not ${expected}`);
  if (story.asks) say(told.asked, "nobody was asked");
}

/** By support's own record, and that who reads the incident is told the number. */
function judgeTickets({ story, world, told }: Played, say: Say): void {
  const { tickets = 0 } = story;
  const numbers = [...world.supportTickets.values()].map(({ number }) => number);
  say(numbers.length === tickets, `Microsoft support has ${numbers.length} tickets, not ${tickets}`);
  for (const number of numbers) say(told.incident?.detail.includes(number) === true, `the app does not tell of ticket ${number}`);
}

/** What is wrong with the result, one sentence each; nothing where the story went as it must. */
export function faultsOf(played: Played, result: StoryResult): string[] {
  const { story, phase, kinds, told } = played;
  const faults: string[] = [];
  const say: Say = (holds, fault) => void (holds || faults.push(fault));
  const expected = story.outcome[phase];
  say(
    result.outcome === expected,
    `the outcome is ${result.outcome ?? "none"}${result.reason ? ` (${result.reason})` : ""}, not ${expected}`,
  );
  for (const cause of story.causes)
    say(result.causes.includes(cause), `the cause ${cause} was not found, but [${result.causes.join(", ")}]`);
  judgeSteps(played, result, say);
  judgeWord(played, result, say);
  judgeTickets(played, say);
  say(result.targets.length >= (story.targets ?? 1), `${result.targets.length} databases in the incident`);
  say(
    result.targets.every(({ kind }) => kinds.includes(kind)),
    "databases of another kind in the incident",
  );
  say(result.auditRows > 0, "nothing in the audit");
  say(told.chain === "verified", `the audit's chain: ${told.chain}`);
  if (SUCCESS.has(result.outcome ?? "") && story.healthyAfter !== false) judgeSuccess(played, result, say);
  return faults;
}
