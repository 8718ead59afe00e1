/** The unknowns as a page: what is not known of Azure, and what the app makes of it either way. */
import type { Kind } from "../estate/estate.ts";
import type { Row } from "../matrix/trial.ts";
import type { StoryPhase } from "../stories/story.ts";
import { cameTo } from "./judge.ts";
import { readings } from "./readings.ts";
import { isFelt, mattering, type Play } from "./run.ts";

type Came = { came: string; compared: string; problems: string[] };

/** What is kept of one story, kind and phase. */
export type RowRecord = {
  story: string;
  kind: Kind;
  phase: StoryPhase;
  /** What it came to under the documented reading, and what does not hold there. */
  documented: string;
  problems: string[];
  /** Switches that the break and what followed asked for. */
  asked: string[];
  /** By the reading's name. */
  plays: Record<string, Came>;
  playedWith: string;
  seconds: number;
};

export type Results = { seed: number; rows: RowRecord[] };

const textOf = ({ outcome, reason }: Play["trial"]): string => `${outcome ?? "no end yet"}${reason === null ? "" : ` (${reason})`}`;

const NOT_FELT = "not felt";
const NOT_ASKED = "asked for in none";

function cameOf(play: Play): Came {
  const { trial, documented } = play;
  if (!isFelt(play)) return { came: NOT_FELT, compared: NOT_FELT, problems: [] };
  return {
    came: textOf(trial),
    compared: trial.problems.length > 0 ? "does not hold" : cameTo(trial, documented),
    problems: trial.problems,
  };
}

const isOf =
  ({ story, kind, phase }: Row) =>
  (row: RowRecord): boolean =>
    row.story === story.name && row.kind === kind && row.phase === phase;

/** Plays of other code count no more; the documented one begins a row anew unless it is of the same code. */
export function withPlay({ seed, rows }: Results, play: Play, playedWith: string, order: readonly string[]): Results {
  const { row, reading, asked, seconds } = play;
  const before = rows.find(isOf(row));
  const kept = before?.playedWith === playedWith ? before : undefined;
  const begun: RowRecord = {
    story: row.story.name,
    kind: row.kind,
    phase: row.phase,
    documented: textOf(play.documented),
    problems: play.documented.problems,
    asked: [...asked],
    plays: kept?.plays ?? {},
    playedWith,
    seconds: (kept?.seconds ?? 0) + seconds,
  };
  const record = reading ? { ...begun, plays: { ...begun.plays, [reading.name]: cameOf(play) } } : begun;
  const all = [...rows.filter((one) => !isOf(row)(one)), record].filter(({ story }) => order.includes(story));
  const place = ({ story, kind, phase }: RowRecord): string => `${String(order.indexOf(story)).padStart(4, "0")} ${kind} ${phase}`;
  return { seed, rows: all.toSorted((a, b) => place(a).localeCompare(place(b))) };
}

/** Readings of a row that were played with this code. */
export const playedOf = ({ rows }: Results, row: Row, playedWith: string): readonly string[] => {
  const record = rows.find(isOf(row));
  return record?.playedWith === playedWith ? Object.keys(record.plays) : [];
};

/** Rows that were never played to their end, and then those that were with other code than today's. */
export function unplayedIn({ rows }: Results, wanted: readonly Row[], playedWith: (row: Row) => string): Row[] {
  const recordOf = (row: Row): RowRecord | undefined => rows.find(isOf(row));
  const isPlayed = (record: RowRecord | undefined): boolean => record !== undefined && leftOf(record) === 0;
  const unplayed = wanted.filter((row) => !isPlayed(recordOf(row)));
  return [...unplayed, ...wanted.filter((row) => isPlayed(recordOf(row)) && recordOf(row)?.playedWith !== playedWith(row))];
}

const leftOf = ({ asked, plays, problems }: RowRecord): number =>
  problems.length > 0 ? 0 : mattering(asked).filter(({ name }) => plays[name] === undefined).length;

