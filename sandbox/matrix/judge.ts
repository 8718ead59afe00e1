/** What must hold however Azure stumbled, from what the sandbox itself knows: never a success that is none, never the same write twice. */
import type { RecordedWrite } from "../azure/world.ts";
import { SAYS_NO_OUTAGE, type StoryResult, type Told } from "../play/result.ts";
import type { StoryPhase, Story } from "../stories/story.ts";

export type Evidence = {
  story: Story;
  phase: StoryPhase;
  result: StoryResult;
  /** All incidents about the patient since the break, each with its audit's chain. */
  told: readonly Told[];
  /** All are well at the end, as the service itself knows it. */
  wellAtLast: boolean;
  /** Whether all were at that time. */
  wellAt: (ms: number) => boolean;
  /** What Keymend's identities asked Azure to change since the break. */
  writes: readonly RecordedWrite[];
  /** How often each thing was written when nothing disturbed the story; undefined for that trial itself. */
  usual: ReadonlyMap<string, number> | undefined;
  /** How much sooner than Azure asked a write came again, ms. */
  tooSoonBy: number;
  /** Writes that Azure took and then failed: those may come again. */
  failedOperations: number;
  /** Orchestrations that run on, or failed. */
  unended: readonly string[];
};

export const SUCCESS: ReadonlySet<string> = new Set(["NoChangeNeeded", "Superseded", "Prevented", "OutageAvoided", "Healed"]);

/** A repair that a fault held up until after the service's next check mends an outage, instead of sparing it. */
export const MAY_BECOME: Readonly<Record<string, string>> = { OutageAvoided: "Healed" };

/** What Keymend could not see to be met is refused as what is not, before anything is written. */
const isRefusedUnseen = ({ result, writes }: Evidence, expected: string): boolean =>
  expected === "Completed" && result.outcome === "Refused" && result.reason === "RequirementsUnmet" && writes.length === 0;

function outcomeProblems(evidence: Evidence): string[] {
  const { story, phase, result } = evidence;
  const { outcome, reason } = result;
  const expected = story.outcome[phase] ?? "";
  if (outcome === null) return ["the app came to no end"];
  if (outcome === "Escalated" && reason === null) return ["escalated without a reason"];
  // Azure's faults are no mistakes of the program.
  if (reason === "InternalError") return ["escalated as a mistake of its own"];
  const holds = ["Escalated", expected, MAY_BECOME[expected]].includes(outcome) || isRefusedUnseen(evidence, expected);
  return holds ? [] : [`the outcome is ${outcome}, not ${expected}`];
}

/** What was wanted on purpose may be that databases lose their key. */
const claimsHealth = ({ story, result }: Evidence): boolean => result.outcome !== "Completed" || story.healthyAfter !== false;

export function successProblems(evidence: Evidence): string[] {
  const { story, result, wellAtLast } = evidence;
  const outcome = result.outcome ?? "";
  if (!SUCCESS.has(outcome) && outcome !== "Completed") return [];
  const problems: string[] = [];
  const say = (holds: boolean, problem: string): void => void (holds || problems.push(problem));
  if (claimsHealth(evidence)) {
    say(wellAtLast, `${result.outcome}, but not every database is well`);
    say(
      result.targets.every(({ phaseAfter }) => phaseAfter === "healthy"),
      `${result.outcome} with databases that are not healthy`,
    );
  }
  if (!SAYS_NO_OUTAGE.has(outcome))
    say(result.outage === (result.outcome === "Healed"), `${result.outcome}, and the outage is ${result.outage}`);
  if (story.causes.length > 0) say(result.virtual.healthy !== null, `${result.outcome}, which the service never confirmed`);
  const { steps = [], optional = [] } = story;
  for (const step of steps.filter((one) => !optional.includes(one))) say(result.steps.includes(step), `${result.outcome} without ${step}`);
  const { anySteps } = story;
  if (anySteps)
    say(
      anySteps.some((step) => result.steps.includes(step)),
      `${result.outcome} without any of ${anySteps.join(", ")}`,
    );
  return problems;
}

export function incidentProblems({ told, wellAt, result }: Evidence): string[] {
  const ours = new Set(result.targets.map(({ id }) => id.toLowerCase()));
  return told.flatMap(({ incident, chain }) => {
    if (!incident) return [];
    const { id, state, outcome, closedAt, targets } = incident;
    // A vault that the story's databases do not use may well need no change.
    const isAboutOthers = targets.length > 0 && !targets.some((target) => ours.has(target.id.toLowerCase()));
    const problems: string[] = [];
    if (chain !== "verified") problems.push(`the audit of ${id}: chain ${chain}`);
    if (state !== "closed" || closedAt === null) problems.push(`incident ${id} is still ${state}`);
    else if (SUCCESS.has(outcome ?? "") && !isAboutOthers && !wellAt(Date.parse(closedAt)))
      problems.push(`${id} closed as ${outcome} while a database was not well`);
    return problems;
  });
}

/** Signatures are new with every answer; a vault's casing is not the app's choice. */
const placeOf = ({ method, url }: RecordedWrite): string => `${method} ${url.split("?")[0]?.toLowerCase()}`;
const exactly = (write: RecordedWrite): string => `${placeOf(write)} ${JSON.stringify(write.body)}`;

/** How often Azure carried out each write, by what makes two of them one. */
function countsOf(writes: readonly RecordedWrite[], nameOf: (write: RecordedWrite) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const write of writes.filter(({ status }) => status < 400)) counts.set(nameOf(write), (counts.get(nameOf(write)) ?? 0) + 1);
  return counts;
}

/** A second identity under another name is one too many as well. */
export const actionOf = (write: RecordedWrite): string => write.action || placeOf(write);

/** How often each thing was written, whatever the values, and how often anything by the same action. */
export const usualOf = (writes: readonly RecordedWrite[]): Map<string, number> =>
  new Map([...countsOf(writes, placeOf), ...countsOf(writes, actionOf)]);

export const refusedOf = (writes: readonly RecordedWrite[]): Set<string> =>
  new Set(writes.filter(({ status }) => status >= 400).map(actionOf));

/** The same with the same values, or a thing, or things of a kind, more often than without the fault: an expiry moved twice has two values. */
export function writeProblems({ writes, usual, failedOperations, story }: Evidence): string[] {
  const tooOften = [
    ...[...countsOf(writes, exactly)].map(([what, count]) => ({ what, count, spare: count - 1 })),
    ...[...usualOf(writes)].map(([what, count]) => ({ what, count, spare: usual ? count - (usual.get(what) ?? 1) : 0 })),
  ].filter(({ spare }) => spare > failedOperations);
  const problems = tooOften.map(({ what, count }) => `carried out ${count} times: ${what}`);
  if (story.maxWrites === 0 && writes.length > 0) problems.push(`wrote ${writes.length} times where nothing may be written`);
  return problems;
}

/** One sentence each; nothing where all holds. */
export function problemsOf(evidence: Evidence): string[] {
  return [
    ...outcomeProblems(evidence),
    ...successProblems(evidence),
    ...incidentProblems(evidence),
    ...writeProblems(evidence),
    ...(evidence.tooSoonBy > 0 ? [`wrote again ${evidence.tooSoonBy} ms sooner than Azure asked`] : []),
    ...evidence.unended,
  ];
}
