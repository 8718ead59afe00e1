/**
 * What an orchestrator answers: the list of everything it has asked for since the start of its generation.
 * Source: Azure/azure-functions-durable-js src/actions, src/orchestrations/OrchestratorState.ts.
 */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

export type RetryOptions = {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
};

export type Action = {
  actionType: number;
  functionName?: string;
  input?: unknown;
  instanceId?: string;
  version?: string;
  retryOptions?: RetryOptions;
  fireAt?: string;
  isCanceled?: boolean;
  externalEventName?: string;
  compoundActions?: Action[];
};

export type OrchestratorState = {
  isDone: boolean;
  actions: Action[][];
  output?: unknown;
  error?: string;
  customStatus?: unknown;
  schemaVersion: number;
};

const stateLabel = "\n\n$OutOfProcData$:";

/** An orchestrator that throws answers with an error that carries its state behind a label. Source: OrchestrationFailureError.ts. */
export function stateOfFailure(error: unknown): OrchestratorState | undefined {
  const message = error instanceof Error ? error.message : String(error);
  const at = message.indexOf(stateLabel);
  if (at < 0) return undefined;
  const state: OrchestratorState = JSON.parse(message.slice(at + stateLabel.length));
  return state;
}
