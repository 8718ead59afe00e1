/** One episode of one orchestration: read its messages, replay it, write down what came of it, in one transaction. */
import { randomUUID } from "node:crypto";
import type { HostJson } from "../host-json.ts";
import type { Registry } from "../registry.ts";
import type { Log, Worker } from "../worker.ts";
import type { OrchestratorState } from "./actions.ts";
import type { Decision, Ending, Episode } from "./decisions.ts";
import { EventType, type HistoryEvent, historyEvent, toJson } from "./history.ts";
import { HIDDEN_MS } from "./hidden.ts";
import { interpret } from "./interpret.ts";
import { runOrchestrator } from "./orchestration-trigger.ts";
import { checkPast, fingerprint } from "./replay-check.ts";
import { isRunHere } from "./versions.ts";
import {
  type ActivityTask,
  type Instance,
  type Message,
  type NewInstance,
  type RuntimeStatus,
  type Store,
  type Stored,
  type TimerTask,
  isRunning,
} from "./store.ts";

export type TurnParts = {
  store: Store;
  worker: Worker;
  registry: Registry;
  hostJson: HostJson;
  now: () => number;
  log: Log;
  preserveUnprocessedEvents: boolean;
  firesEarly: boolean;
  create: (instance: NewInstance) => void;
  deliver: (id: string, message: Message) => void;
  scheduleActivity: (task: ActivityTask) => void;
  addTimer: (task: TimerTask) => void;
};

const VERSION_MISMATCH = "VersionMismatch: Orchestration version did not comply with Worker Versioning";

/** So many episodes of one instance without time passing are no work any more. */
const spinning = 2000;

