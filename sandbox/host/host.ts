/** The local Functions host, put together: an app, its functions, the durable engine, timers and the HTTP server. */
import type { HostClock } from "./clock.ts";
import { clientData } from "./durable/client-binding.ts";
import { Engine } from "./durable/engine.ts";
import { ManagementApi } from "./durable/management-api.ts";
import { Store } from "./durable/store.ts";
import { EventGridWebhook } from "./event-grid.ts";
import { createInvoke } from "./functions.ts";
import { HttpTriggers } from "./http-trigger.ts";
import { InFlight } from "./in-flight.ts";
import type { App } from "./load-app.ts";
import type { TriggerType } from "./registry.ts";
import { startServer } from "./server.ts";
import { Timers } from "./timers.ts";
import type { Log } from "./worker.ts";

export type HostOptions = {
  app: App;
  stateFile: string;
  port: number;
  clock: HostClock;
  log: Log;
  settings: Record<string, string | undefined>;
};

export type Host = {
  url: string;
  functions: { name: string; type: string }[];
  /** From here on time counts: work left by the last process goes on, and timers fire. */
  start(): void;
  /** Fires what is due and waits until nothing is in flight or ready. */
  untilIdle(): Promise<Idle>;
  /** Fires what is due, and comes back for what is due next, as far as the clock runs. */
  wake(): void;
  close(): void;
};

/** nextDue: when something is. begun: how much was begun so far; the same as before means that nothing happened since. */
export type Idle = { nextDue: number | null; begun: number };

/** Longer waits overflow a timer of Node. */
const longestWait = 2 ** 31 - 1;
const lookAgain = 10;

export async function createHost({ app, stateFile, port, clock, log, settings }: HostOptions): Promise<Host> {
  const { registry, worker, hostJson } = app;
  const store = new Store(stateFile);
  const inFlight = new InFlight(() => setAlarm());
  const now = (): number => clock.now();
  const hostName = settings["SANDBOX_HOST_NAME"];
  const byType = (type: TriggerType) => [...registry.functions.values()].filter((fn) => fn.type === type);
  const hostUrl = (): string => server.url;
  const invoke = createInvoke(worker, () => clientData(hostUrl(), hostJson.hubName), log);
  const engine = new Engine({
    store,
    worker,
    registry,
    hostJson,
    inFlight,
    now,
    log,
    maxConcurrentActivities: Number(settings["SANDBOX_HOST_CONCURRENCY"] ?? hostJson.maxConcurrentActivities),
    firesEarly: settings["SANDBOX_HOST_EARLY_TIMERS"] === "1",
    preserveUnprocessedEvents: settings["SANDBOX_HOST_PRESERVE_EVENTS"] === "1",
    hostName,
  });
  const timers = new Timers(byType("timerTrigger"), { store, invoke, inFlight, now, settings, hostName });
  const server = await startServer(port, {
    registry,
    http: new HttpTriggers(byType("httpTrigger"), hostJson.routePrefix, invoke),
    eventGrid: new EventGridWebhook(byType("eventGridTrigger"), invoke),
    timers,
    management: new ManagementApi({ engine, store, hostJson, hostUrl, now }),
    inFlight,
    log,
  });

  const nextDue = (): number | undefined => {
    const times = [engine.nextDue(), timers.nextDue()].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  };
  const fireDue = (): void => {
    engine.fireDue();
    timers.fireDue();
  };
  let alarm: NodeJS.Timeout | undefined;
  /** While time runs: for what is due next, and soon again while things run, as they may bring up earlier timers. */
  const setAlarm = (): void => {
    clearTimeout(alarm);
    const due = nextDue();
    const wait = due === undefined ? undefined : clock.until(due);
    if (wait !== undefined) alarm = setTimeout(wake, Math.min(wait, inFlight.isIdle ? longestWait : lookAgain));
  };
  const wake = (): void => {
    fireDue();
    setAlarm();
  };
  return {
    url: server.url,
    functions: [...registry.functions.values()].map(({ name, type }) => ({ name, type })),
    start() {
      engine.start();
      timers.start();
      wake();
    },
    async untilIdle() {
      for (;;) {
        fireDue();
        await inFlight.idle();
        const due = nextDue();
        if (due === undefined || due > now()) return { nextDue: due ?? null, begun: inFlight.begun };
      }
    },
    wake,
    close() {
      clearTimeout(alarm);
      server.close();
      store.close();
    },
  };
}
