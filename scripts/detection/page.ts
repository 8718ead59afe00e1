/** Detection coverage as a page: which signal shows each cause, how fast, and what is left to the screening. */
import type { Kind } from "../../sandbox/estate/estate.ts";
import type { CauseCode } from "../../src/domain/cause-code.ts";
import { percentile } from "../../src/dashboard/model/numbers.ts";
import { formatDuration, MINUTE } from "../../src/domain/time.ts";
import { code, table } from "../markdown.ts";
import type { Detection } from "./play.ts";
import { type Shows, showsFrom, SILENT, type Way } from "./ways.ts";

/** ms: seed by seed, from 1 on; null where it was never named. by: how often what led to it. */
export type Seen = { ms: (number | null)[]; by: Record<string, number> };

export type RowRecord = {
  cause: CauseCode;
  story: string;
  kind: Kind;
  withEvents: Seen;
  without: Seen;
  playedWith: string;
};

/** rows: in the order of the ways. */
export type Results = { rows: RowRecord[] };

export const SEEDS = 20;
/** How soon a loss is to be seen. */
const PROMISED_MS = 5 * MINUTE;

const isOf =
  ({ cause, story, kind }: Way) =>
  (row: RowRecord): boolean =>
    row.cause === cause && row.story === story.name && row.kind === kind;

const none: Seen = { ms: [], by: {} };

const withOne = ({ ms, by }: Seen, one: Detection): Seen => ({ ms: [...ms, one.ms], by: { ...by, [one.by]: (by[one.by] ?? 0) + 1 } });

export type Play = { way: Way; withEvents: Detection; without: Detection };

/** Plays of other code count no more. */
export function withPlay({ rows }: Results, { way, withEvents, without }: Play, playedWith: string, ways: readonly Way[]): Results {
  const before = rows.find((row) => isOf(way)(row) && row.playedWith === playedWith);
  const record: RowRecord = {
    cause: way.cause,
    story: way.story.name,
    kind: way.kind,
    withEvents: withOne(before?.withEvents ?? none, withEvents),
    without: withOne(before?.without ?? none, without),
    playedWith,
  };
  const all = [...rows.filter((row) => !isOf(way)(row)), record];
  return { rows: ways.flatMap((one) => all.find(isOf(one)) ?? []) };
}

/** Seeds that count for this code. */
const playedOf = ({ rows }: Results, way: Way, playedWith: string): number =>
  rows.find((row) => isOf(way)(row) && row.playedWith === playedWith)?.withEvents.ms.length ?? 0;

/** The next one to be played: those behind the others first, so that who stops early has something of each. */
export function nextOf(results: Results, ways: readonly Way[], playedWith: (way: Way) => string): { way: Way; seed: number } | undefined {
  const due = ways.map((way) => ({ way, seed: playedOf(results, way, playedWith(way)) + 1 })).filter(({ seed }) => seed <= SEEDS);
  return due.toSorted((a, b) => a.seed - b.seed)[0];
}

const orNever = ({ ms }: Seen): number[] => ms.map((one) => one ?? Number.POSITIVE_INFINITY);
const said = (ms: number | undefined): string => (ms === undefined ? "–" : Number.isFinite(ms) ? formatDuration(ms) : "never");
const times = (seen: Seen): string => [50, 95].map((percent) => said(percentile(orNever(seen), percent))).join(" / ");

/** Most frequent first. */
const signalsOf = ({ by }: Seen): string[] =>
  Object.entries(by)
    .toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .map(([name]) => name);

/** As the app calls the signals that are no event. */
const OWN_SIGNALS: Readonly<Record<string, string>> = {
  sweep: "the screening",
  "a look again": "the look again at who was in trouble",
  "its own next look": "Keymend's next look at its own incident",
  nothing: "nothing",
};

const isEvent = (signal: string): boolean => !(signal in OWN_SIGNALS);
const shown = (seen: Seen): string =>
  signalsOf(seen)
    .map((signal) => `${OWN_SIGNALS[signal] ?? code(signal)}${seen.by[signal] === seen.ms.length ? "" : ` ${seen.by[signal]}`}`)
    .join("<br>");

const SHOWS: Record<Shows, string> = { break: "its break", word: "the service's word", repair: "the repair" };

