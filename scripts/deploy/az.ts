/** The Azure CLI as the deployment uses it: questions are always asked, changes are made, or only told with --dry-run. */
import { execFile } from "node:child_process";

/** What went wrong, and what to do next. */
export class DeployError extends Error {
  override readonly name = "DeployError";
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}

export type Az = {
  /** What it answers, parsed. */
  ask: <T>(...args: readonly string[]) => Promise<T>;
  /** Undefined where nothing was changed: in a dry run. */
  change: <T>(...args: readonly string[]) => Promise<T | undefined>;
};

const PLAIN = /^[\w./:=@%+,-]+$/;
const quoted = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
const lineOf = (args: readonly string[], name = "az"): string => [name, ...args].map(quoted).join(" ");

/** One call of `az`, and what it prints. */
export type Call = (args: readonly string[]) => Promise<string>;

/** A program on the PATH. */
export const program =
  (name: "az" | "azd"): Call =>
  (args) =>
    new Promise((resolve, reject) => {
      execFile(name, args, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (error.code === "ENOENT")
          reject(new DeployError(`there is no ${name} on the PATH`, "install it; of the Azure CLI, 2.61 or later; on Windows, in WSL"));
        else
          reject(
            new DeployError(
              `${lineOf(args, name)}\n${(stderr || error.message).trim()}`,
              `see what ${name} says above, then run this again`,
            ),
          );
      });
    });

// Some lines answer nothing at all: a patch by `az rest`, say.
const orNull = (said: string): string => (said.trim() === "" ? "null" : said);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const PLAINLY = ["--output", "json", "--only-show-errors"];

/** told: hears of every change, before it is made. */
export function createAz(call: Call, { isDryRun, told }: { isDryRun: boolean; told: (line: string) => void }): Az {
  return {
    ask: async (...args) => JSON.parse(orNull(await call([...args, ...PLAINLY]))),
    change: async (...args) => {
      told(lineOf(args));
      return isDryRun ? undefined : JSON.parse(orNull(await call([...args, ...PLAINLY])));
    },
  };
}
