/** The matrix as a page: what came of every story under every fault, and what did not hold. */
import { columns } from "./columns.ts";
import type { RowResult, Struck } from "./run.ts";
import type { Strike } from "./tap.ts";

export type PageFacts = { command: string; seed: number; stories: readonly string[]; notPlayed: readonly string[]; minutes: number };

export const rowName = ({ row }: Pick<RowResult, "row">): string => `${row.story.name}, ${row.kind}, ${row.phase}`;

const outcomeText = ({ outcome, reason }: { outcome: string | null; reason: string | null }): string =>
  `${outcome ?? "no end"}${reason === null ? "" : ` (${reason})`}`;

const MOMENTS = { first: "at the first look", recheck: "just before the write", after: "after the write" };

export const strikeName = ({ column, shape, moment }: Strike): string =>
  `${column.name} at ${shape} ${typeof moment === "object" ? `#${moment.write + 1}` : MOMENTS[moment]}`;

/** Most frequent first. */
function countsOf(struck: readonly Struck[]): string {
  const counts = new Map<string, number>();
  for (const { play } of struck) counts.set(outcomeText(play), (counts.get(outcomeText(play)) ?? 0) + 1);
  const shown = [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b)).map(([text, count]) => `${text} ${count}`);
  const broken = struck.filter(({ play }) => play.problems.length > 0).length;
  return [...shown, ...(broken > 0 ? [`**does not hold: ${broken}**`] : [])].join("<br>");
}

function line(result: RowResult): string {
  const { row, undisturbed, struck } = result;
  const cells = columns.map((column) => countsOf(struck.filter(({ strike }) => strike.column === column)) || "–");
  return `| ${row.story.name} | ${row.kind} | ${row.phase} | ${outcomeText(undisturbed)} | ${cells.join(" | ")} |`;
}

/** Everything that did not hold, with what to type to see it again. */
export function problemLines({ row, undisturbed, struck }: RowResult): string[] {
  const where = `${row.story.name}, ${row.kind}, ${row.phase}`;
  const alone = undisturbed.problems.map((problem) => `${where}, undisturbed: ${problem}`);
  const under = struck.flatMap(({ strike, play }) => play.problems.map((problem) => `${where}, ${strikeName(strike)}: ${problem}`));
  return [...alone, ...under];
}

function totals(results: readonly RowResult[]): { times: number; plays: number; broken: number } {
  const struck = results.flatMap((result) => result.struck);
  return {
    times: struck.length,
    plays: new Set(struck.map(({ play }) => play)).size,
    broken: struck.filter(({ play }) => play.problems.length > 0).length,
  };
}

const RULE = [
  "Every play must end as the story does, or in `Escalated` with a reason; a repair that a fault held up until the service noticed may end in",
  "`Healed` instead of `OutageAvoided`, if there was an outage. A success counts only if the service's own check says so, at the end and",
  "at the moment of closing, and with the story's repair in it. No request that changed Azure may have been carried out twice (except one",
  "whose operation Azure failed), every audit chain must hold, every incident must be closed and no orchestration may run on or fail.",
  "All of it is judged by what the sandbox itself knows, not by what the app says.",
];

const HOW = [
  "Each story is played once undisturbed, and the app's calls to Azure since the break are noted. Then it is played anew, in an Azure of its own, under",
  "every fault at every call: every kind of read at the first look, and under 403, 503 and reset also where it is read again just before the app",
  "writes, and once everything is written; every single write. A fault strikes once; *for good* means that every such call fails from then on.",
  "Operations fail only where Cosmos DB runs them. Reads that the app asks for anew are struck up to seven to a play, each in a look of its own; a play",
  "that then does not end just as the undisturbed one is taken apart and played with one strike at a time. Writes, and refusals at the first look, always",
  "have a play to themselves. The estate is reduced to the databases that the story is about, and the app is healthy and has a baseline when it begins.",
];

/** A page that is complete as far as it goes: it says what it covers. */
export function pageOf(results: readonly RowResult[], { command, seed, stories, notPlayed, minutes }: PageFacts): string {
  const { times, plays, broken } = totals(results);
  const problems = results.flatMap(problemLines);
  const header = ["story", "kind", "phase", "undisturbed", ...columns.map(({ name }) => name)];
  return [
    "# Fault matrix",
    "",
    `Every story under every fault at every call to Azure. Written by \`${command}\`; do not edit.`,
    "",
    ...RULE,
    "",
    ...HOW,
    "",
    `Seed ${seed}. ${results.length} rows, ${times} strikes in ${plays} plays, in ${minutes} minutes. **${broken} do not hold.**`,
    `Stories: ${stories.join(", ")}.${notPlayed.length > 0 ? ` Not played here: ${notPlayed.join(", ")}.` : ""}`,
    "",
    "A cell counts the strikes by how their plays ended; – where the fault can strike nothing.",
    "",
    `| ${header.join(" | ")} |`,
    `|${header.map(() => " --- |").join("")}`,
    ...results.map(line),
    "",
    "Faults:",
    "",
    ...columns.map(({ name, what, strikes }) => `- **${name}**: ${what}${strikes === "all" ? "" : `; at ${strikes} only`}.`),
    "",
    ...(problems.length > 0 ? ["## What does not hold", "", ...problems.map((problem) => `- ${problem}`), ""] : []),
  ].join("\n");
}
