// The package types its public face only; its own executor is what makes a replay test real.
declare module "durable-functions/lib/src/util/testingUtils.js" {
  import type { OrchestrationContext, OrchestrationHandler } from "durable-functions";

  export function createOrchestrator(handler: OrchestrationHandler): (trigger: unknown, context: OrchestrationContext) => Promise<unknown>;
}
