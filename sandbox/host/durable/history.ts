/**
 * History events as the Durable extension hands them to the Node SDK: PascalCase names, numeric EventType, JSON inside JSON.
 * Source: Azure/durabletask src/DurableTask.Core/History, Azure/azure-functions-durable-js src/history.
 */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ContinueAsNew: 16,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

export type HistoryEvent = {
  EventType: number;
  /** The sequence number for what the orchestrator scheduled, else -1. */
  EventId: number;
  IsPlayed: boolean;
  Timestamp: string;
  Name?: string;
  /** JSON text, or null. */
  Input?: string | null;
  Result?: string | null;
  Version?: string | null;
  InstanceId?: string;
  TaskScheduledId?: number;
  TimerId?: number;
  FireAt?: string;
  Reason?: string;
  Details?: string;
};

type Details = Omit<HistoryEvent, "EventType" | "EventId" | "IsPlayed" | "Timestamp"> & { EventId?: number };

export function historyEvent(type: keyof typeof EventType, now: number, details: Details = {}): HistoryEvent {
  return { EventType: EventType[type], EventId: -1, IsPlayed: false, Timestamp: new Date(now).toISOString(), ...details };
}

/** JSON text for anything, null for what has no JSON: how the extension keeps inputs and results. */
export function toJson(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
