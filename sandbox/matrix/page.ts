/** The matrix as a page: what came of every story under every fault, and what did not hold. */
import type { Kind } from "../estate/estate.ts";
import type { StoryPhase, Story } from "../stories/story.ts";
import { columns } from "./columns.ts";
import type { Row } from "./trial.ts";
import type { RowResult } from "./run.ts";
import type { Strike } from "./tap.ts";

/** What came of one row: kept beside the page, so that a row can be played anew by itself. */
export type RowRecord = {
  story: string;
  kind: Kind;
  phase: StoryPhase;
  undisturbed: string;
  /** By the fault's name: how often its strikes ended in what. */
  cells: Record<string, Record<string, number>>;
  strikes: number;
  trials: number;
  /** One sentence each, with what was struck. */
  problems: string[];
  seconds: number;
  /** Digest of the code that it was played with; of rows that are older than this, none. */
  playedWith?: string;
};

/** rows: in the order of the stories. */
export type Results = { seed: number; rows: RowRecord[] };

export const rowName = ({ row }: Pick<RowResult, "row">): string => `${row.story.name}, ${row.kind}, ${row.phase}`;

const outcomeText = ({ outcome, reason }: { outcome: string | null; reason: string | null }): string =>
  `${outcome ?? "no end"}${reason === null ? "" : ` (${reason})`}`;

const MOMENTS = { first: "at the first look", once: "at its first time", recheck: "just before the write", after: "after the write" };

export const strikeName = ({ column, shape, moment }: Strike): string =>
  `${column.name} at ${shape} ${typeof moment === "object" ? `#${moment.write + 1}` : MOMENTS[moment]}`;

/** Everything that did not hold. */
export function problemLines(result: RowResult): string[] {
  const where = rowName(result);
  const { undisturbed, struck } = result;
  const alone = undisturbed.problems.map((problem) => `${where}, undisturbed: ${problem}`);
  const under = struck.flatMap(({ strike, trial }) => trial.problems.map((problem) => `${where}, ${strikeName(strike)}: ${problem}`));
  return [...alone, ...under];
}

const BROKEN = "**does not hold**";

export function recordOf(result: RowResult, seconds: number, playedWith: string): RowRecord {
  const { row, undisturbed, struck } = result;
  const cells: RowRecord["cells"] = {};
  for (const { strike, trial } of struck) {
    const counts = (cells[strike.column.name] ??= {});
    const text = trial.problems.length > 0 ? BROKEN : outcomeText(trial);
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return {
    story: row.story.name,
    kind: row.kind,
    phase: row.phase,
    undisturbed: outcomeText(undisturbed),
    cells,
    strikes: struck.length,
    trials: new Set(struck.map(({ trial }) => trial)).size,
    problems: problemLines(result),
    seconds,
    playedWith,
  };
}

const sameRow = (a: RowRecord, b: RowRecord): boolean => a.story === b.story && a.kind === b.kind && a.phase === b.phase;

/** In the place of what the same row came to before; rows of stories that are no more go. order: names of stories. */
export function withRow({ seed, rows }: Results, record: RowRecord, order: readonly string[]): Results {
  const all = [...rows.filter((row) => !sameRow(row, record)), record].filter(({ story }) => order.includes(story));
  const place = ({ story, kind, phase }: RowRecord): string => `${String(order.indexOf(story)).padStart(4, "0")} ${kind} ${phase}`;
  return { seed, rows: all.toSorted((a, b) => place(a).localeCompare(place(b))) };
}

/** Most frequent first. */
function cell(counts: Record<string, number> | undefined): string {
  const sorted = Object.entries(counts ?? {}).toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));
  return sorted.map(([text, count]) => `${text} ${count}`).join("<br>") || "–";
}

const line = ({ story, kind, phase, undisturbed, cells }: RowRecord): string =>
  `| ${[story, kind, phase, undisturbed, ...columns.map(({ name }) => cell(cells[name]))].join(" | ")} |`;

const RULE = [
  "Every trial must end as the story does, or in `Escalated` with a reason; a repair that a fault held up until the service noticed may end in",
  "`Healed` instead of `OutageAvoided`, if there was an outage. A success counts only if the service's own check says so, at the end and",
  "at the moment of closing, and with the story's repair in it; what is wanted on purpose may be refused for what could not be seen, if nothing",
  "was written. No request that changed Azure may have been carried out twice (except one",
  "whose operation Azure failed), every audit chain must hold, every incident must be closed and no orchestration may run on or fail.",
  "All of it is judged by what the sandbox itself knows, not by what the app says.",
];

