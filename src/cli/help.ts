/** Help, from what the commands say of themselves. */
import { COMMON, type Command, type Option } from "./command.ts";

const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

const flagOf = ([name, { short, value, type }]: [string, Option]): string =>
  `${short === undefined ? "" : `-${short}, `}--${name}${type === "string" ? ` ${value ?? "VALUE"}` : ""}`;

export function helpOf({ name, takes, does, about, options, examples }: Command): string {
  const all = Object.entries({ ...options, ...COMMON });
  return [
    `keymend ${name}${takes === "" ? "" : ` ${takes}`}`,
    "",
    `${does}.`,
    ...(about === "" ? [] : ["", about]),
    "",
    "Examples:",
    ...columns(examples.map(({ run, does: what }) => [run, what] as const)),
    "",
    "Options:",
    ...columns(all.map((option) => [flagOf(option), option[1].does] as const)),
  ].join("\n");
}

export const helpOfAll = (commands: readonly Command[]): string =>
  [
    "keymend COMMAND [options]",
    "",
    "Keeps Azure Cosmos DB databases with customer-managed keys alive.",
    "",
    "Commands:",
    ...columns(commands.map(({ name, does }) => [name, does] as const)),
    "",
    "keymend COMMAND --help has the options and examples of a command, keymend --version says which this is.",
    "NO_COLOR=1 turns colours off. Exit codes: 0 nothing, 1 warnings, 2 trouble, 3 it could not be done, 64 called wrong.",
  ].join("\n");

/** The command that was meant, perhaps. */
export function nearest(word: string, commands: readonly Command[]): string | undefined {
  const near = commands.map(({ name }) => ({ name, far: distance(word, name) })).filter(({ far, name }) => far <= name.length / 2);
  return near.toSorted((a, b) => a.far - b.far)[0]?.name;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
