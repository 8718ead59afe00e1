/**
 * What a person sees: virtual time on the left, one line per thing that matters, the reason in plain words.
 * A wait is said once, before two seconds of silence have passed, and again when something else is waited for; on a terminal the time
 * goes by beside it.
 */
import { stripVTControlCharacters, styleText } from "node:util";

export type Kind =
  | "break"
  | "person"
  | "event"
  | "host"
  | "signal"
  | "facts"
  | "cause"
  | "plan"
  | "write"
  | "done"
  | "wait"
  | "azure"
  | "verify"
  | "outcome"
  | "warn"
  | "error";

export type Timeline = {
  /** One line with the time of the virtual clock; several lines of text stand below each other. */
  say(kind: Kind, text: string): void;
  /** A line without a time. */
  note(text: string): void;
  /** What is being waited for; shown while nothing else happens, with the time going by. */
  waitFor(text: string | undefined): void;
  /** Looks at the clock; call it often. */
  tick(): void;
  end(): void;
};

/** For whoever looks at what came of it alone. */
export const silent: Timeline = { say() {}, note() {}, waitFor() {}, tick() {}, end() {} };

type Style = Parameters<typeof styleText>[0];

const STYLES: Record<Kind, Style> = {
  break: ["red", "bold"],
  person: "magenta",
  event: "cyan",
  host: "dim",
  signal: "cyan",
  facts: "blue",
  cause: "yellow",
  plan: "yellow",
  write: ["green", "bold"],
  done: "green",
  wait: "dim",
  azure: "cyan",
  verify: "green",
  outcome: ["green", "bold"],
  warn: "yellow",
  error: ["red", "bold"],
};

/** Wall ms of silence after which a wait is shown. */
const SILENCE = 1500;
const KIND_WIDTH = 8;
const INDENT = " ".repeat(1 + 8 + 2 + KIND_WIDTH + 1);

/** Milliseconds as hours:minutes:seconds; a minus before what happened before zero. */
export function clockText(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const part = (n: number): string => String(n).padStart(2, "0");
  return `${ms <= -1000 ? "-" : ""}${part(Math.floor(seconds / 3600))}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`;
}

/** Breaks text at spaces so that no line is longer than the width; a longer word stays whole. */
export function wrapped(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    for (const word of paragraph.split(" ")) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}

export type TimelineParts = {
  write: (text: string) => void;
  /** Virtual ms since the story's zero. */
  elapsed: () => number;
  color: boolean;
  /** A terminal whose last line may be written over. */
  interactive: boolean;
  columns: () => number;
};

export function createTimeline({ write, elapsed, color, interactive, columns }: TimelineParts): Timeline {
  let lastShown = performance.now();
  let waiting: string | undefined;
  let saidWait: string | undefined;
  let progressShown = false;
  const paint = (style: Style, text: string): string => (color ? styleText(style, text, { validateStream: false }) : text);
  const clear = (): void => {
    if (progressShown) write("\r\x1b[2K");
    progressShown = false;
  };
  const print = (text: string): void => {
    clear();
    write(`${text}\n`);
    lastShown = performance.now();
  };
  const line = (kind: Kind, text: string): string => {
    const [first = "", ...rest] = wrapped(stripVTControlCharacters(text), Math.max(40, columns() - INDENT.length - 1));
    const head = `${clockText(elapsed()).padStart(9)}  ${paint(STYLES[kind], kind.padEnd(KIND_WIDTH))} ${first}`;
    return [head, ...rest.map((more) => INDENT + more)].join("\n");
  };
  const progress = (): void => {
    const text = `${clockText(elapsed()).padStart(9)}  ${paint("dim", "...".padEnd(KIND_WIDTH))} ${waiting ?? "all quiet"}`;
    write(`\r\x1b[2K${text.slice(0, columns() + (color ? 10 : 0))}`);
    progressShown = true;
  };
  return {
    say: (kind, text) => print(line(kind, text)),
    note: (text) => print(text === "" ? "" : ` ${text}`),
    waitFor(text) {
      waiting = text;
      if (text === undefined) saidWait = undefined;
    },
    tick() {
      if (performance.now() - lastShown < SILENCE) return;
      if (interactive) progress();
      else if (waiting !== undefined && waiting !== saidWait) {
        saidWait = waiting;
        print(line("wait", waiting));
      }
    },
    end: clear,
  };
}
