import * as df from "durable-functions";
import type { OrchestrationContext, OrchestrationHandler } from "durable-functions";
import { expect, test } from "vitest";
import { replay } from "./replay.ts";

const greet = { greet: (name: string) => `hello ${name}` };

test("calls activities and returns their answers", async () => {
  const ended = await replay(
    function* (context) {
      const first: string = yield context.df.callActivity("greet", "Ada");
      const second: string = yield context.df.callActivity("greet", "Bob");
      return [first, second];
    },
    undefined,
    { activities: greet },
  );
  expect(ended).toMatchObject({ kind: "completed", output: ["hello Ada", "hello Bob"], turns: 3 });
  expect(ended.trace.map((entry) => entry.kind)).toEqual(["activity", "activity"]);
});

test("gives objects, strings and numbers to an activity as it would get them", async () => {
  const seen: unknown[] = [];
  const note = { note: (input: unknown) => void seen.push(input) };
  const handler: OrchestrationHandler = function* (context) {
    for (const input of [{ a: 1 }, "text", "123", undefined]) yield context.df.callActivity("note", input);
  };
  await replay(handler, null, { activities: note });
  expect(seen).toEqual([{ a: 1 }, "text", "123", undefined]);
});

test("jumps over timers in virtual time", async () => {
  const ended = await replay(
    function* (context) {
      yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 3_600_000));
      return context.df.currentUtcDateTime.toISOString();
    },
    null,
    { now: "2026-03-01T00:00:00.000Z" },
  );
  expect(ended).toMatchObject({ kind: "completed", output: "2026-03-01T01:00:00.000Z", now: "2026-03-01T01:00:00.000Z" });
});

test("chains timers beyond six days", async () => {
  const ended = await replay(
    function* (context) {
      yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 10 * 86_400_000));
      return context.df.currentUtcDateTime.toISOString();
    },
    null,
    { now: "2026-03-01T00:00:00.000Z" },
  );
  expect(ended).toMatchObject({ kind: "completed", output: "2026-03-11T00:00:00.000Z" });
  expect(ended.trace.map((entry) => entry.kind === "timer" && entry.fireAt)).toEqual([
    "2026-03-04T00:00:00.000Z",
    "2026-03-07T00:00:00.000Z",
    "2026-03-10T00:00:00.000Z",
    "2026-03-11T00:00:00.000Z",
  ]);
});

function* waitOrTimeOut(context: OrchestrationContext): Generator<df.Task, unknown, never> {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
  const signal = context.df.waitForExternalEvent("signal");
  const winner: df.Task = yield context.df.Task.any([timer, signal]);
  if (winner === timer) return "timed out";
  timer.cancel();
  return signal.result;
}

test("raises events at their time, and lets the losing waiter and the cancelled timer be", async () => {
  expect(await replay(waitOrTimeOut, null, { events: [{ at: 5_000, name: "signal", input: { who: "me" } }] })).toMatchObject({
    kind: "completed",
    output: { who: "me" },
  });
  expect(await replay(waitOrTimeOut, null, { events: [] })).toMatchObject({ kind: "completed", output: "timed out" });
});

test("answers a new generation with its input", async () => {
  const rounds: OrchestrationHandler = function* (context) {
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 1000));
    context.df.continueAsNew({ round: context.df.getInput<{ round: number }>().round + 1 });
  };
  const ended = await replay(rounds, { round: 1 });
  expect(ended).toMatchObject({ kind: "continuedAsNew", input: { round: 2 } });
});

test("retries a failing activity after its interval and hands over the last error", async () => {
  let calls = 0;
  const options = new df.RetryOptions(10_000, 3);
  options.backoffCoefficient = 2;
  const flaky = {
    flaky() {
      calls += 1;
      throw new Error("boom");
    },
  };
  const ended = await replay(
    function* (context) {
      yield context.df.callActivityWithRetry("flaky", options, {});
    },
    null,
    { activities: flaky, now: "2026-01-01T00:00:00.000Z" },
  );
  expect(calls).toBe(3);
  expect(ended.kind).toBe("failed");
  expect(ended.kind === "failed" && ended.error).toMatch(/^Activity function 'flaky' failed:  boom/);
  const timers = ended.trace.flatMap((entry) => (entry.kind === "timer" ? [entry.fireAt] : []));
  // 1 s per attempt; 10 s, then 20 s between them; then the one that fires at once.
  expect(timers).toEqual(["2026-01-01T00:00:11.000Z", "2026-01-01T00:00:32.000Z", "2026-01-01T00:00:33.000Z"]);
});

test("catches randomness and the clock in an orchestrator", async () => {
  const dice: OrchestrationHandler = function* (context) {
    yield context.df.callActivity("greet", Math.random() < 0.5 ? "Ada" : "Bob");
    yield context.df.callActivity("greet", "Eve");
  };
  await expect(replay(dice, null, { activities: greet })).rejects.toThrow(/Non-Deterministic workflow detected/);
  const clock: OrchestrationHandler = function* (context) {
    yield context.df.createTimer(new Date(Date.now() + 86_400_000));
    yield context.df.callActivity("greet", "Eve");
  };
  await expect(replay(clock, null, { activities: greet })).rejects.toThrow(/Non-Deterministic workflow detected/);
});

test("refuses tasks that are made and never awaited", async () => {
  await expect(
    replay(
      function* (context) {
        context.df.callActivity("greet", "lost");
        yield context.df.callActivity("greet", "found");
      },
      null,
      { activities: greet },
    ),
  ).rejects.toThrow("never awaited: callActivity greet");
});

test("refuses to return while a timer is neither awaited nor cancelled", async () => {
  const leak: OrchestrationHandler = function* (context) {
    const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
    yield context.df.Task.any([timer, context.df.callActivity("greet", "quick")]);
    return "done";
  };
  await expect(replay(leak, null, { activities: greet })).rejects.toThrow(/still runs a timer until .* \(neither awaited nor cancelled\)/);
});

test("says so when an orchestration waits for ever", async () => {
  const handler: OrchestrationHandler = function* (context) {
    yield context.df.waitForExternalEvent("never");
  };
  await expect(replay(handler, null)).rejects.toThrow("waits for ever for the event never");
});

test("fails where the orchestrator throws", async () => {
  const ended = await replay(function* (context) {
    yield context.df.createTimer(context.df.currentUtcDateTime);
    throw new Error("out of ideas");
  }, null);
  expect(ended).toMatchObject({ kind: "failed", error: "out of ideas" });
});
