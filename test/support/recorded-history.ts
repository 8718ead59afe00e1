/** What the engine holds a replay against: which actions an orchestrator asks for, in their order. */
import type { Action, OrchestratorState } from "../../sandbox/host/durable/actions.ts";

type Shape = { isDone: boolean; actions: unknown[] };

/** As the real engine hands it over, and as the orchestrator of that version answered. */
export type Recorded = { trigger: { history: unknown[]; input: unknown }; shape: Shape };

/** Kinds and names, not inputs and times: those may differ. Source: Azure/durabletask TaskOrchestrationContext.cs, HandleTaskScheduledEvent. */
export function shapeOf({ isDone, actions }: OrchestratorState): Shape {
  return { isDone, actions: (actions[0] ?? []).map(shapeOfAction) };
}

/** Two that differ only in how often they wait one wait go the same way. */
export function wayOf({ shape }: Recorded): string {
  const actions = shape.actions.map((action) => JSON.stringify(action));
  return JSON.stringify(actions.filter((action, at) => action !== actions[at - 1]));
}

function shapeOfAction({ actionType, functionName, externalEventName, isCanceled, compoundActions }: Action): unknown {
  return JSON.parse(
    JSON.stringify({ actionType, functionName, externalEventName, isCanceled, compound: compoundActions?.map(shapeOfAction) }),
  );
}
