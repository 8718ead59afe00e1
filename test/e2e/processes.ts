/** The sandbox as a program of its own: started as a stranger would, watched to its end, and searched for what it leaves behind. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = join(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules/.bin");
/** A process that is told to go does so when the machine lets it. */
const LINGERS_AT_MOST_MS = 30_000;

/** code: null where it was killed by a signal, which then is in `signal`. */
export type Ended = { code: number | null; signal: string | null; out: string; err: string };

export type Program = {
  readonly child: ChildProcess;
  /** Its own place for temporary files; its name is in the environment of whatever it starts. */
  readonly folder: string;
  /** The first line that it prints. */
  firstLine(): Promise<string>;
  ended(): Promise<Ended>;
  /** Processes and files that are there still; waits a little for them to go. */
  leftovers(): Promise<string[]>;
};

export function start(command: string, args: string[], env: Record<string, string> = {}): Program {
  const folder = mkdtempSync(join(tmpdir(), "keymend-e2e-"));
  const child = spawn(command, args, {
    cwd: ROOT,
    // A group of its own, so that a test can do what a terminal does on Ctrl-C.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    // npm keeps compiled code beside the temporary files, which is its own affair.
    env: { ...process.env, PATH: `${BIN}${delimiter}${process.env["PATH"]}`, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: "1", ...env },
  });
  let [out, err] = ["", ""];
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, "line").then(([line]) => String(line));
  lines.on("line", (line) => (out += `${line}\n`));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const closed = once(child, "close");
  // Who does not ask for a first line does not miss it.
  first.catch(() => {});
  return {
    child,
    folder,
    firstLine: () =>
      Promise.race([first, closed.then(() => Promise.reject(new Error(`${command} ended before it said anything: ${err}`)))]),
    async ended() {
      const [code, signal] = (await closed) as [number | null, string | null];
      return { code, signal, out, err };
    },
    async leftovers() {
      const until = Date.now() + LINGERS_AT_MOST_MS;
      for (;;) {
        const left = [...processesOf(folder), ...readdirSync(folder)];
        if (left.length === 0) rmSync(folder, { recursive: true });
        if (left.length === 0 || Date.now() > until) return left;
        await sleep(100);
      }
    },
  };
}

/** With the environment of each, where the mark is. */
function processesOf(mark: string): string[] {
  const { stdout } = spawnSync("ps", ["axeww"], { encoding: "utf8", maxBuffer: 1 << 26 });
  if (!stdout.includes("PID")) throw new Error("ps lists no processes");
  return stdout.split("\n").filter((line) => line.includes(mark));
}

const MAIN = join(ROOT, "sandbox/main.ts");

/** The sandbox without npm around it, which costs a third of a second. */
export const sandbox = (args: string[], env: Record<string, string> = {}): Program => start(process.execPath, [MAIN, ...args], env);