/** Those of which an event told first in some play, and those of which none did in any. */
export function toldOf({ rows }: Results): { byEvent: Set<CauseCode>; silent: Set<CauseCode> } {
  const byEvent = new Set(rows.filter(({ withEvents }) => signalsOf(withEvents).some(isEvent)).map(({ cause }) => cause));
  return { byEvent, silent: new Set(rows.map(({ cause }) => cause).filter((cause) => !byEvent.has(cause))) };
}

const worst = (row: RowRecord): number => Math.max(...[row.withEvents, row.without].map((seen) => percentile(orNever(seen), 95)!));

/** Named later than promised, with events or without. */
export const slowIn = ({ rows }: Results): RowRecord[] => rows.filter((row) => worst(row) > PROMISED_MS);

const rowName = ({ cause, story, kind }: RowRecord): string => `${cause} (${story}, ${kind})`;

const line = (row: RowRecord): string[] => [
  code(row.cause),
  `${row.story}, ${row.kind}`,
  shown(row.withEvents),
  SHOWS[showsFrom(row.cause)],
  times(row.withEvents),
  times(row.without),
  worst(row) > PROMISED_MS ? "**no**" : "yes",
  String(row.withEvents.ms.length),
];

const HOW = [
  "A cause is covered by the signal that leads to the look which names it. Each story is broken at a moment that its seed draws, any second of a",
  "whole period of the screening being as likely and the same for all rows, and left once the app has named the cause: in its incident's audit",
  "stands when, and which signal was told of in that turn (of several the first: of a rotation, say, after which the old version was disabled at",
  "once). With events Event Grid delivers within seconds, as the sandbox plays it; without, every delivery is lost from the break on. Times are",
  "virtual and run from when the cause can be seen: mostly from when its story is done with the break (*its break*; named before that counts as",
  "0 s); from the service's own check, where nothing else shows it (*the service's word*); or from when the key path is whole again (*the repair*).",
  "It is one vault alone in the sandbox, with its databases, screened every five minutes, as the default is: what a thousand of them come to is in",
  "[performance.md](performance.md).",
];

/** Those of one reason in one line. */
function silentLines(results: Results): string[] {
  const reasons = new Map<string, CauseCode[]>();
  for (const cause of toldOf(results).silent) {
    const silence = SILENT[cause];
    const reason = silence ? `${silence.why} (${silence.source})` : "no reason is known";
    reasons.set(reason, [...(reasons.get(reason) ?? []), cause]);
  }
  const lines = [...reasons].map(([reason, codes]) => `- ${codes.map(code).join(", ")}: ${reason}.`);
  return lines.length === 0 ? ["Nothing: of each an event told first."] : lines;
}

export function pageOf(results: Results, wanted: readonly Way[]): string {
  const { rows } = results;
  const missing = wanted.filter((way) => !rows.some((row) => isOf(way)(row) && row.withEvents.ms.length >= SEEDS));
  const plays = rows.reduce((sum, { withEvents, without }) => sum + withEvents.ms.length + without.ms.length, 0);
  const slow = slowIn(results);
  const head = ["Cause", "Story", "Shown first by", "Time from", "With events, p50 / p95", "Without, p50 / p95", "Within 5 min", "Seeds"];
  return [
    "# Detection coverage",
    "",
    "For every cause: which signal shows it, and how fast. Written by `npm run detection`; do not edit.",
    "",
    ...HOW,
    "",
    `Seeds 1 to ${SEEDS}. ${rows.length} of ${wanted.length} rows, ${plays} plays. **${slow.length} are slower than the 5 minutes promised.**`,
    "",
    ...table(head, rows.map(line)),
    "",
    "## What is left to the screening",
    "",
    "No event told of these first in any play; losing all events costs them nothing.",
    "",
    ...silentLines(results),
    "",
    ...(slow.length > 0
      ? ["## What is slower than promised", "", ...slow.map((row) => `- ${rowName(row)}: ${said(worst(row))} (p95).`), ""]
      : []),
    ...(missing.length > 0
      ? [
          "## Not played to the end yet",
          "",
          "`npm run detection -- --missing` plays them.",
          "",
          ...missing.map(({ cause, story, kind }) => `- ${cause}, ${story.name}, ${kind}`),
          "",
        ]
      : []),
  ].join("\n");
}
