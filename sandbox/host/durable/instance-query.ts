/**
 * Which instances a query means, and how one is shown. Source: Azure/azure-functions-durable-extension HttpApiHandler.cs
 * ConvertFrom, StatusResponsePayload.cs; Azure/durabletask AzureTableTrackingStore.cs PurgeInstanceHistoryAsync.
 */
import { EventType, type HistoryEvent } from "./history.ts";
import type { Instance } from "./store.ts";

type Shown = { showInput: boolean; history?: HistoryEvent[] | undefined; showHistoryOutput?: boolean | undefined };

export function statusPayload(instance: Instance, { showInput, history, showHistoryOutput }: Shown): object {
  return {
    name: instance.name,
    version: instance.version,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: showInput && instance.input !== null ? JSON.parse(instance.input) : null,
    customStatus: instance.customStatus,
    output: instance.output,
    createdTime: toSeconds(instance.createdAt),
    lastUpdatedTime: toSeconds(instance.updatedAt),
    ...(history ? { historyEvents: shownHistory(instance, history, { showInput, showHistoryOutput }) } : {}),
  };
}

/** Without fractions of a second: `ToString("s") + "Z"`. */
function toSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/**
 * Turns of the orchestrator are left out, and what was asked for stands with what came of it.
 * Source: Azure/azure-functions-durable-extension DurableClient.cs, GetDurableOrchestrationStatusAsync.
 */
function shownHistory(instance: Instance, history: HistoryEvent[], { showInput, showHistoryOutput }: Omit<Shown, "history">): object[] {
  const asked = new Map(history.filter(({ EventType: type }) => ASKED.includes(type)).map((event) => [event.EventId, event]));
  const answered = new Set(history.map((event) => event.TaskScheduledId));
  return history
    .filter(({ EventType: type, EventId }) => !TURNS.includes(type) && !(ASKED.includes(type) && answered.has(EventId)))
    .map((event) => shownEvent(instance, event, asked.get(event.TaskScheduledId ?? -1), { showInput, showHistoryOutput }));
}

const ASKED: number[] = [EventType.TaskScheduled, EventType.SubOrchestrationInstanceCreated];
const TURNS: number[] = [EventType.OrchestratorStarted, EventType.OrchestratorCompleted];

function shownEvent(
  { status }: Instance,
  { EventType: type, EventId: _id, IsPlayed: _played, TaskScheduledId: _task, TimerId: _timer, Version: _version, ...event }: HistoryEvent,
  asked: HistoryEvent | undefined,
  { showInput, showHistoryOutput }: Omit<Shown, "history">,
): object {
  const { Result, Input = null, Name, ...rest } = event;
  const name = Object.entries(EventType).find(([, value]) => value === type)?.[0];
  const output = showHistoryOutput && Result !== undefined ? { Result: Result === null ? null : JSON.parse(Result) } : {};
  if (type === EventType.ExecutionStarted) {
    const unused = { Correlation: null, ParentTraceContext: null, ScheduledStartTime: null, Generation: 0, GenerateNewTrace: false };
    return { EventType: name, ...(showInput ? { Input } : {}), ...unused, Timestamp: event.Timestamp, FunctionName: Name };
  }
  if (type === EventType.ExecutionCompleted)
    return { EventType: name, OrchestrationStatus: status, ...output, FailureDetails: null, ...rest };
  // The inputs of activities are not kept with the history unless a setting says so.
  const scheduled = asked && { ScheduledTime: asked.Timestamp, FunctionName: asked.Name, ...(showInput ? { Input: null } : {}) };
  return { EventType: name, ...output, ...(Name === undefined ? {} : { Name }), ...rest, ...scheduled };
}

export function select(instances: readonly Instance[], query: URLSearchParams): Instance[] {
  const statuses = list(query.get("runtimeStatus"));
  const prefix = query.get("instanceIdPrefix") ?? "";
  return between(instances, query.get("createdTimeFrom"), query.get("createdTimeTo")).filter(
    (instance) => instance.id.startsWith(prefix) && (statuses.length === 0 || statuses.includes(instance.status)),
  );
}

/**
 * Only end states filter. Asking for none of them (no status at all, or just Running) leaves no filter, and takes every
 * instance created in the time: a trap of the Azure Storage provider.
 */
export function purgeBy(instances: readonly Instance[], query: URLSearchParams, now: number): Instance[] {
  const statuses = list(query.get("runtimeStatus")).filter((status) => ["Completed", "Terminated", "Canceled", "Failed"].includes(status));
  const created = between(instances, query.get("createdTimeFrom"), query.get("createdTimeTo") ?? new Date(now).toISOString());
  return created.filter((instance) => statuses.length === 0 || statuses.includes(instance.status));
}

function between(instances: readonly Instance[], from: string | null, to: string | null): Instance[] {
  const start = from === null ? -Infinity : Date.parse(from);
  const end = to === null ? Infinity : Date.parse(to);
  return instances.filter(({ createdAt }) => createdAt >= start && createdAt <= end);
}

function list(text: string | null): string[] {
  return (text ?? "").split(",").filter((item) => item !== "");
}
