/**
 * What must hold where Azure turns out to be otherwise than its documentation was read: a story ends as under the documented reading, or by
 * asking a person, or by calling one with the true reason. Never a success that is none, a write that the documented reading does not
 * make, one of them twice, nor silence.
 */
import { actionOf, type Evidence, incidentProblems, MAY_BECOME, SUCCESS, successProblems, writeProblems } from "../matrix/judge.ts";
import type { Allowed } from "./readings.ts";

/** What the story came to under the documented reading, and what else is true under another. */
export type Documented = {
  outcome: string | null;
  reason: string | null;
  /** How often each thing was written, and by each action. */
  written: ReadonlyMap<string, number>;
  /** Actions that were tried and refused. */
  refused: ReadonlySet<string>;
};

/** What a person is asked, and nobody in the story answers. */
const ASKED: ReadonlySet<string> = new Set(["ApprovalExpired", "Rejected"]);

const isAsking = ({ incident }: Evidence["told"][number]): boolean =>
  incident?.state === "waiting" && (incident.plan?.steps.some(({ state }) => state === "waitsForApproval") ?? false);

/**
 * Whoever is asked may take longer than anybody plays: where nobody is told that all is well, each question stands, and one orchestration
 * with it. What else there is must have ended.
 */
function besidesQuestions(evidence: Evidence): Evidence {
  if (SUCCESS.has(evidence.result.outcome ?? "")) return evidence;
  const told = evidence.told.filter((one) => !isAsking(one));
  let questions = evidence.told.length - told.length;
  const unended = evidence.unended.filter((one) => !one.includes(" is Running") || questions-- <= 0);
  return { ...evidence, told, unended };
}

const done = ({ writes }: Evidence): string[] => writes.filter(({ status }) => status < 400).map(actionOf);

/** What Azure refuses as documented it takes under the reading: then it may well mend what a person was called for. */
const mayMend = (evidence: Evidence, { outcome, refused }: Documented): boolean =>
  outcome === "Escalated" && SUCCESS.has(evidence.result.outcome ?? "") && done(evidence).some((action) => refused.has(action));

/** What was only at risk is lost meanwhile where a detour is taken. */
function isAsDocumented(outcome: string, documented: Documented, detour: boolean): boolean {
  const expected = documented.outcome ?? "";
  return [expected, MAY_BECOME[expected], detour && expected === "Prevented" ? "OutageAvoided" : expected].includes(outcome);
}

function endProblems(
  evidence: Evidence,
  documented: Documented,
  { reasons, detour }: Required<Pick<Allowed, "reasons" | "detour">>,
): string[] {
  const { story, result } = evidence;
  const { outcome, reason } = result;
  if (outcome === null) return evidence.told.some(isAsking) ? [] : ["the app came to no end, and asks nobody"];
  if (outcome === "Escalated") {
    const known = [documented.reason, ...story.causes, ...reasons];
    return reason !== null && known.includes(reason) ? [] : [`escalated for ${reason ?? "no reason"}, which is not the true one`];
  }
  if (outcome === "Refused" && ASKED.has(reason ?? "")) return [];
  const isFine = isAsDocumented(outcome, documented, detour) || mayMend(evidence, documented);
  return isFine ? [] : [`the outcome is ${outcome}, not ${documented.outcome}`];
}

/** Whatever the values: an action that is not even tried under the documented reading. */
function strangeWrites(evidence: Evidence, { written, refused }: Documented): string[] {
  return [...new Set(done(evidence))]
    .filter((action) => !written.has(action) && !refused.has(action))
    .map((action) => `wrote what the documented reading does not: ${action}`);
}

/** A success may do without the steps that the reading spares. */
const sparing = (evidence: Evidence, spares: readonly string[]): Evidence => {
  const { steps = [] } = evidence.story;
  return { ...evidence, story: { ...evidence.story, steps: steps.filter((step) => !spares.includes(step)) } };
};

/** Of everything that is written at all, with other values each time. */
const withOneMore = (evidence: Evidence): Evidence => ({
  ...evidence,
  usual: new Map([...(evidence.usual ?? [])].map(([what, count]) => [what, count + 1])),
});

/** One sentence each; nothing where all holds. */
export function problemsUnder(
  evidence: Evidence,
  documented: Documented,
  { reasons = [], spares = [], detour = false }: Allowed = {},
): string[] {
  const ended = besidesQuestions(evidence);
  return [
    ...endProblems(evidence, documented, { reasons, detour }),
    ...successProblems(sparing(evidence, spares)),
    ...incidentProblems(ended),
    ...writeProblems(detour ? withOneMore(evidence) : evidence),
    ...strangeWrites(evidence, documented),
    ...ended.unended,
  ];
}

/** How a play compares with the documented reading, for the page. */
export function cameTo(
  { outcome, reason }: Pick<Documented, "outcome" | "reason">,
  documented: Documented,
): "the same" | "asks" | "escalates" | "otherwise" {
  if (outcome === documented.outcome && (reason === documented.reason || SUCCESS.has(outcome ?? ""))) return "the same";
  if (outcome === null || (outcome === "Refused" && ASKED.has(reason ?? ""))) return "asks";
  return outcome === "Escalated" ? "escalates" : "otherwise";
}
