/**
 * Which instances a query means, and how one is shown. Source: Azure/azure-functions-durable-extension HttpApiHandler.cs
 * ConvertFrom, StatusResponsePayload.cs; Azure/durabletask AzureTableTrackingStore.cs PurgeInstanceHistoryAsync.
 */
import { EventType, type HistoryEvent } from "./history.ts";
import type { Instance } from "./store.ts";

type Shown = { showInput: boolean; history?: HistoryEvent[] | undefined; showHistoryOutput?: boolean };

export function statusPayload(instance: Instance, { showInput, history, showHistoryOutput }: Shown): object {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: showInput && instance.input !== null ? JSON.parse(instance.input) : null,
    customStatus: instance.customStatus,
    output: instance.output,
    createdTime: toSeconds(instance.createdAt),
    lastUpdatedTime: toSeconds(instance.updatedAt),
    ...(history ? { historyEvents: history.map((event) => shownEvent(event, showHistoryOutput === true)) } : {}),
  };
}

/** Without fractions of a second: `ToString("s") + "Z"`. */
function toSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function shownEvent(
  { EventType: type, EventId: _id, IsPlayed: _played, Result, Input: _input, ...event }: HistoryEvent,
  withOutput: boolean,
): object {
  const name = Object.entries(EventType).find(([, value]) => value === type)?.[0];
  return { EventType: name, ...event, ...(withOutput && Result !== undefined ? { Result } : {}) };
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
