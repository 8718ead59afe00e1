/** What a command of the command line is: one value in one file, from which its help, its completion and its parsing come. */
import type { Terminal } from "./terminal.ts";

export type Option = {
  type: "string" | "boolean";
  short?: string;
  /** May be given more than once. */
  multiple?: true;
  /** Stands for the value in the help: `--subscription ID`. */
  value?: string;
  does: string;
};

export type Example = { run: string; does: string };

export type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

export type Given = {
  values: Values;
  positionals: readonly string[];
  terminal: Terminal;
  env: Readonly<Record<string, string | undefined>>;
};

export type Command = {
  name: string;
  /** One line, for the list of commands. */
  does: string;
  /** What follows the name, as in `ID [--follow]`; without the options that the help lists anyway. */
  takes: string;
  /** What may come first after the name, where it is one of a few words. */
  words?: readonly string[];
  /** More for its own help; empty where the rest says all. */
  about: string;
  /** Every command has --json and --help beside these. */
  options: Readonly<Record<string, Option>>;
  examples: readonly Example[];
  /** Answers the exit code. */
  run: (given: Given) => Promise<number>;
};

/** Of all commands. What a command finds is told by the first three; scripts rely on them. */
export const EXIT = {
  nothing: 0,
  warnings: 1,
  trouble: 2,
  /** It could not do what it was asked to, so it says nothing of what there is. */
  failed: 3,
  /** EX_USAGE of sysexits.h: it was called wrong. */
  usage: 64,
} as const;

/** Called wrong; the message says how. */
export class UsageError extends Error {
  override name = "UsageError";
}

export const COMMON: Readonly<Record<string, Option>> = {
  json: { type: "boolean", does: "prints JSON" },
  help: { type: "boolean", short: "h", does: "prints this" },
};

export const text = ({ values }: Given, name: string): string | undefined => {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
};

export const texts = ({ values }: Given, name: string): string[] => {
  const value = values[name];
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
};

/** What a word stands for; undefined where it is none, though every object has a `constructor`. */
export const meant = <T>(all: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(all, word) ? all[word] : undefined;

export const isOn = ({ values }: Given, name: string): boolean => values[name] === true;
