/** When to stop: Ctrl-C, a signal, or the end of the process that started this one. */

/** How often the parent is looked at, wall ms. */
const LOOK = 500;

export type Lifetime = { readonly ended: Promise<string>; release(): void };

/** `ended` says why. A second Ctrl-C does not wait for a clean end. */
export function watchLifetime(): Lifetime {
  const { promise, resolve } = Promise.withResolvers<string>();
  const parent = process.ppid;
  let asked = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (++asked > 1) process.exit(130);
    resolve(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  // A shell between npm and this process dies of a signal without passing it on: then somebody else is the parent.
  const timer = setInterval(() => {
    if (process.ppid !== parent) resolve("the parent process ended");
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
      clearInterval(timer);
      for (const signal of signals) process.removeListener(signal, onSignal);
    },
  };
}
