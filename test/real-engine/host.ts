/**
 * A Functions host whose durable engine is the real extension: its process runs beside this one, which holds the app, and calls back
 * for each invocation. To whoever starts it, it is the local host: the same messages, the same addresses. If this process dies, so does the engine's.
 * Environment: as sandbox/host/main.ts has it, and REAL_ENGINE (the program), REAL_ENGINE_STORAGE (a connection string),
 * REAL_ENGINE_SETTINGS (a JSON file: what differs from host.json), REAL_ENGINE_ANCHOR (JSON: how the app's time runs; else it is told),
 * REAL_ENGINE_RECORD (a file: histories are added to it).
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { type OrchestratorState, stateOfFailure } from "../../sandbox/host/durable/actions.ts";
import { type Recorded, shapeOf, wayOf } from "../support/recorded-history.ts";
import { rpcPath } from "../../sandbox/host/durable/client-binding.ts";
import { Store } from "../../sandbox/host/durable/store.ts";
import { HostClock } from "../../sandbox/host/clock.ts";
import { EventGridWebhook } from "../../sandbox/host/event-grid.ts";
import { createInvoke } from "../../sandbox/host/functions.ts";
import { HttpTriggers } from "../../sandbox/host/http-trigger.ts";
import type { HostRequest, HostResponse } from "../../sandbox/host/http-types.ts";
import { hostJsonOf } from "../../sandbox/host/host-json.ts";
import { InFlight } from "../../sandbox/host/in-flight.ts";
import { type FromHost, type ToHost, connectParent } from "../../sandbox/host/ipc.ts";
import { loadApp } from "../../sandbox/host/load-app.ts";
import type { RegisteredFunction, TriggerType } from "../../sandbox/host/registry.ts";
import { fromTypedData } from "../../sandbox/host/rpc.ts";
import { startServer } from "../../sandbox/host/server.ts";
import { Timers } from "../../sandbox/host/timers.ts";
import type { Log } from "../../sandbox/host/worker.ts";
import { type Anchor, TimeScale } from "./time-scale.ts";

const { env } = process;
/** How often schedules are looked at, ms of the wall. */
const TICK = 100;
const wallClock = Date.now;
const parent = connectParent();
const clock = new HostClock();
clock.shiftDate();

const told = Promise.withResolvers<Anchor>();
if (env["REAL_ENGINE_ANCHOR"]) told.resolve(JSON.parse(env["REAL_ENGINE_ANCHOR"]));
parent.listen((message: ToHost) => {
  if (message.type === "clock" && message.speed > 0) told.resolve({ engine: wallClock(), app: message.now, speed: message.speed });
  else if (message.type === "untilIdle") parent.tell({ type: "idle", id: message.id, nextDue: null, begun: 0 });
  else if (message.type === "stop") engine.stdin.write("stop\n");
});

const log: Log = (level, name, message) => parent.tell({ type: "log", level, function: name, message, at: new Date().toISOString() });
const bundle = resolve(env["SANDBOX_HOST_BUNDLE"] ?? "dist/main.mjs");
const { registry, worker, hostJson } = await loadApp(bundle, log);
const byType = (...types: TriggerType[]) => [...registry.functions.values()].filter((fn) => types.includes(fn.type));

/** Nothing is invoked before it is known. */
const scale = told.promise.then((anchor) => {
  clock.set(anchor.app + (wallClock() - anchor.engine) * anchor.speed, anchor.speed);
  return new TimeScale(anchor);
});
let clientData: { rpcBaseUrl: string } & Record<string, unknown>;

/** What an orchestrator was given and asked for, at its end: once for each way in which it went. */
function record(trigger: string, state: OrchestratorState): void {
  const file = env["REAL_ENGINE_RECORD"];
  if (!file || !state.isDone) return;
  const line: Recorded = { trigger: JSON.parse(trigger), shape: shapeOf(state) };
  const known = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  if (!known.some((other) => wayOf(JSON.parse(other)) === wayOf(line))) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

async function invoke(fn: RegisteredFunction, text: string): Promise<object> {
  const time = await scale;
  const isOrchestration = fn.type === "orchestrationTrigger";
  const input = isOrchestration ? JSON.stringify(time.told(JSON.parse(text))) : text;
  try {
    const data = text === "" ? {} : { string: input };
    const answer = fromTypedData(await worker.invoke(fn, { inputs: [{ name: fn.trigger.name, data }] }));
    if (!isOrchestration) return { value: answer ?? null };
    const state: OrchestratorState = JSON.parse(JSON.stringify(answer));
    record(input, state);
    return { value: time.asked(state) };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const state = stateOfFailure(error);
    const [said] = error.message.split("\n\n$OutOfProcData$:");
    const message = state ? `${said}\n\n$OutOfProcData$:${JSON.stringify(time.asked(state))}` : error.message;
    log("error", fn.name, error.stack ?? error.message);
    return { error: { message, stack: error.stack } };
  }
}

const invocations = createServer((request, response) => {
  const answer = async (): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    response.end(JSON.stringify(await invoke(registry.functions.get(request.url!.slice(1))!, Buffer.concat(chunks).toString())));
  };
  answer().catch((error: Error) => response.destroy(error));
});
await new Promise<void>((up) => invocations.listen(0, "127.0.0.1", up));
const address = invocations.address();
if (address === null || typeof address === "string") throw new Error("no port");

