/** Starts the local host as the driver does, with a fixture app, and steps its time. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { FromHost } from "../../../sandbox/host/ipc.ts";
import { compileCacheEnv } from "../../../sandbox/running/compile-cache.ts";

const localHost = fileURLToPath(new URL("../../../sandbox/host/main.ts", import.meta.url));

export type Log = Extract<FromHost, { type: "log" }>;
export type Status = {
  runtimeStatus: string;
  output: unknown;
  customStatus: unknown;
  input: unknown;
  createdTime: string;
  lastUpdatedTime: string;
  historyEvents?: { EventType: string; Timestamp: string }[];
};

export type HostProcess = {
  url: string;
  functions: { name: string; type: string }[];
  logs: Log[];
  /** Messages of a function that are JSON. */
  events(name: string): Record<string, unknown>[];
  notes(): string[];
  /** Once the activity `gated` of that name has started. */
  gated(name: string): Promise<void>;
  /** Lets it end. */
  openGate(name: string): void;
  untilIdle(): Promise<number | null>;
  clock(now: string | number, speed?: number): void;
  /** Steps through all that is due on the way, as the driver does. */
  advanceTo(time: string): Promise<void>;
  start(orchestration: string, id: string, input?: unknown): Promise<Response>;
  raise(id: string, event: string, data?: unknown): Promise<number>;
  status(id: string, query?: string): Promise<Status>;
  client(operation: string, ...args: unknown[]): Promise<Record<string, unknown>>;
  kill(): Promise<void>;
  stop(): Promise<void>;
};

const begin = "2026-03-01T00:00:00.000Z";

/** entry: of a host that speaks as the local one does. */
export type StartOptions = { entry?: string; app?: string; env?: Record<string, string>; now?: string; directory?: string };

const directories: string[] = [];

export function stateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "host-test-"));
  directories.push(directory);
  return directory;
}

export function removeStateDirectories(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

export async function startHost({
  entry = localHost,
  app = "everything",
  env = {},
  now = begin,
  directory = stateDirectory(),
}: StartOptions = {}): Promise<HostProcess> {
  const notesFile = join(directory, "notes");
  const notes = (): string[] => (existsSync(notesFile) ? readFileSync(notesFile, "utf8").trim().split("\n") : []);
  const child = fork(entry, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: ["--disable-warning=ExperimentalWarning"],
    env: {
      PATH: process.env["PATH"] ?? "",
      SANDBOX_HOST_BUNDLE: fileURLToPath(new URL(`apps/${app}.mjs`, import.meta.url)),
      SANDBOX_HOST_STATE: join(directory, "state.sqlite"),
      SANDBOX_HOST_NOW: now,
      FIXTURE_NOTES: notesFile,
      TICK_SCHEDULE: "0 0 */6 * * *",
      NO_PROXY: "127.0.0.1",
      ...compileCacheEnv(),
      ...env,
    },
  });
  const logs: Log[] = [];
  const idle = new Map<number, (due: number | null) => void>();
  const ready = Promise.withResolvers<Extract<FromHost, { type: "ready" }>>();
  child.on("message", (message: FromHost) => {
    if (message.type === "ready") ready.resolve(message);
    else if (message.type === "failed") ready.reject(new Error(message.error));
    else if (message.type === "idle") idle.get(message.id)?.(message.nextDue);
    else logs.push(message);
  });
  child.once("exit", () => ready.reject(new Error("the host ended")));
  const { hostUrl: url, functions } = await ready.promise;
  let asked = 0;
  let time = Date.parse(now);

  const untilIdle = (): Promise<number | null> =>
    new Promise((resolve) => {
      asked += 1;
      idle.set(asked, resolve);
      child.send({ type: "untilIdle", id: asked });
    });
  const clock = (to: string | number, speed = 0): void => {
    time = typeof to === "number" ? to : Date.parse(to);
    child.send({ type: "clock", now: time, speed });
  };
  const post = async (path: string, body?: unknown): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const end = async (signal: NodeJS.Signals | "message"): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    if (signal === "message") child.send({ type: "stop" });
    else child.kill(signal);
    await exit;
  };

  return {
    url,
    functions,
    logs,
    events: (name) => logs.filter((log) => log.function === name && log.message.startsWith("{")).map((log) => JSON.parse(log.message)),
    notes,
    async gated(name) {
      while (!notes().includes(`gated started ${name}`)) await sleep(5);
    },
    openGate: (name) => writeFileSync(`${notesFile}.open-${name}`, ""),
    untilIdle,
    clock,
    async advanceTo(to) {
      const until = Date.parse(to);
      for (;;) {
        const due = await untilIdle();
        if (time >= until) return;
        clock(Math.min(until, due ?? until));
      }
    },
    start: (orchestration, id, input) => post(`/api/start/${orchestration}/${id}`, input),
    async raise(id, event, data) {
      return (await post(`/runtime/webhooks/durabletask/instances/${id}/raiseEvent/${event}`, data ?? null)).status;
    },
    async status(id, query = "") {
      const response = await fetch(`${url}/runtime/webhooks/durabletask/instances/${id}?${query}`);
      if (response.status === 404) throw new Error(`no instance ${id}`);
      const status: Status = JSON.parse(await response.text());
      return status;
    },
    async client(operation, ...args) {
      const result: Record<string, unknown> = JSON.parse(await (await post(`/api/client/${operation}`, args)).text());
      return result;
    },
    kill: () => end("SIGKILL"),
    stop: () => end("message"),
  };
}
