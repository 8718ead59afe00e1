/** Invokes a function by its trigger's value, with the extra inputs that it asks for, and says how it ended. */
import type { RegisteredFunction } from "./registry.ts";
import type { RpcTypedData } from "./rpc.ts";
import type { Log, Worker } from "./worker.ts";

export type Ended = { returnValue: RpcTypedData | null | undefined } | { error: Error };

export type Invoke = (fn: RegisteredFunction, trigger: RpcTypedData, metadata?: Record<string, RpcTypedData>) => Promise<Ended>;

export function createInvoke(worker: Worker, durableClient: () => string, log: Log): Invoke {
  return async (fn, trigger, metadata) => {
    const extra = Object.entries(fn.metadata.bindings)
      .filter(([, binding]) => binding.type === "durableClient")
      .map(([name]) => ({ name, data: { string: durableClient() } }));
    const inputs = [{ name: fn.trigger.name, data: trigger }, ...extra];
    try {
      return { returnValue: await worker.invoke(fn, { inputs, ...(metadata ? { triggerMetadata: metadata } : {}) }) };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      log("error", fn.name, error.stack ?? error.message);
      return { error };
    }
  };
}
