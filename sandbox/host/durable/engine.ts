/**
 * Runs orchestrations and activities over the store. Ready work runs at once, one orchestration episode at a time; timers fire
 * when they are told the time. An episode is one transaction.
 */
import { randomUUID } from "node:crypto";
import type { HostJson } from "../host-json.ts";
import type { InFlight } from "../in-flight.ts";
import type { Registry } from "../registry.ts";
import { fromTypedData } from "../rpc.ts";
import type { Log, Worker } from "../worker.ts";
import { activityFailure } from "./failure.ts";
import { type HistoryEvent, historyEvent, toJson } from "./history.ts";
import type { ActivityTask, NewInstance, Store, Stored } from "./store.ts";
import { EpisodeRunner } from "./episode.ts";

export type EngineParts = {
  store: Store;
  worker: Worker;
  registry: Registry;
  hostJson: HostJson;
  inFlight: InFlight;
  now: () => number;
  log: Log;
  maxConcurrentActivities: number;
  preserveUnprocessedEvents: boolean;
  firesEarly: boolean;
};

export class Engine {
  readonly #parts: EngineParts;
  readonly #episodes: EpisodeRunner;
  /** Instances with messages, in the order in which they became ready. */
  readonly #ready = new Set<string>();
  readonly #activities: Stored<ActivityTask>[] = [];
  #runningActivities = 0;
  #busy = false;
  #started = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#episodes = new EpisodeRunner({
      ...parts,
      create: (instance) => this.#create(instance),
      deliver: (id, message) => this.#deliver(id, message.event, message.executionId),
      scheduleActivity: (task) => void this.#activities.push(parts.store.addActivity(task)),
    });
  }

  /** Takes up whatever the last process left. */
  start(): void {
    this.#started = true;
    for (const id of this.#parts.store.instancesWithMessages()) this.#ready.add(id);
    this.#activities.push(...this.#parts.store.activities());
    this.#pump();
  }

  create(instance: NewInstance): void {
    this.#parts.store.transaction(() => this.#create(instance));
    this.#pump();
  }

  /** For whichever execution is current when it is read. */
  send(id: string, event: HistoryEvent): void {
    this.#parts.store.transaction(() => this.#deliver(id, event, null));
    this.#pump();
  }

  purge(id: string): void {
    const { store } = this.#parts;
    store.transaction(() => {
      store.deleteInstance(id);
      store.deleteTimersOf(id);
    });
  }

  /** Fires what is due by now. Returns how many did. */
  fireDue(): number {
    const { store, now } = this.#parts;
    if (!this.#started) return 0;
    const due = store.timersDue(now());
    if (due.length === 0) return 0;
    store.transaction(() => {
      for (const timer of due) {
        store.deleteTimer(timer.sequence);
        const event = historyEvent("TimerFired", now(), { TimerId: timer.taskId, FireAt: new Date(timer.fireAt).toISOString() });
        this.#deliver(timer.instanceId, event, timer.executionId);
      }
    });
    this.#pump();
    return due.length;
  }

  nextDue(): number | undefined {
    return this.#parts.store.nextTimer();
  }

  #create({ id, name, input, version, parent }: NewInstance): void {
    const { store, now } = this.#parts;
    const executionId = randomUUID().replaceAll("-", "");
    // An instance that ended makes room for its namesake: nothing of it is left.
    store.deleteInstance(id);
    store.deleteTimersOf(id);
    const at = now();
    store.saveInstance({
      id,
      name,
      version,
      executionId,
      status: "Pending",
      input,
      output: null,
      customStatus: null,
      createdAt: at,
      updatedAt: at,
      parent,
      actions: [],
      episodes: 0,
    });
    this.#deliver(id, historyEvent("ExecutionStarted", at, { Name: name, Input: input, Version: version }), executionId);
  }

  #deliver(id: string, event: HistoryEvent, executionId: string | null): void {
    this.#parts.store.addMessage(id, { executionId, event });
    this.#ready.add(id);
  }

  #pump(): void {
    if (!this.#started) return;
    this.#pumpEpisode();
    while (this.#runningActivities < this.#parts.maxConcurrentActivities && this.#activities.length > 0) {
      this.#run(this.#activities.shift()!);
    }
  }

  #pumpEpisode(): void {
    const [id] = this.#ready;
    if (this.#busy || id === undefined) return;
    this.#ready.delete(id);
    this.#busy = true;
    const episode = async (): Promise<void> => {
      try {
        await this.#episodes.run(id);
      } finally {
        this.#busy = false;
        this.#pump();
      }
    };
    this.#inFlight(episode);
  }

  #run(task: Stored<ActivityTask>): void {
    const { store, registry, worker, log, now } = this.#parts;
    this.#runningActivities += 1;
    task.starts += 1;
    store.updateActivity(task);
    const work = async (): Promise<void> => {
      const fn = registry.functions.get(task.name)!;
      let event: HistoryEvent;
      try {
        const answer = await worker.invoke(fn, {
          inputs: [{ name: fn.trigger.name, data: activityInput(task.input) }],
          triggerMetadata: { instanceId: { string: JSON.stringify(task.instanceId) }, data: activityInput(task.input) },
        });
        event = historyEvent("TaskCompleted", now(), { TaskScheduledId: task.taskId, Result: toJson(fromTypedData(answer)) });
      } catch (error) {
        const failure = activityFailure(task.name, error);
        log("error", task.name, error instanceof Error ? (error.stack ?? error.message) : String(error));
        event = historyEvent("TaskFailed", now(), { TaskScheduledId: task.taskId, ...failure });
      }
      store.transaction(() => {
        store.deleteActivity(task.sequence);
        this.#deliver(task.instanceId, event, task.executionId);
      });
      this.#runningActivities -= 1;
      this.#pump();
    };
    this.#inFlight(work);
  }

  #inFlight(work: () => Promise<void>): void {
    this.#parts.inFlight.run(work).catch((error: unknown) => {
      // The store or the host itself is broken: going on would lose work silently.
      this.#parts.log("critical", "", `durable engine: ${error instanceof Error ? error.stack : String(error)}`);
      throw error;
    });
  }
}

/** A string by the time it reaches the worker, which parses it: "123" becomes a number. */
function activityInput(input: string | null): { string?: string } {
  if (input === null) return {};
  const value: unknown = JSON.parse(input);
  return { string: typeof value === "string" ? value : input };
}
