/** The Functions host as a child process: start it, tell it the time, learn when it is idle, kill it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type HostLog = { level: string; function: string; message: string; at: string };

export type HostChild = {
  readonly url: string;
  readonly isAlive: boolean;
  /** speed 0: its time stands at now. N: it runs N times as fast from now on. */
  clock(now: number, speed: number): void;
  /** Once nothing is in flight or ready. */
  untilIdle(): Promise<Idle>;
  /** A new host in the same process, on state of its own: the app runs on as it was loaded. now: virtual ms, not before any earlier time. */
  renew(now: number, stateFile: string, onLog: (log: HostLog) => void): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

/** nextDue: when the host is, virtual ms, or null. begun: how much it has begun so far. */
export type Idle = { nextDue: number | null; begun: number };

type FromHost =
  | { type: "ready"; hostUrl: string; functions: { name: string; type: string }[] }
  | { type: "failed"; error: string }
  | ({ type: "idle"; id: number } & Idle)
  | ({ type: "log" } & HostLog);

const LOCAL_HOST = fileURLToPath(new URL("../host/main.ts", import.meta.url));
const KEPT_ERRORS = 4000;

type Watched = { child: ChildProcess; errors: () => string; ended: () => Promise<unknown> | undefined };

function launch(entry: string, env: Record<string, string>): Watched {
  const child = fork(entry, {
    // Its own process group: Ctrl-C is for the sandbox, which stops its host itself. It ends with the channel if all else fails.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  let errors = "";
  const keep = (chunk: Buffer): void => void (errors = (errors + chunk.toString()).slice(-KEPT_ERRORS));
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  child.on("error", (error) => keep(Buffer.from(`${error.message}\n`)));
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  return { child, errors: () => errors.trim(), ended: () => (alive() ? once(child, "exit") : undefined) };
}

/** env: all that the child gets to see. entry: of a host that speaks as the local one does. */
export async function startHost(env: Record<string, string>, hearLog: (log: HostLog) => void, entry = LOCAL_HOST): Promise<HostChild> {
  const { child, errors, ended } = launch(entry, env);
  const waiting = new Map<number, { resolve: (idle: Idle) => void; reject: (error: Error) => void }>();
  let asked = 0;
  let failed: Error | undefined;
  let onLog = hearLog;
  let ready = Promise.withResolvers<string>();
  const fail = (error: Error): void => {
    failed ??= error;
    ready.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.on("message", (message: FromHost) => {
    if (message.type === "log") onLog(message);
    else if (message.type === "ready") ready.resolve(message.hostUrl);
    else if (message.type === "failed") fail(new Error(`the functions host failed: ${message.error}`));
    else {
      waiting.get(message.id)?.resolve({ nextDue: message.nextDue, begun: message.begun });
      waiting.delete(message.id);
    }
  });
  child.once("exit", (code, signal) => fail(new Error(`the functions host ended (${signal ?? code}): ${errors()}`)));
  const send = (message: object): void => {
    // A message to a child that just died is lost; its exit is what is reported.
    if (child.connected) child.send(message, () => {});
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const gone = ended();
    child.kill(signal);
    await gone;
  };
  let url = await ready.promise;
  return {
    get url() {
      return url;
    },
    get isAlive() {
      return failed === undefined;
    },
    async renew(now, stateFile, hear) {
      if (failed) throw failed;
      ready = Promise.withResolvers<string>();
      onLog = hear;
      send({ type: "renew", now, stateFile });
      url = await ready.promise;
    },
    clock: (now, speed) => send({ type: "clock", now, speed }),
    untilIdle: () =>
      new Promise((resolve, reject) => {
        if (failed) return reject(failed);
        const id = ++asked;
        waiting.set(id, { resolve, reject });
        send({ type: "untilIdle", id });
      }),
    kill: () => end("SIGKILL"),
    async stop() {
      const gone = ended();
      send({ type: "stop" });
      // A host that hangs must not keep the sandbox: nothing in it is worth saving.
      const timer = setTimeout(() => child.kill("SIGKILL"), 1000);
      await gone;
      clearTimeout(timer);
    },
  };
}
