/**
 * The local Functions host as a process. Its driver tells it the time; run by hand it lives in real time.
 * Environment: SANDBOX_HOST_BUNDLE (dist/main.mjs), SANDBOX_HOST_STATE (a SQLite file, kept), SANDBOX_HOST_PORT (0: any),
 * SANDBOX_HOST_NAME (where several hosts share the state: its own), SANDBOX_HOST_NOW (ISO 8601: time stands there until the driver says more), SANDBOX_HOST_CONCURRENCY (activities at once),
 * SANDBOX_HOST_PRESERVE_EVENTS (1: continueAsNew keeps unread events), SANDBOX_HOST_EARLY_TIMERS (1: up to a second, as Azure Storage's),
 * SANDBOX_HOST_FROZEN_TIMERS (names of timer functions that never fire: Azure/azure-functions-host issue 11828). All else is the app's settings.
 */
import { resolve } from "node:path";
import { HostClock } from "./clock.ts";
import { type Host, createHost } from "./host.ts";
import { type ToHost, connectParent } from "./ipc.ts";
import { type App, loadApp } from "./load-app.ts";
import type { Log } from "./worker.ts";

const { env } = process;
const parent = connectParent();
const clock = env["SANDBOX_HOST_NOW"] ? new HostClock(Date.parse(env["SANDBOX_HOST_NOW"]), 0) : new HostClock();
// Before anything of the app is loaded: what it takes from `Date` while loading counts too.
clock.shiftDate();

const log: Log = (level, name, message) => parent.tell({ type: "log", level, function: name, message, at: new Date().toISOString() });

let app: App | undefined;
let host: Host | undefined;
let isTimed = !parent.isThere || env["SANDBOX_HOST_NOW"] !== undefined;
let isStarted = false;

/** Time starts when it is known: what is due depends on it. */
function start(): void {
  if (!host || !isTimed) return;
  if (isStarted) host.wake();
  else host.start();
  isStarted = true;
}

async function untilIdle(id: number): Promise<void> {
  const idle = isStarted && host ? await host.untilIdle() : { nextDue: null, begun: 0 };
  parent.tell({ type: "idle", id, ...idle });
}

async function open(stateFile: string, port: number): Promise<void> {
  try {
    app ??= await loadApp(resolve(env["SANDBOX_HOST_BUNDLE"] ?? "dist/main.mjs"), log);
    host = await createHost({ app, stateFile, port, clock, settings: env, log });
    parent.tell({ type: "ready", hostUrl: host.url, functions: host.functions });
    start();
  } catch (error) {
    parent.tell({ type: "failed", error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
    process.disconnect?.();
  }
}

async function receive(message: ToHost): Promise<void> {
  if (message.type === "clock") {
    clock.set(message.now, message.speed);
    isTimed = true;
    start();
  } else if (message.type === "untilIdle") await untilIdle(message.id);
  else if (message.type === "renew") {
    host?.close();
    host = undefined;
    isStarted = false;
    clock.set(message.now, 0);
    await open(message.stateFile, 0);
  } else {
    host?.close();
    process.exit(0);
  }
}

parent.listen((message) => void receive(message));
await open(env["SANDBOX_HOST_STATE"] ?? ":memory:", Number(env["SANDBOX_HOST_PORT"] ?? 0));
