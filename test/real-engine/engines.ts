/** The two engines, so that the same behaviour can be played on both: the local host steps through virtual time, on the real one it goes by. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type HostProcess, type StartOptions, type Status, startHost, stateDirectory } from "../sandbox/host/host-process.ts";

type Check = (status: Status) => boolean;

export type Engine = Omit<HostProcess, "untilIdle" | "clock" | "advanceTo" | "logs" | "events" | "functions"> & {
  /** Lets time pass until that instance is so. */
  until(id: string, check: Check): Promise<Status>;
  /** How many of the app's seconds go by in one of the engine's. */
  speed: number;
  /** Lets the app's time pass. */
  pass(minutes: number): Promise<void>;
};

const MINUTE = 60_000;
/** An hour of the app's is a minute of the engine's. */
const SPEED = 60;
const PATIENCE = 5 * MINUTE;
const POLL = 100;

export async function startLocal(options: StartOptions = {}): Promise<Engine> {
  const host = await startHost({ now: new Date().toISOString(), env: { SANDBOX_HOST_EARLY_TIMERS: "1" }, ...options });
  let now = Date.now();
  const advance = async (to: number): Promise<void> => {
    now = Math.max(now, to);
    await host.advanceTo(new Date(now).toISOString());
  };
  return {
    ...host,
    speed: 1,
    async gated(name) {
      const isThere = host.gated(name).then(() => "there" as const);
      for (;;) {
        // While it is held up, it is never idle.
        const due = await Promise.race([isThere, host.untilIdle()]);
        if (due === "there") return;
        if (due === null) throw new Error(`${name} never comes to its gate`);
        now = due;
        host.clock(now);
      }
    },
    async until(id, check) {
      const giveUp = now + 24 * 60 * MINUTE;
      for (;;) {
        const due = await host.untilIdle();
        const status = await host.status(id);
        if (check(status)) return status;
        if (due === null || due > giveUp) throw new Error(`${id} stays ${JSON.stringify(status)}`);
        await advance(due);
      }
    },
    pass: (minutes) => advance(now + minutes * MINUTE),
  };
}

/** What an engine stands on; several may stand on the same. */
export type Ground = { program: string; storage: string; began: number };

/** Quicker than host.json has it: this waits for what is there to happen, and for what a killed host had taken from a queue to be seen again. */
const STORAGE_PROVIDER = {
  type: "AzureStorage",
  maxQueuePollingInterval: "00:00:00.200",
  partitionCount: 1,
  controlQueueVisibilityTimeout: "00:01:00",
  workItemQueueVisibilityTimeout: "00:00:10",
};

/** What differs from host.json, in a file: it may change while nothing runs. */
export function writeSettings(settings: object = {}, file = join(stateDirectory(), "settings.json")): string {
  writeFileSync(file, JSON.stringify({ storageProvider: STORAGE_PROVIDER, ...settings }));
  return file;
}

export const REAL_HOST = fileURLToPath(new URL("host.ts", import.meta.url));

export async function startReal({ program, storage, began }: Ground, options: StartOptions & { settings?: object } = {}): Promise<Engine> {
  const { settings, env, ...rest } = options;
  const host = await startHost({
    ...rest,
    entry: REAL_HOST,
    env: {
      HOME: process.env["HOME"] ?? "",
      REAL_ENGINE: program,
      REAL_ENGINE_STORAGE: storage,
      REAL_ENGINE_SETTINGS: writeSettings(settings),
      REAL_ENGINE_ANCHOR: JSON.stringify({ engine: began, app: began, speed: SPEED }),
      ...env,
    },
  });
  return {
    ...host,
    speed: SPEED,
    async until(id, check) {
      for (const giveUp = Date.now() + PATIENCE; ; await sleep(POLL)) {
        const status = await host.status(id);
        if (check(status)) return status;
        if (Date.now() > giveUp) throw new Error(`${id} stays ${JSON.stringify(status)}`);
      }
    },
    pass: (minutes) => sleep((minutes * MINUTE) / SPEED),
  };
}
