// An app with one function for each thing that the local host plays.
import { appendFileSync, existsSync } from "node:fs";
import { app } from "@azure/functions";
import * as df from "durable-functions";

const minutes = (context, n) => new Date(context.df.currentUtcDateTime.getTime() + n * 60_000);
/** What is done for good survives the process, in a file. */
const note = (line) => process.env.FIXTURE_NOTES && appendFileSync(process.env.FIXTURE_NOTES, `${line}\n`);

app.http("echo", {
  methods: ["POST", "GET"],
  route: "echo/{id}",
  handler: async (request, context) => ({
    status: 201,
    headers: { "x-echo": request.headers.get("x-in") ?? "", "content-type": "application/json" },
    body: JSON.stringify({
      method: request.method,
      url: request.url,
      id: request.params.id,
      query: Object.fromEntries(request.query),
      body: await request.text(),
      function: context.functionName,
      triggerMetadata: context.triggerMetadata ?? "absent",
    }),
  }),
});
app.http("literal", { methods: ["GET"], route: "echo/new", handler: () => ({ jsonBody: { literal: true } }) });
app.http("rest", { methods: ["GET"], route: "rest/{*path}", handler: (request) => ({ body: request.params.path ?? "none" }) });
app.http("optional", { methods: ["GET"], route: "optional/{id:int?}", handler: (request) => ({ body: request.params.id ?? "none" }) });
app.http("nothing", { methods: ["GET"], handler: () => undefined });
app.http("bytes", { methods: ["POST"], handler: async (request) => ({ body: Buffer.from(await request.arrayBuffer()) }) });
app.http("throws", {
  methods: ["GET"],
  handler: () => {
    throw new Error("secret detail");
  },
});
app.http("now", { methods: ["GET"], handler: () => ({ jsonBody: { now: Date.now(), date: new Date().toISOString(), loaded } }) });
const loaded = new Date().toISOString();

app.timer("tick", {
  schedule: "%TICK_SCHEDULE%",
  handler: (timer, context) => context.info(JSON.stringify({ event: "tick", timer })),
});
app.eventGrid("onEvent", {
  handler: (event, context) => {
    if (event.data?.fail) throw new Error("cannot");
    context.info(JSON.stringify({ event: "onEvent", got: event, metadata: context.triggerMetadata }));
  },
});

app.http("start", {
  methods: ["POST"],
  route: "start/{name}/{id}",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const text = await request.text();
    try {
      const id = await client.startNew(request.params.name, {
        instanceId: request.params.id,
        ...(text ? { input: JSON.parse(text) } : {}),
      });
      return client.createCheckStatusResponse(request, id);
    } catch (error) {
      return { status: 409, body: error.message };
    }
  },
});
app.http("client", {
  methods: ["POST"],
  route: "client/{operation}",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const args = (await request.json()).map((arg) => (typeof arg === "object" && arg?.createdTimeFrom ? dates(arg) : arg));
    try {
      return { jsonBody: { result: (await client[request.params.operation](...args)) ?? null } };
    } catch (error) {
      return { status: 500, jsonBody: { error: error.message } };
    }
  },
});
const dates = (filter) => ({ ...filter, createdTimeFrom: new Date(filter.createdTimeFrom) });

const flakyCalls = new Map();
df.app.activity("greet", { handler: (name) => `hello ${name}` });
df.app.activity("typeOf", { handler: (input) => ({ type: typeof input, input: input ?? null }) });
df.app.activity("slow", {
  handler: async (input) => {
    note(`slow started ${input.name}`);
    await new Promise((resolve) => setTimeout(resolve, input.ms));
    note(`slow ended ${input.name}`);
    return input.name;
  },
});
// Runs until the test opens its gate.
df.app.activity("gated", {
  handler: async (input) => {
    note(`gated started ${input.name}`);
    while (!existsSync(`${process.env.FIXTURE_NOTES}.open-${input.name}`)) await new Promise((resolve) => setTimeout(resolve, 5));
  },
});
df.app.activity("flaky", {
  handler: (input) => {
    const calls = (flakyCalls.get(input.id) ?? 0) + 1;
    flakyCalls.set(input.id, calls);
    if (calls <= input.failures) throw new Error(`flaky ${calls}`);
    return calls;
  },
});
df.app.activity("boom", {
  handler: () => {
    throw new Error("boom");
  },
});

