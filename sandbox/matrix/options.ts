/** The command line of the matrix: flags in, what to play out, or a clear complaint. */
import type { Kind } from "../estate/estate.ts";
import { type Flags, flagsOf, KINDS, numberOf, oneOf, PHASES, storyOf, text, UsageError } from "../play/flags.ts";
import type { StoryPhase, Story } from "../stories/story.ts";
import { columns } from "./columns.ts";
import { rowsOf } from "./page.ts";
import type { Row } from "./trial.ts";

/** Of whatever plays rows and keeps what came of them. */
export type PlayOptions = {
  /** Those that the stories, kinds and phases chosen have. */
  rows: Row[];
  seed: number | undefined;
  workers: number;
  /** Whether to begin another row. */
  hasTime: () => boolean;
  missing: boolean;
  show: boolean;
  pageFromResults: boolean;
};

export type MatrixOptions = PlayOptions & { faults: string[] | undefined; call: string | undefined };

export const PLAY_FLAGS = {
  stories: "string",
  kind: "string",
  phase: "string",
  seed: "string",
  workers: "string",
  minutes: "string",
  missing: "boolean",
  show: "boolean",
  "page-from-results": "boolean",
} as const;

const items = (list: string): string[] => list.split(",").map((item) => item.trim());

function faultsOf(list: string | undefined): string[] | undefined {
  const names = columns.map(({ name }) => name);
  return list === undefined ? undefined : items(list).map((name) => oneOf("fault", name, names)!);
}

function rowsWanted(all: readonly Row[], stories: readonly Story[] | undefined, kind?: Kind, phase?: StoryPhase): Row[] {
  const rows = all.filter(
    (row) => (stories?.includes(row.story) ?? true) && (kind ?? row.kind) === row.kind && (phase ?? row.phase) === row.phase,
  );
  if (rows.length > 0) return rows;
  const chosen = [stories?.map(({ name }) => name).join(", "), kind, phase].filter((word) => word !== undefined).join(", ");
  throw new UsageError(`no row is of ${chosen}: these stories are not played like that`);
}

export function readPlayOptions(flags: Flags, stories: readonly Story[]): PlayOptions {
  const named = text(flags["stories"]);
  const chosen = named === undefined ? undefined : items(named).map((name) => storyOf(name, stories));
  const kind = oneOf("kind", text(flags["kind"]), KINDS);
  const phase = oneOf("phase", text(flags["phase"]), PHASES);
  const minutes = numberOf("minutes", text(flags["minutes"]), 1);
  const began = performance.now();
  return {
    rows: rowsWanted(rowsOf(stories), chosen, kind, phase),
    seed: numberOf("seed", text(flags["seed"]), 0),
    workers: numberOf("workers", text(flags["workers"]), 1) ?? 2,
    hasTime: () => minutes === undefined || performance.now() - began < minutes * 60_000,
    missing: flags["missing"] === true,
    show: flags["show"] === true,
    pageFromResults: flags["page-from-results"] === true,
  };
}

export function readMatrixOptions(args: readonly string[], stories: readonly Story[]): MatrixOptions {
  const flags = flagsOf(args, { ...PLAY_FLAGS, fault: "string", call: "string" });
  return { ...readPlayOptions(flags, stories), faults: faultsOf(text(flags["fault"])), call: text(flags["call"]) };
}
