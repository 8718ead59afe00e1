/**
 * Runs an orchestrator through durable-functions' own executor by growing its history one event at a time. Every turn replays
 * from the start in a changed world (Math.random, Date) and must ask for what was recorded; time is virtual and jumps.
 */
import {
  DummyOrchestrationContext,
  type DurableOrchestrationContext,
  type OrchestrationContext,
  type OrchestrationHandler,
} from "durable-functions";
import { createOrchestrator } from "durable-functions/lib/src/util/testingUtils.js";
import { type OrchestratorState, stateOfFailure } from "../../sandbox/host/durable/actions.ts";
import type { Decision, Episode } from "../../sandbox/host/durable/decisions.ts";
import { activityFailure } from "../../sandbox/host/durable/failure.ts";
import { type HistoryEvent, historyEvent, toJson } from "../../sandbox/host/durable/history.ts";
import { interpret } from "../../sandbox/host/durable/interpret.ts";
import { checkPast, fingerprint } from "../../sandbox/host/durable/replay-check.ts";
import { inAnotherWorld } from "../../sandbox/host/durable/another-world.ts";

/** Answers or throws as the activity would. `now` is the virtual time at which it ends. */
export type FakeActivity = (input: any, now: Date) => unknown; // oxlint-disable-line typescript/no-explicit-any

export type ReplayOptions = {
  activities?: Record<string, FakeActivity>;
  subOrchestrations?: Record<string, FakeActivity>;
  /** External events; `at` is a time, or milliseconds after the start. */
  events?: { at: string | number; name: string; input?: unknown }[];
  now?: string;
  /** Timers fire so many ms before their time, though not before they are set. */
  earlyBy?: number;
  /** How long an activity takes, by name; 1 s unless said. */
  durations?: Record<string, number>;
  instanceId?: string;
  version?: string;
};

export type TraceEntry =
  | { kind: "activity"; name: string; input: unknown; at: string }
  | { kind: "subOrchestration"; name: string; input: unknown; at: string; instanceId: string }
  | { kind: "timer"; fireAt: string; at: string }
  | { kind: "event"; name: string; input: unknown; at: string };

type Ended = { turns: number; now: string; customStatus: unknown; trace: TraceEntry[]; logs: string[] };

export type Replayed =
  | ({ kind: "completed"; output: unknown } & Ended)
  | ({ kind: "failed"; error: string } & Ended)
  | ({ kind: "continuedAsNew"; input: unknown } & Ended);

type Due = { at: number; order: number; event: (now: number) => Promise<HistoryEvent> };

const maximumTurns = 1000;

