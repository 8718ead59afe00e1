/**
 * Runs an orchestrator function once, from the start of its generation, and reads its answer.
 * Source: Azure/azure-functions-durable-extension OrchestrationTriggerAttributeBindingProvider.cs, OrchestrationContextToString.
 */
import type { RegisteredFunction } from "../registry.ts";
import { fromTypedData } from "../rpc.ts";
import type { Worker } from "../worker.ts";
import { type OrchestratorState, stateOfFailure } from "./actions.ts";
import { inAnotherWorld } from "./another-world.ts";
import type { HistoryEvent } from "./history.ts";
import type { Instance } from "./store.ts";

export async function runOrchestrator(
  worker: Worker,
  fn: RegisteredFunction,
  instance: Instance,
  history: readonly HistoryEvent[],
  isReplaying: boolean,
): Promise<OrchestratorState> {
  const trigger = {
    history,
    input: instance.input === null ? null : JSON.parse(instance.input),
    instanceId: instance.id,
    isReplaying,
    parentInstanceId: instance.parent?.id ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: "3.00:00:00",
    maximumShortTimerDuration: "6.00:00:00",
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
  try {
    const answer = await worker.invoke(fn, {
      inputs: [{ name: fn.trigger.name, data: { string: JSON.stringify(trigger) } }],
      triggerMetadata: { instanceId: { string: JSON.stringify(instance.id) } },
      around: (callback) => inAnotherWorld(instance.episodes + 1, callback),
    });
    const state: OrchestratorState = JSON.parse(JSON.stringify(fromTypedData(answer)));
    return state;
  } catch (error) {
    const state = stateOfFailure(error);
    if (state) return state;
    // Not the orchestrator's own throw (that carries its state): an orchestrator that yields nonsense, or the worker itself.
    return { isDone: false, actions: [[]], schemaVersion: 3, error: error instanceof Error ? error.message : String(error) };
  }
}
