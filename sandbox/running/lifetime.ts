/** When to stop: Ctrl-C, a signal, or the end of the process that started this one. */
import { spawnSync } from "node:child_process";

/** How often the parent is looked at, wall ms. */
const LOOK = 500;

export type Lifetime = { readonly ended: Promise<string>; release(): void };

const SHELL = /^\s*(\d+)\s+(?:\S*\/)?(?:sh|bash|dash|zsh)\s*$/;

/** npm runs its scripts through a shell, which lives on when npm is killed. Undefined where none stands between. */
function npmBehindShell(): number | undefined {
  if (process.env["npm_lifecycle_event"] === undefined) return undefined;
  const { stdout } = spawnSync("ps", ["-o", "ppid=,comm=", "-p", String(process.ppid)], { encoding: "utf8" });
  const pid = SHELL.exec(stdout ?? "")?.[1];
  return pid === undefined ? undefined : Number(pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // ESRCH: nobody has that number.
    return false;
  }
}

/** `ended` says why. A second Ctrl-C does not wait for a clean end. */
export function watchLifetime(): Lifetime {
  const { promise, resolve } = Promise.withResolvers<string>();
  const parent = process.ppid;
  const npm = npmBehindShell();
  let asked = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (++asked > 1) process.exit(130);
    resolve(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  // A shell between npm and this process dies of a signal without passing it on: then somebody else is the parent.
  const timer = setInterval(() => {
    if (process.ppid !== parent || (npm !== undefined && !isAlive(npm))) resolve("the parent process ended");
  }, LOOK);
  timer.unref();
  // Whoever read the output is gone.
  const onBroken = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") resolve("nobody reads the output");
  };
  process.stdout.on("error", onBroken);
  process.stderr.on("error", onBroken);
  return {
    ended: promise,
    release() {
      // Signals are heard on: one more Ctrl-C while the process ends is no other end than a second one before.
      clearInterval(timer);
    },
  };
}
