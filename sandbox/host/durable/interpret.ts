/**
 * Turns the action list of an orchestrator into what is to be scheduled now, by walking it against the history as the
 * Durable extension does: one action after the other, each awaited before the next, every task with the next sequence number.
 * Pure. Source: Azure/azure-functions-durable-extension OutOfProcOrchestrationShim.cs, Azure/durabletask
 * TaskOrchestrationContext.cs and TaskOrchestrationExecutor.cs.
 */
import { type Action, ActionType, type OrchestratorState } from "./actions.ts";
import type { Decision, Ending, Episode, Orchestration } from "./decisions.ts";
import { Deferred } from "./deferred.ts";
import { EventType, type HistoryEvent, toJson } from "./history.ts";
import { NonDeterministicError, checkScheduled } from "./replay-check.ts";
import { type RetryHost, withRetry } from "./retry.ts";
import { Waiters } from "./waiters.ts";

/** Storage providers cap a timer; longer ones are chained. Source: AzureStorageDurabilityProvider.cs. */
const maximumShortTimer = 6 * 86_400_000;
const longTimerInterval = 3 * 86_400_000;

export function interpret(orchestration: Orchestration, state: OrchestratorState, history: readonly HistoryEvent[]): Episode {
  return new Interpretation(orchestration, state).run(history);
}

class Interpretation implements RetryHost {
  now = 0;
  readonly #orchestration: Orchestration;
  readonly #state: OrchestratorState;
  readonly #actions: Action[];
  readonly #open = new Map<number, { decision: Decision; task: Deferred }>();
  readonly #waiters = new Waiters();
  readonly #carriedOver: HistoryEvent[] = [];
  /** Asked for, and not yet in the history. */
  #unrecorded = new Map<number, Decision>();
  #heldBack = new Map<number, Decision>();
  #whileSuspended: HistoryEvent[] = [];
  #suspended = false;
  #sequence = 0;
  #position = 0;
  #returned = false;
  #next: { input: string | null } | undefined;
  #ending: Ending | undefined;

  constructor(orchestration: Orchestration, state: OrchestratorState) {
    this.#orchestration = orchestration;
    this.#state = state;
    this.#actions = state.actions[0] ?? [];
  }