export async function replay(handler: OrchestrationHandler, input: unknown, options: ReplayOptions = {}): Promise<Replayed> {
  return new Replay(handler, input, options).run();
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #handler: OrchestrationHandler;
  readonly #input: unknown;
  readonly #history: HistoryEvent[];
  readonly #trace: TraceEntry[] = [];
  readonly #logs: string[] = [];
  #due: Due[] = [];
  #order = 0;
  #now: number;
  #turns = 0;
  #recorded: string[] = [];
  #created: { what: string; task: object }[] = [];

  constructor(handler: OrchestrationHandler, input: unknown, options: ReplayOptions) {
    this.#handler = handler;
    this.#input = input;
    this.#options = options;
    this.#now = Date.parse(options.now ?? "2026-01-01T00:00:00.000Z");
    this.#history = [
      historyEvent("OrchestratorStarted", this.#now),
      historyEvent("ExecutionStarted", this.#now, { Name: "orchestration", Input: toJson(input), Version: options.version ?? null }),
    ];
    const start = this.#now;
    for (const raised of options.events ?? []) {
      const at = typeof raised.at === "number" ? start + raised.at : Date.parse(raised.at);
      this.#schedule(at, async (now) => {
        this.#trace.push({ kind: "event", name: raised.name, input: raised.input, at: iso(now) });
        return historyEvent("EventRaised", now, { Name: raised.name, Input: toJson(raised.input) });
      });
    }
  }

  async run(): Promise<Replayed> {
    for (;;) {
      this.#turns += 1;
      if (this.#turns > maximumTurns) throw new Error(`no end after ${maximumTurns} turns`);
      const state = await this.#replayOnce();
      const actions = fingerprint(state.actions[0] ?? []);
      checkPast(this.#recorded, actions);
      this.#recorded = actions;
      const turn = interpret(
        { name: "orchestration", executionId: "execution", defaultVersion: this.#options.version ?? null },
        state,
        this.#history,
      );
      const ended = this.#ended(turn, state);
      if (ended) return ended;
      for (const decision of turn.decisions) this.#start(decision);
      await this.#advance(turn);
    }
  }

  /** From the very start, through the executor that ships. */
  async #replayOnce(): Promise<OrchestratorState> {
    this.#created = [];
    const record = this.#created;
    const handler = this.#handler;
    const watched: OrchestrationHandler = function* (context: OrchestrationContext) {
      watch(context.df, record);
      return yield* handler(context);
    };
    const context = new DummyOrchestrationContext("orchestration", `turn-${this.#turns}`, (level, ...args) => {
      this.#logs.push(`${level} ${args.map(String).join(" ")}`);
    });
    const trigger = {
      history: structuredClone(this.#history),
      input: toJson(this.#input) === null ? null : JSON.parse(JSON.stringify(this.#input)),
      instanceId: this.#options.instanceId ?? "instance",
      isReplaying: this.#turns > 1,
      parentInstanceId: null,
      upperSchemaVersion: 1,
      upperSchemaVersionNew: 3,
      longRunningTimerIntervalDuration: "3.00:00:00",
      maximumShortTimerDuration: "6.00:00:00",
      defaultHttpAsyncRequestSleepTimeMillseconds: 30000,
    };
    try {
      const state: OrchestratorState = JSON.parse(
        JSON.stringify(await inAnotherWorld(this.#turns, () => createOrchestrator(watched)(trigger, context))),
      );
      return state;
    } catch (error) {
      const state = stateOfFailure(error);
      if (state) return state;
      throw error;
    }
  }

  #ended(turn: Episode, state: OrchestratorState): Replayed | undefined {
    const { ending } = turn;
    if (!ending) {
      // A failing orchestrator may leave what it started to run out; one that returns has forgotten it.
      if (state.isDone && turn.open.tasks.length > 0)
        throw new Error(`returned while it still runs ${turn.open.tasks.map(describe).join(", ")}`);
      return undefined;
    }
    const rest = { turns: this.#turns, now: iso(this.#now), customStatus: state.customStatus, trace: this.#trace, logs: this.#logs };
    if (ending.kind === "failed") {
      if (ending.nonDeterministic) throw new Error(ending.reason);
      return { kind: "failed", error: state.error ?? ending.reason, ...rest };
    }
    this.#nothingForgotten();
    if (ending.kind === "continuedAsNew")
      return { kind: "continuedAsNew", input: ending.input === null ? undefined : JSON.parse(ending.input), ...rest };
    return { kind: "completed", output: state.output, ...rest };
  }

  /** The SDK schedules a task when it is yielded: one that never is does nothing, and nobody says so. */
  #nothingForgotten(): void {
    const forgotten = this.#created.filter(
      ({ task }) => Reflect.get(task, "alreadyScheduled") !== true && Reflect.get(task, "isCanceled") !== true,
    );
    if (forgotten.length > 0) throw new Error(`never awaited: ${forgotten.map((task) => task.what).join(", ")}`);
  }

  #start(decision: Decision): void {
    const at = iso(this.#now);
    if (decision.kind === "timer") {
      const fireAt = iso(decision.fireAt);
      this.#trace.push({ kind: "timer", fireAt, at });
      this.#history.push(historyEvent("TimerCreated", this.#now, { EventId: decision.id, FireAt: fireAt }));
      this.#schedule(Math.max(this.#now, decision.fireAt - (this.#options.earlyBy ?? 0)), async (now) =>
        historyEvent("TimerFired", now, { TimerId: decision.id, FireAt: fireAt }),
      );
      return;
    }
    const { name } = decision;
    const input: unknown = parse(decision.input);
    const isActivity = decision.kind === "activity";
    this.#trace.push(
      isActivity ? { kind: "activity", name, input, at } : { kind: "subOrchestration", name, input, at, instanceId: decision.instanceId },
    );
    const details = { EventId: decision.id, Name: name, Input: decision.input };
    this.#history.push(historyEvent(isActivity ? "TaskScheduled" : "SubOrchestrationInstanceCreated", this.#now, details));
    this.#schedule(this.#now + (this.#options.durations?.[name] ?? 1000), (now) => this.#answer(decision, input, now));
  }

  async #answer(decision: Exclude<Decision, { kind: "timer" }>, input: unknown, now: number): Promise<HistoryEvent> {
    const isActivity = decision.kind === "activity";
    const fake = (isActivity ? this.#options.activities : this.#options.subOrchestrations)?.[decision.name];
    if (!fake) throw new Error(`no fake for ${describe(decision)}`);
    try {
      const result = toJson(await fake(input, new Date(now)));
      return historyEvent(isActivity ? "TaskCompleted" : "SubOrchestrationInstanceCompleted", now, {
        TaskScheduledId: decision.id,
        Result: result,
      });
    } catch (error) {
      const failure = activityFailure(decision.name, error);
      return historyEvent(isActivity ? "TaskFailed" : "SubOrchestrationInstanceFailed", now, { TaskScheduledId: decision.id, ...failure });
    }
  }

  async #advance(turn: Episode): Promise<void> {
    this.#history.push(historyEvent("OrchestratorCompleted", this.#now));
    this.#due.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = this.#due.shift();
    if (!next) throw new Error(`waits for ever for ${turn.open.events.map((name) => `the event ${name}`).join(", ") || "nothing"}`);
    this.#now = Math.max(this.#now, next.at);
    const event = await next.event(this.#now);
    this.#history.push(historyEvent("OrchestratorStarted", this.#now), event);
  }

  #schedule(at: number, event: Due["event"]): void {
    this.#due.push({ at, order: this.#order++, event });
  }
}

const creators = [
  "callActivity",
  "callActivityWithRetry",
  "callSubOrchestrator",
  "callSubOrchestratorWithRetry",
  "createTimer",
] as const satisfies (keyof DurableOrchestrationContext)[];

function watch(df: DurableOrchestrationContext, created: { what: string; task: object }[]): void {
  for (const method of creators) {
    const original: unknown = Reflect.get(df, method);
    if (typeof original !== "function") throw new Error(`no ${method}`);
    Reflect.set(df, method, (...args: unknown[]) => {
      const task: object = Reflect.apply(original, df, args);
      created.push({ what: `${method} ${args[0] instanceof Date ? args[0].toISOString() : String(args[0])}`, task });
      return task;
    });
  }
}

function describe(decision: Decision): string {
  return decision.kind === "timer"
    ? `a timer until ${iso(decision.fireAt)} (neither awaited nor cancelled)`
    : `${decision.kind} ${decision.name}`;
}

/** An activity's input reaches it JSON-parsed, and strings were made JSON by the SDK first. */
function parse(input: string | null): unknown {
  if (input === null) return undefined;
  const value: unknown = JSON.parse(input);
  return typeof value === "string" ? JSON.parse(value) : value;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
