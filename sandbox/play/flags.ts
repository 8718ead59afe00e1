/** Flags as a person types them, read or refused with the choices. */
import { parseArgs } from "node:util";
import type { Story } from "../stories/story.ts";
import { nearestOf } from "./nearest.ts";

/** What the person typed can't be done; the message names the choices. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

export const KINDS = ["account", "cluster"] as const;
export const PHASES = ["grace", "revoked"] as const;

export function oneOf<T extends string>(flag: string, value: string | undefined, choices: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`--${flag} is one of ${choices.join(", ")}, not '${value}'`);
  return found;
}

export function numberOf(flag: string, value: string | undefined, from: number): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value) || Number(value) < from)
    throw new UsageError(`--${flag} is a whole number from ${from} to 999999999, not '${value}'`);
  return Number(value);
}

export function storyOf(name: string, stories: readonly Story[]): Story {
  const found = stories.find((story) => story.name === name);
  if (found) return found;
  const names = stories.map((story) => story.name);
  const near = nearestOf(name, names, 3).map((one) => `'${one}'`);
  const all = `--list names all ${names.length}`;
  const said = near.length === 0 ? all : `the nearest ${near.length === 1 ? "is" : "are"} ${near.join(", ")}, and ${all}`;
  throw new UsageError(name.trim() === "" ? `--story needs the name of a story; ${all}` : `no story is called '${name}'; ${said}`);
}

export type Flags = Record<string, string | boolean | (string | boolean)[] | undefined>;

export function flagsOf(args: readonly string[], known: Record<string, "string" | "boolean" | "strings">): Flags {
  const options = Object.fromEntries(
    Object.entries(known).map(([name, type]) => [name, type === "strings" ? { type: "string" as const, multiple: true } : { type }]),
  );
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const said = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw new UsageError(
      `${said}; the flags are ${Object.keys(known)
        .map((name) => `--${name}`)
        .join(", ")}`,
    );
  }
}

export const text = (value: Flags[string]): string | undefined => (typeof value === "string" ? value : undefined);