/** The extension's own HTTP interface, as the local host has it at the same address. */
async function manage({ method, url, headers, body }: HostRequest, segments: readonly string[]): Promise<HostResponse> {
  const time = await scale;
  const query = new URLSearchParams(url.search);
  for (const name of ["createdTimeFrom", "createdTimeTo"]) if (query.has(name)) query.set(name, time.toEngine(query.get(name)!));
  const target = `${clientData.rpcBaseUrl}${segments.map(encodeURIComponent).join("/")}?${query.toString()}`;
  const passed = Object.entries(headers).filter(([name]) => name === "content-type" || name.startsWith("x-ms-"));
  const answer = await fetch(target, {
    method,
    headers: Object.fromEntries(passed),
    ...(method === "GET" ? {} : { body: Uint8Array.from(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json") === true;
  const kept = [...answer.headers].filter(([name]) => !["content-length", "transfer-encoding"].includes(name));
  return { status: answer.status, headers: Object.fromEntries(kept), body: isJson ? JSON.stringify(time.told(JSON.parse(text))) : text };
}

const invokeOther = createInvoke(worker, () => JSON.stringify({ ...clientData, rpcBaseUrl: `${server.url}${rpcPath}/` }), log);
const inFlight = new InFlight(() => {});
const timers = new Timers(byType("timerTrigger"), {
  store: new Store(":memory:"),
  invoke: invokeOther,
  inFlight,
  now: () => clock.now(),
  settings: env,
});
const server = await startServer(Number(env["SANDBOX_HOST_PORT"] ?? 0), {
  registry,
  http: new HttpTriggers(byType("httpTrigger"), hostJson.routePrefix, invokeOther),
  eventGrid: new EventGridWebhook(byType("eventGridTrigger"), invokeOther),
  timers,
  management: { handle: manage },
  inFlight,
  log,
});

function flat(value: unknown, path: string): [string, string][] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, `${path}:${name}`));
}

const engine = spawn("dotnet", [env["REAL_ENGINE"]!], { stdio: ["pipe", "pipe", "pipe"] });
let complaint = "";
engine.once("exit", (code) => {
  parent.tell({ type: "failed", error: `the engine ended (${code}) ${complaint}` } satisfies FromHost);
  process.exit(code ?? 1);
});
createInterface({ input: engine.stderr }).on("line", (line) => {
  complaint ||= line;
  log("information", "", line);
});
const written = hostJsonOf(bundle).extensions?.durableTask ?? {};
const changed: Record<string, unknown> = JSON.parse(readFileSync(env["REAL_ENGINE_SETTINGS"]!, "utf8"));
engine.stdin.write(
  `${JSON.stringify({
    worker: `http://127.0.0.1:${address.port}/`,
    webhooks: `${server.url}/`,
    configuration: {
      AzureWebJobsStorage: env["REAL_ENGINE_STORAGE"],
      FUNCTIONS_WORKER_RUNTIME: "node",
      ...Object.fromEntries(flat({ ...written, ...changed }, "AzureWebJobs:Extensions:DurableTask")),
    },
    functions: byType("orchestrationTrigger", "activityTrigger").map(({ name, type }) => ({ name, kind: type })),
  })}\n`,
);
async function runTimers(): Promise<void> {
  await scale;
  timers.start();
  setInterval(() => timers.fireDue(), TICK);
}
void runTimers();
for await (const line of createInterface({ input: engine.stdout })) {
  if (!line.startsWith("{")) log("information", "", line);
  else {
    clientData = JSON.parse(line);
    parent.tell({
      type: "ready",
      hostUrl: server.url,
      functions: [...registry.functions.values()].map(({ name, type }) => ({ name, type })),
    });
  }
}