export class EpisodeRunner {
  readonly #parts: TurnParts;
  readonly #episodesAt = new Map<string, { at: number; episodes: number }>();

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  async run(id: string): Promise<void> {
    const { store, now } = this.#parts;
    const instance = store.instance(id);
    const messages = store.takeMessages(id, now(), now() + HIDDEN_MS);
    if (instance && !isRunHere(instance.version, this.#parts.hostJson)) {
      if (this.#parts.hostJson.failsOtherVersions) store.transaction(() => this.#failVersion(instance, messages));
      return;
    }
    const events = instance ? readable(instance, messages) : [];
    if (!instance || events.length === 0) {
      store.transaction(() => messages.forEach((message) => store.deleteMessage(message.sequence)));
      return;
    }
    const past = store.history(id);
    const fresh = [historyEvent("OrchestratorStarted", now()), ...events];
    const history = [...past, ...fresh];
    const { state, episode } = await this.#replay(instance, history, past.length > 0);
    store.transaction(() => {
      for (const message of messages) store.deleteMessage(message.sequence);
      // Purged, or replaced, while it ran: what it says now concerns nobody.
      if (store.instance(id)?.executionId !== instance.executionId) return;
      this.#write(instance, fresh, state, episode);
    });
  }

  async #replay(
    instance: Instance,
    history: HistoryEvent[],
    isReplaying: boolean,
  ): Promise<{ state: OrchestratorState; episode: Episode }> {
    const { registry, worker } = this.#parts;
    const fn = registry.functions.get(instance.name);
    if (fn?.type !== "orchestrationTrigger") {
      return failing(`Orchestrator function '${instance.name}' failed: ${missing(instance.name, "orchestrator")}`, []);
    }
    if (this.#spins(instance.id)) return failing(`${spinning} episodes while no time passed: the orchestration spins.`, []);
    const state = await runOrchestrator(worker, fn, instance, history, isReplaying);
    const actions = state.actions[0] ?? [];
    try {
      checkPast(instance.actions, fingerprint(actions));
      const episode = interpret({ ...instance, defaultVersion: this.#parts.hostJson.defaultVersion }, state, history);
      if (episode.ending?.kind === "failed") this.#logFailure(instance, episode.ending.reason);
      const unknown = episode.decisions.find((decision) => !this.#exists(decision));
      if (unknown && unknown.kind !== "timer") {
        // As in Azure it then stands still, and there not even a log says so.
        this.#logFailure(instance, missing(unknown.name, unknown.kind));
        return { state, episode: { ...episode, decisions: [], ending: undefined } };
      }
      return { state, episode };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logFailure(instance, reason);
      return failing(reason, actions);
    }
  }

  /** As the real extension says it. */
  #failVersion(instance: Instance, messages: readonly Stored<Message>[]): void {
    const { store, now } = this.#parts;
    for (const message of messages) store.deleteMessage(message.sequence);
    if (!isRunning(instance)) return;
    instance.updatedAt = now();
    this.#end(instance, { kind: "failed", reason: VERSION_MISMATCH, details: VERSION_MISMATCH, nonDeterministic: false }, now());
    store.saveInstance(instance);
  }

  /** An orchestration that goes on for ever without waiting would keep time standing, and say nothing. */
  #spins(id: string): boolean {
    const at = this.#parts.now();
    const known = this.#episodesAt.get(id);
    const episodes = known?.at === at ? known.episodes + 1 : 1;
    this.#episodesAt.set(id, { at, episodes });
    return episodes > spinning;
  }

  #logFailure(instance: Instance, reason: string): void {
    this.#parts.log("error", instance.name, `${instance.id}: ${reason}`);
  }

  #exists(decision: Decision): boolean {
    if (decision.kind === "timer") return true;
    const type = this.#parts.registry.functions.get(decision.name)?.type;
    return type === (decision.kind === "activity" ? "activityTrigger" : "orchestrationTrigger");
  }

  #write(instance: Instance, fresh: HistoryEvent[], state: OrchestratorState, episode: Episode): void {
    const { store, now } = this.#parts;
    const at = now();
    instance.episodes += 1;
    instance.updatedAt = at;
    instance.actions = fingerprint(state.actions[0] ?? []);
    instance.status = episode.suspended ? "Suspended" : "Running";
    instance.output = reasonOf(fresh) ?? instance.output;
    if (state.customStatus !== undefined) instance.customStatus = state.customStatus;
    const scheduled = episode.decisions.map((decision) => this.#schedule(instance, decision, at));
    store.appendHistory(instance.id, [...fresh, ...scheduled, historyEvent("OrchestratorCompleted", at)]);
    if (episode.ending) this.#end(instance, episode.ending, at);
    store.saveInstance(instance);
  }

  #schedule(instance: Instance, decision: Decision, at: number): HistoryEvent {
    const { store, create, deliver, scheduleActivity, addTimer } = this.#parts;
    const { id: EventId } = decision;
    const task = { instanceId: instance.id, executionId: instance.executionId, taskId: EventId };
    if (decision.kind === "timer") {
      const { fireAt } = decision;
      addTimer({ ...task, fireAt, dueAt: this.#parts.firesEarly ? inWholeSeconds(at, fireAt) : fireAt });
      return historyEvent("TimerCreated", at, { EventId, FireAt: new Date(decision.fireAt).toISOString() });
    }
    const { name: Name, input: Input } = decision;
    if (decision.kind === "activity") {
      scheduleActivity({ ...task, name: Name, input: Input, starts: 0 });
      return historyEvent("TaskScheduled", at, { EventId, Name, Input });
    }
    const { instanceId: InstanceId, version: Version } = decision;
    const parent = { id: instance.id, executionId: instance.executionId };
    if (isRunning(store.instance(InstanceId))) {
      const Reason = `An Orchestration instance with the id ${InstanceId} already exists.`;
      const failed = historyEvent("SubOrchestrationInstanceFailed", at, { TaskScheduledId: EventId, Reason, Details: "" });
      deliver(instance.id, { executionId: instance.executionId, event: failed });
    } else {
      create({ id: InstanceId, name: Name, input: Input, version: Version, parent: { ...parent, taskId: EventId } });
    }
    return historyEvent("SubOrchestrationInstanceCreated", at, { EventId, Name, Input, InstanceId, Version });
  }

  #end(instance: Instance, ending: Ending, at: number): void {
    const { store } = this.#parts;
    store.deleteTimersOf(instance.id);
    if (ending.kind === "continuedAsNew") {
      this.#restart(instance, ending, at);
      return;
    }
    const [status, output] = ended(ending);
    instance.status = status;
    instance.output = output;
    store.appendHistory(instance.id, [historyEvent("ExecutionCompleted", at, { Result: toJson(output) })]);
    this.#tellParent(instance, ending, at);
  }

  /** A new generation under the same id: fresh history, and the messages that nobody has read, oldest first. */
  #restart(instance: Instance, ending: Extract<Ending, { kind: "continuedAsNew" }>, at: number): void {
    const { store, deliver, preserveUnprocessedEvents } = this.#parts;
    const { id } = instance;
    const messages = store.messages(id, at);
    const arrived = messages.filter((message) => message.executionId === null);
    for (const message of messages) store.deleteMessage(message.sequence);
    store.clearHistory(id);
    instance.executionId = randomUUID().replaceAll("-", "");
    instance.input = ending.input;
    instance.createdAt = at;
    instance.actions = [];
    instance.status = "Running";
    const started = historyEvent("ExecutionStarted", at, { Name: instance.name, Input: ending.input, Version: instance.version });
    deliver(id, { executionId: instance.executionId, event: started });
    const kept = [...(preserveUnprocessedEvents ? ending.unprocessed : []), ...ending.carriedOver, ...arrived.map(({ event }) => event)];
    for (const event of kept) deliver(id, { executionId: null, event });
  }