df.app.orchestration("hello", function* (context) {
  const one = yield context.df.callActivity("greet", "Ada");
  const two = yield context.df.callActivity("greet", context.df.getInput()?.name ?? "nobody");
  return [one, two];
});
df.app.orchestration("inputs", function* (context) {
  const seen = [];
  for (const input of [{ a: [1] }, "text", "123", 5, null]) seen.push(yield context.df.callActivity("typeOf", input));
  return seen;
});
df.app.orchestration("parallel", function* (context) {
  return yield context.df.Task.all(["a", "b", "c"].map((name) => context.df.callActivity("slow", { name, ms: 5 })));
});
df.app.orchestration("sleeper", function* (context) {
  const from = context.df.currentUtcDateTime.toISOString();
  yield context.df.createTimer(minutes(context, context.df.getInput().minutes));
  return { from, to: context.df.currentUtcDateTime.toISOString() };
});
df.app.orchestration("waiter", function* (context) {
  const timer = context.df.createTimer(minutes(context, 60));
  const signal = context.df.waitForExternalEvent("signal");
  const winner = yield context.df.Task.any([signal, timer]);
  if (winner === timer) return "timed out";
  timer.cancel();
  return signal.result ?? null;
});
df.app.orchestration("listens", function* (context) {
  return yield context.df.waitForExternalEvent("signal");
});
df.app.orchestration("counts", function* (context) {
  for (let heard = 1; heard <= 3; heard++) {
    const said = yield context.df.waitForExternalEvent("signal");
    context.df.setCustomStatus(`${heard}: ${said}`);
  }
  return "done";
});
df.app.orchestration("leavesTimerOpen", function* (context) {
  const timer = context.df.createTimer(minutes(context, context.df.getInput().minutes));
  const signal = context.df.waitForExternalEvent("signal");
  yield context.df.Task.any([signal, timer]);
  context.df.setCustomStatus("heard");
  return "done";
});
df.app.orchestration("retries", function* (context) {
  const options = new df.RetryOptions(60_000, 3);
  return yield context.df.callActivityWithRetry("flaky", options, context.df.getInput());
});
df.app.orchestration("fails", function* (context) {
  yield context.df.callActivity("boom", {});
});
df.app.orchestration("catches", function* (context) {
  try {
    yield context.df.callActivity("boom", {});
  } catch (error) {
    return error.message;
  }
});
df.app.orchestration("parent", function* (context) {
  const children = context.df
    .getInput()
    .map((name, i) => context.df.callSubOrchestrator("child", { name }, `${context.df.instanceId}-${i}`));
  try {
    return yield context.df.Task.all(children);
  } catch (error) {
    return `child failed: ${error.message}`;
  }
});
df.app.orchestration("child", function* (context) {
  const { name } = context.df.getInput();
  if (name === "bad") throw new Error("bad child");
  return { said: yield context.df.callActivity("greet", name), parent: context.df.parentInstanceId, version: context.df.version };
});
df.app.orchestration("rounds", function* (context) {
  const { round, until, wait = 1 } = context.df.getInput();
  yield context.df.callActivity("greet", `round ${round}`);
  context.df.setCustomStatus({ round });
  if (round < until) {
    yield context.df.createTimer(minutes(context, wait));
    context.df.continueAsNew({ ...context.df.getInput(), round: round + 1 });
    return undefined;
  }
  return `after ${round}`;
});
// oxlint-disable-next-line eslint/require-yield
df.app.orchestration("spins", function* (context) {
  context.df.continueAsNew({});
});
df.app.orchestration("dice", function* (context) {
  yield context.df.callActivity("greet", `throw ${Math.random()}`);
  yield context.df.callActivity("greet", "again");
});
df.app.orchestration("clockReader", function* (context) {
  yield context.df.createTimer(new Date(Date.now() + 60_000));
  return "never";
});
df.app.orchestration("unknownActivity", function* (context) {
  yield context.df.callActivity("nobody", {});
});
df.app.orchestration("http", function* (context) {
  yield context.df.callHttp({ method: "GET", url: "https://example.org" });
});

df.app.orchestration("gatedOnce", function* (context) {
  yield context.df.callActivity("gated", { name: context.df.instanceId });
  return { greeted: yield context.df.callActivity("greet", "Ada"), version: context.df.version };
});

// The traps of external events.
df.app.orchestration("earlyEvent", function* (context) {
  yield context.df.callActivity("gated", { name: context.df.instanceId });
  return yield context.df.waitForExternalEvent("signal");
});
df.app.orchestration("forgottenWaiter", function* (context) {
  // Round one: the timer wins, the waiter stays.
  const first = context.df.createTimer(minutes(context, 1));
  yield context.df.Task.any([first, context.df.waitForExternalEvent("signal")]);
  yield context.df.callActivity("gated", { name: context.df.instanceId });
  const second = context.df.createTimer(minutes(context, 1));
  const waiter = context.df.waitForExternalEvent("signal");
  const winner = yield context.df.Task.any([second, waiter]);
  if (winner === waiter) second.cancel();
  return winner === waiter ? "heard" : "lost";
});
df.app.orchestration("completedInAny", function* (context) {
  const signal = context.df.waitForExternalEvent("signal");
  yield signal;
  // Completed before it is put in: only the timer ends this.
  const timer = context.df.createTimer(minutes(context, 5));
  yield context.df.Task.any([signal, timer]);
  return context.df.currentUtcDateTime.toISOString();
});
df.app.orchestration("lastInFirstOut", function* (context) {
  const waiters = [1, 2, 3].map(() => context.df.waitForExternalEvent("signal"));
  const all = context.df.Task.all(waiters);
  return yield all;
});
df.app.orchestration("newGenerationAfterEvent", function* (context) {
  const input = context.df.getInput();
  if (input.generation === 2) {
    const timer = context.df.createTimer(minutes(context, 1));
    const late = context.df.waitForExternalEvent("late");
    const winner = yield context.df.Task.any([late, timer]);
    if (winner === late) timer.cancel();
    return winner === late ? "kept" : "lost";
  }
  yield context.df.callActivity("gated", { name: context.df.instanceId });
  context.df.continueAsNew({ generation: 2 });
  return undefined;
});

// A loop like that of a repair: one wait a generation, woken or not, and what it has heard is handed on.
df.app.orchestration("loop", function* (context) {
  const { heard, until, looks, wait = 10 } = context.df.getInput();
  if (looks) yield context.df.callActivity("gated", { name: context.df.instanceId });
  context.df.setCustomStatus(`heard ${heard.length}`);
  const timer = context.df.createTimer(minutes(context, wait));
  const signal = context.df.waitForExternalEvent("signal");
  const winner = yield context.df.Task.any([timer, signal]);
  if (winner === signal) timer.cancel();
  const now = winner === signal ? [...heard, signal.result] : heard;
  if (winner === timer || now.length === until) return now;
  context.df.continueAsNew({ heard: now, until, looks, wait });
  return undefined;
});
// oxlint-disable-next-line eslint/require-yield
df.app.orchestration("asks", function* (context) {
  return { input: context.df.getInput() ?? null, version: context.df.version ?? null, parent: context.df.parentInstanceId ?? null };
});