export const rowName = ({ story, kind, phase }: Row): string => `${story.name}, ${kind}, ${phase}`;

export function problemLines(play: Play): string[] {
  const { row, reading, trial } = play;
  return isFelt(play) ? trial.problems.map((problem) => `${rowName(row)}, ${reading?.name ?? "as documented"}: ${problem}`) : [];
}

const RULE = [
  "What Azure's documentation leaves open is a switch of the sandbox ([sandbox.md](sandbox.md)). Every story is played as documented and then anew",
  "under each other reading of every switch that the simulated Azure asked for after the break (what it never asks for can't matter), each",
  "alone, and the status codes together. It must end as it does under the documented reading, or by asking a person, or by calling one with the",
  "true reason; never with a success that is none, a write that the documented reading does not make, the same write twice, silence, or an",
  "outage told as avoided. A repair that takes longer under a reading may end in `Healed` instead of `OutageAvoided`, if there was an outage. All of it",
  "is judged by what the sandbox itself knows. A write that Azure refuses as documented may be taken under a reading, and mend it. *The same*: as under the documented reading. *Not felt*: under that reading there is no break to begin",
  "with. *Asked for in none*: nothing that Azure was asked in any of the rows played rests on it, so that each of them is the very same play.",
];

function countsOf(rows: readonly RowRecord[], name: string): string {
  const counts = new Map<string, number>();
  for (const { plays } of rows) {
    const play = plays[name];
    if (!play) continue;
    const key = play.compared === "the same" || play.compared === NOT_FELT ? play.compared : `${play.compared}: ${play.came}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));
  if (sorted.length > 0) return sorted.map(([text, count]) => `${text} ${count}`).join("<br>");
  const isAsked = rows.some(({ asked }) => mattering(asked).some((reading) => reading.name === name));
  return isAsked || rows.length === 0 ? "not played yet" : `${NOT_ASKED} of ${rows.length} rows`;
}

export function pageOf({ seed, rows }: Results, wanted: readonly Row[]): string {
  const unplayed = wanted.filter((row) => !rows.some(isOf(row)));
  const unfinished = rows.filter((row) => leftOf(row) > 0);
  const plays = rows.flatMap(({ plays: all }) => Object.values(all));
  const problems = rows.flatMap((row) => [
    ...row.problems.map((problem) => `${row.story}, ${row.kind}, ${row.phase}, as documented: ${problem}`),
    ...Object.entries(row.plays).flatMap(([name, came]) =>
      came.problems.map((problem) => `${row.story}, ${row.kind}, ${row.phase}, ${name}: ${problem}`),
    ),
  ]);
  return [
    "# What is not known of Azure",
    "",
    "Written by `npm run unknowns`; do not edit.",
    "",
    ...RULE,
    "",
    `Seed ${seed}. ${rows.length} of ${wanted.length} rows, ${plays.length} plays under another reading. **${problems.length} do not hold.**`,
    "",
    "`npm run unknowns -- --missing` plays what is left, and anew what was played with other code than today's.",
    "",
    "| Reading | What is not known | Source | What came of it, in so many plays |",
    "| --- | --- | --- | --- |",
    ...readings.map(({ name, question, source }) => `| ${[`\`${name}\``, question, source, countsOf(rows, name)].join(" | ")} |`),
    "",
    ...(problems.length > 0 ? ["## What does not hold", "", ...problems.map((problem) => `- ${problem}`), ""] : []),
    ...(unfinished.length > 0
      ? [
          "## Played in part",
          "",
          ...unfinished.map((row) => `- ${row.story}, ${row.kind}, ${row.phase}: ${leftOf(row)} readings are left`),
          "",
        ]
      : []),
    ...(unplayed.length > 0 ? ["## Not played yet", "", ...unplayed.map((row) => `- ${rowName(row)}`), ""] : []),
  ].join("\n");
}
