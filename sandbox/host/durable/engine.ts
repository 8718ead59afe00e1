/**
 * Runs orchestrations and activities over the store. Ready work runs at once, one orchestration episode at a time; timers fire
 * when they are told the time. An episode is one transaction.
 * Hosts of one hub share the store: each reads the control queues that are its own, all take from the one queue of activities, and what one of
 * them has taken the others see again only later, also where it died. Source: Microsoft Learn, "Azure Storage provider (Azure Functions)" and
 * host.json's controlQueueVisibilityTimeout and workItemQueueVisibilityTimeout, five minutes unless said.
 */
import { randomUUID } from "node:crypto";
import type { HostJson } from "../host-json.ts";
import type { InFlight } from "../in-flight.ts";
import type { Registry } from "../registry.ts";
import { fromTypedData } from "../rpc.ts";
import type { Log, Worker } from "../worker.ts";
import { activityFailure } from "./failure.ts";
import { type HistoryEvent, historyEvent, toJson } from "./history.ts";
import { EpisodeRunner } from "./episode.ts";
import { HIDDEN_MS } from "./hidden.ts";
import { Partitions } from "./partitions.ts";
import type { ActivityTask, NewInstance, Store, Stored } from "./store.ts";

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
  /** The host's name among those of its hub; undefined where it is alone, and whatever is there is its own at once. */
  hostName: string | undefined;
};

export class Engine {
  readonly #parts: EngineParts;
  readonly #episodes: EpisodeRunner;
  readonly #partitions: Partitions;
  /** Instances with messages, in the order in which they became ready. */
  readonly #ready = new Set<string>();
  /** By sequence. */
  readonly #runningActivities = new Set<number>();
  #runningEpisode: string | undefined;
  #started = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#partitions = new Partitions({ ...parts, count: parts.hostJson.partitionCount });
    this.#episodes = new EpisodeRunner({
      ...parts,
      create: (instance) => this.#create(instance),
      deliver: (id, message) => this.#deliver(id, message.event, message.executionId),
      scheduleActivity: (task) => parts.store.addActivity(task),
      addTimer: (task) => parts.store.addTimer(task, this.#partitions.of(task.instanceId)),
    });
  }

  /** Alone, it takes up at once whatever the last process left. */
  start(): void {
    this.#started = true;
    this.#partitions.start();
    if (this.#parts.hostName === undefined) this.#parts.store.showAll();
    this.#poll();
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

  /** Fires what is due by now, and takes up what others left or asked for. */
  fireDue(): void {
    const { store, now } = this.#parts;
    if (!this.#started) return;
    if (this.#partitions.turn((partition) => this.#isInHand(partition))) this.#hideRunning();
    const due = store.timersDue(this.#partitions.mine, now());
    if (due.length > 0) {
      store.transaction(() => {
        for (const timer of due) {
          store.deleteTimer(timer.sequence);
          const event = historyEvent("TimerFired", now(), { TimerId: timer.taskId, FireAt: new Date(timer.fireAt).toISOString() });
          this.#deliver(timer.instanceId, event, timer.executionId);
        }
      });
    }
    this.#poll();
  }

  nextDue(): number | undefined {
    const { store, hostName, now } = this.#parts;
    const { mine } = this.#partitions;
    const times = [store.nextTimer(mine), this.#partitions.nextTurn(), hostName === undefined ? undefined : store.nextVisible(mine, now())];
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
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
    this.#parts.store.addMessage(id, this.#partitions.of(id), { executionId, event });
    if (this.#partitions.isMine(id)) this.#ready.add(id);
  }

  #isInHand(partition: number): boolean {
    return this.#runningEpisode !== undefined && this.#partitions.of(this.#runningEpisode) === partition;
  }

  /** What a living host works on is hidden for longer. */
  #hideRunning(): void {
    const { store, now } = this.#parts;
    for (const sequence of this.#runningActivities) store.hideActivity(sequence, now() + HIDDEN_MS);
  }

  #poll(): void {
    for (const id of this.#parts.store.instancesWithMessages(this.#partitions.mine, this.#parts.now())) this.#ready.add(id);
    this.#pump("all");
  }

  /**
   * Which host takes an activity is a matter of who asks first. Here every other one that a host asks for is its own, and the rest is left to
   * whichever polls next: both come to pass, and the same at each run.
   */
  #pump(which: "all" | "odd" = this.#parts.hostName === undefined ? "all" : "odd"): void {
    if (!this.#started) return;
    this.#pumpEpisode();
    const { store, now, maxConcurrentActivities } = this.#parts;
    while (this.#runningActivities.size < maxConcurrentActivities) {
      const task = store.takeActivity(now(), now() + HIDDEN_MS, which);
      if (!task) return;
      this.#run(task);
    }
  }

  #pumpEpisode(): void {
    const [id] = this.#ready;
    if (this.#runningEpisode !== undefined || id === undefined) return;
    this.#ready.delete(id);
    // Its queue may be another's by now.
    if (!this.#partitions.isMine(id)) return this.#pumpEpisode();
    this.#runningEpisode = id;
    const episode = async (): Promise<void> => {
      try {
        await this.#episodes.run(id);
      } finally {
        this.#runningEpisode = undefined;
        this.#pump();
      }
    };
    this.#inFlight(episode);
  }

  #run(task: Stored<ActivityTask>): void {
    const { store, registry, worker, log, now } = this.#parts;
    this.#runningActivities.add(task.sequence);
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
      this.#runningActivities.delete(task.sequence);
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