  #tellParent({ parent, output }: Instance, ending: Ending, at: number): void {
    if (!parent) return;
    const TaskScheduledId = parent.taskId;
    const event =
      ending.kind === "completed"
        ? historyEvent("SubOrchestrationInstanceCompleted", at, { TaskScheduledId, Result: toJson(output) })
        : historyEvent("SubOrchestrationInstanceFailed", at, {
            TaskScheduledId,
            Reason: String(output),
            Details: ending.kind === "failed" ? ending.details : "",
          });
    this.#parts.deliver(parent.id, { executionId: parent.executionId, event });
  }
}

/** A message is delayed by whole seconds, and what is left over is cut off. Source: Azure/durabletask TaskHubQueue.cs, GetVisibilityDelay. */
function inWholeSeconds(now: number, fireAt: number): number {
  return now + Math.max(0, Math.floor((fireAt - now) / 1000)) * 1000;
}

/** What an execution still listens to: an ended one to nothing, a current one not to answers for those before it. */
function readable(instance: Instance, messages: readonly Stored<Message>[]): HistoryEvent[] {
  if (!isRunning(instance)) return [];
  const events = messages
    .filter(({ executionId }) => executionId === null || executionId === instance.executionId)
    .map((message) => message.event);
  const isStart = (event: HistoryEvent): boolean => event.EventType === EventType.ExecutionStarted;
  return [...events.filter(isStart), ...events.filter((event) => !isStart(event))];
}

function ended(ending: Exclude<Ending, { kind: "continuedAsNew" }>): [RuntimeStatus, unknown] {
  if (ending.kind === "completed") return ["Completed", ending.output ?? null];
  if (ending.kind === "failed") return ["Failed", ending.reason];
  return ["Terminated", ending.reason === null ? null : JSON.parse(ending.reason)];
}

/** Why it was held or let go on stands where its output will. Source: Azure/durabletask AzureTableTrackingStore.cs, UpdateStateAsync. */
function reasonOf(events: readonly HistoryEvent[]): unknown {
  const last = events.findLast(({ EventType: type }) => type === EventType.ExecutionSuspended || type === EventType.ExecutionResumed);
  return last?.Input ? JSON.parse(last.Input) : undefined;
}

function missing(name: string, kind: string): string {
  return `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function.`;
}

function failing(reason: string, actions: OrchestratorState["actions"][number]): { state: OrchestratorState; episode: Episode } {
  return {
    state: { isDone: false, actions: [actions], schemaVersion: 3, error: reason },
    episode: {
      decisions: [],
      suspended: false,
      open: { tasks: [], events: [] },
      ending: { kind: "failed", reason, details: reason, nonDeterministic: true },
    },
  };
}