const HOW = [
  "Each story is played once undisturbed, and the app's calls to Azure since the break are noted. Then it is played anew, in an Azure of its own, under",
  "every fault at every call: every kind of read (of several databases or names alike, the first) at the first look, and under 403, 503 and reset also where it is read again just before the app",
  "writes, and once everything is written; every single write. A fault strikes once; *for good* means that every such call fails from then on.",
  "Operations fail only where Cosmos DB runs them. Reads that the app asks for anew are struck up to nine to a trial, each in a look of its own; a trial",
  "that then does not end just as the undisturbed one is taken apart and played with one strike at a time. Writes, and refusals at the first look, always",
  "have a trial to themselves. The estate is reduced to the vault that the story is about, with few databases, and the app is healthy and has a baseline when it begins.",
];

/**
 * Every story with each kind and phase, in the order in which they tell most to who stops halfway: every story once, then with each of its
 * kinds and phases, then the rest.
 */
export function rowsOf(stories: readonly Story[]): Row[] {
  const rank = ({ story: { kinds, phases }, kind, phase }: Row): number => {
    const [k, p] = [kinds.indexOf(kind), phases.indexOf(phase)];
    if (k === 0 && p === 0) return 0;
    return k === p || kinds.length === 1 || phases.length === 1 ? 1 : 2;
  };
  return stories
    .flatMap((story) => story.kinds.flatMap((kind) => story.phases.map((phase) => ({ story, kind, phase }))))
    .toSorted((a, b) => rank(a) - rank(b));
}

const isOf =
  ({ story, kind, phase }: Row) =>
  (row: RowRecord): boolean =>
    row.story === story.name && row.kind === kind && row.phase === phase;

/** Rows that the results have nothing of yet. */
const missingFrom = ({ rows }: Results, wanted: readonly Row[]): Row[] => wanted.filter((row) => !rows.some(isOf(row)));

/** Rows that were not played at all, and then those that were with other code than today's. */
export function outdatedIn(results: Results, wanted: readonly Row[], playedWith: (row: Row) => string): Row[] {
  const missing = missingFrom(results, wanted);
  const isOutdated = (row: Row): boolean => results.rows.find(isOf(row))?.playedWith !== playedWith(row);
  return [...missing, ...wanted.filter((row) => !missing.includes(row) && isOutdated(row))];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Everything that was played, as it came out; and which of the wanted rows were not. */
export function pageOf(results: Results, wanted: readonly Row[]): string {
  const { seed, rows } = results;
  const missing = missingFrom(results, wanted);
  const problems = rows.flatMap((row) => row.problems);
  const [strikes, trials] = [sum(rows.map((row) => row.strikes)), sum(rows.map((row) => row.trials))];
  const minutes = Math.ceil(sum(rows.map(({ seconds }) => seconds)) / 60);
  const header = ["story", "kind", "phase", "undisturbed", ...columns.map(({ name }) => name)];
  return [
    "# Fault matrix",
    "",
    "Every story under every fault at every kind of call to Azure. Written by `npm run matrix`; do not edit.",
    "",
    ...RULE,
    "",
    ...HOW,
    "",
    `Seed ${seed}. ${rows.length} rows, ${strikes} strikes in ${trials} trials, in ${minutes} minutes. **${problems.length} do not hold.**`,
    "",
    "A cell counts the strikes by how their trials ended; – where the fault can strike nothing.",
    "",
    `| ${header.join(" | ")} |`,
    `|${header.map(() => " --- |").join("")}`,
    ...rows.map(line),
    "",
    "Faults:",
    "",
    ...columns.map((column) => `- **${column.name}**: ${column.what}${column.strikes === "all" ? "" : `; at ${column.strikes} only`}.`),
    "",
    ...(missing.length > 0
      ? ["## Not played yet", "", "`npm run matrix -- --missing` plays them.", "", ...missing.map((row) => `- ${rowName({ row })}`), ""]
      : []),
    ...(problems.length > 0 ? ["## What does not hold", "", ...problems.map((problem) => `- ${problem}`), ""] : []),
  ].join("\n");
}
