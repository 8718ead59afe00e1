/** The Azure CLI as the deployment uses it: questions are always asked, changes are made, or only told with --dry-run. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

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

/** The system that this runs on, and its PATH. */
export type System = { platform: NodeJS.Platform; path: string };

const THIS: System = { platform: process.platform, path: process.env["PATH"] ?? "" };

/**
 * What is started for a program on the PATH. For `az` that is a batch file on Windows: Node starts none without a shell (Node.js, "Spawning
 * .bat and .cmd files on Windows"), and a shell would read what the arguments hold. So what the batch file would start is started itself: the
 * Python above it or, of pip, beside it (Azure/azure-cli, build_scripts/windows/scripts/az_msi.cmd and az_zip.cmd; src/azure-cli/az.bat).
 */
export function startOf(name: "az" | "azd", { platform, path }: System): [program: string, ...args: string[]] {
  if (platform !== "win32" || name !== "az") return [name];
  const folder = path.split(delimiter).find((one) => ["az.cmd", "az.bat"].some((file) => existsSync(join(one, file))));
  if (folder === undefined) return [name];
  const python = [join(folder, "..", "python.exe"), join(folder, "python.exe")].find((file) => existsSync(file));
  if (python === undefined)
    throw new DeployError(`the Azure CLI in ${folder} has no Python of its own`, "install it by its Windows installer, or run this in WSL");
  return [python, "-IBm", "azure.cli"];
}

/** A program on the PATH. */
export const program =
  (name: "az" | "azd", system = THIS): Call =>
  async (args) => {
    const [file, ...before] = startOf(name, system);
    return new Promise((resolve, reject) => {
      execFile(file, [...before, ...args], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (error.code === "ENOENT")
          reject(new DeployError(`there is no ${name} on the PATH`, "install it; of the Azure CLI, 2.61 or later"));
        else
          reject(
            new DeployError(
              `${lineOf(args, name)}\n${(stderr || error.message).trim()}`,
              `see what ${name} says above, then run this again`,
            ),
          );
      });
    });
  };

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