  run(history: readonly HistoryEvent[]): Episode {
    try {
      for (const event of history) this.#process(event);
      // An instance ends only when nothing it started is still open: a timer neither awaited nor cancelled keeps it running.
      if (this.#returned && this.#open.size === 0) this.#ending ??= this.#end();
    } catch (error) {
      if (!(error instanceof NonDeterministicError)) throw error;
      this.#ending = { kind: "failed", reason: error.message, details: error.message, nonDeterministic: true };
    }
    return {
      decisions: this.#ending ? [] : [...this.#unrecorded.values()],
      ending: this.#ending,
      suspended: this.#suspended,
      open: { tasks: [...this.#open.values()].map((entry) => entry.decision), events: this.#waiters.open() },
    };
  }

  #end(): Ending {
    const { error, output } = this.#state;
    if (error !== undefined) {
      const reason = `Orchestrator function '${this.#orchestration.name}' failed: ${error}`;
      return { kind: "failed", reason, details: `Message: ${error}`, nonDeterministic: false };
    }
    if (!this.#next) return { kind: "completed", output };
    return { kind: "continuedAsNew", input: this.#next.input, carriedOver: this.#carriedOver, unprocessed: this.#waiters.unprocessed() };
  }

  #process(event: HistoryEvent): void {
    const type = event.EventType;
    if (type === EventType.OrchestratorStarted) this.now = Date.parse(event.Timestamp);
    else if (type === EventType.ExecutionTerminated) this.#ending = { kind: "terminated", reason: event.Input ?? null };
    else if (type === EventType.ExecutionResumed) this.#resume();
    else if (this.#suspended) this.#whileSuspended.push(event);
    else if (type === EventType.ExecutionSuspended) this.#suspend();
    else if (type === EventType.ExecutionStarted) this.#walk();
    else if (type === EventType.EventRaised) this.#raise(event);
    else this.#processTask(event);
  }

  #processTask(event: HistoryEvent): void {
    switch (event.EventType) {
      case EventType.TaskScheduled:
      case EventType.TimerCreated:
      case EventType.SubOrchestrationInstanceCreated:
        checkScheduled(event, this.#unrecorded.get(event.EventId));
        this.#unrecorded.delete(event.EventId);
        break;
      case EventType.TaskCompleted:
      case EventType.SubOrchestrationInstanceCompleted:
        this.#settle(event.TaskScheduledId, false);
        break;
      case EventType.TaskFailed:
      case EventType.SubOrchestrationInstanceFailed:
        this.#settle(event.TaskScheduledId, true);
        break;
      case EventType.TimerFired:
        this.#settle(event.TimerId, false);
        break;
      default:
    }
  }

  #settle(id: number | undefined, failed: boolean): void {
    const entry = this.#open.get(id ?? -1);
    if (!entry) return; // a duplicate, or a timer that was cancelled: the extension logs and goes on
    this.#open.delete(entry.decision.id);
    entry.task.settle(failed);
  }

  #suspend(): void {
    this.#suspended = true;
    this.#heldBack = this.#unrecorded;
    this.#unrecorded = new Map();
  }

  #resume(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    this.#unrecorded = new Map([...this.#heldBack, ...this.#unrecorded]);
    for (const event of this.#whileSuspended.splice(0)) this.#process(event);
  }

  #raise(event: HistoryEvent): void {
    if (this.#next) this.#carriedOver.push(event);
    else this.#waiters.raise(event);
  }

  #walk(): void {
    while (this.#position < this.#actions.length) {
      const task = this.#invoke(this.#actions[this.#position++]!);
      if (!task.done) {
        task.whenDone(() => this.#walk());
        return;
      }
    }
    this.#returned = this.#state.isDone || this.#state.error !== undefined;
  }

  #invoke(action: Action): Deferred {
    const retry = action.retryOptions;
    switch (action.actionType) {
      case ActionType.CallActivity:
        return this.#activity(action);
      case ActionType.CallActivityWithRetry:
        return withRetry(this, retry!, () => this.#activity(action));
      case ActionType.CallSubOrchestrator:
        return this.#subOrchestration(action);
      case ActionType.CallSubOrchestratorWithRetry:
        return withRetry(this, retry!, () => this.#subOrchestration(action));
      case ActionType.CreateTimer:
        return this.#longTimer(Date.parse(action.fireAt!), action.isCanceled === true);
      case ActionType.WaitForExternalEvent:
        return this.#waiters.wait(action.externalEventName!);
      case ActionType.ContinueAsNew:
        this.#next = { input: toJson(action.input) };
        return Deferred.done();
      case ActionType.WhenAll:
      case ActionType.WhenAny:
        return this.#compound(action);
      default:
        throw new Error(`The local host does not run durable action ${action.actionType} (entities and callHttp are not played).`);
    }
  }

  #compound(action: Action): Deferred {
    const tasks = (action.compoundActions ?? []).map((child) => this.#invoke(child));
    const compound = new Deferred();
    let left = action.actionType === ActionType.WhenAny ? 1 : tasks.length;
    for (const task of tasks) {
      task.whenDone(() => {
        left -= 1;
        if (left === 0) compound.settle();
      });
    }
    return compound;
  }

  #activity(action: Action): Deferred {
    return this.#schedule({ kind: "activity", id: this.#sequence++, name: action.functionName!, input: toJson(action.input) });
  }

  #subOrchestration(action: Action): Deferred {
    const id = this.#sequence++;
    return this.#schedule({
      kind: "subOrchestration",
      id,
      name: action.functionName!,
      input: toJson(action.input),
      instanceId: action.instanceId ?? `${this.#orchestration.executionId}:${id}`,
      version: action.version ?? this.#orchestration.defaultVersion,
    });
  }

  timer(fireAt: number): Deferred {
    return this.#schedule({ kind: "timer", id: this.#sequence++, fireAt });
  }

  #longTimer(fireAt: number, cancelled: boolean): Deferred {
    const isLong = fireAt - this.now > maximumShortTimer;
    const first = this.timer(isLong ? this.now + longTimerInterval : fireAt);
    if (cancelled) {
      // Its event still comes at its time and finds nobody.
      this.#open.delete(this.#sequence - 1);
      return Deferred.done();
    }
    if (!isLong) return first;
    const whole = new Deferred();
    const go = (): void => {
      if (this.now >= fireAt) whole.settle();
      else this.timer(Math.min(fireAt, this.now + longTimerInterval)).whenDone(go);
    };
    first.whenDone(go);
    return whole;
  }

  #schedule(decision: Decision): Deferred {
    const task = new Deferred();
    this.#unrecorded.set(decision.id, decision);
    this.#open.set(decision.id, { decision, task });
    return task;
  }
}
