/**
 * Runs a function as the Node worker does: RPC-shaped data goes through the app's own programming model, hooks included.
 * Source: Azure/azure-functions-nodejs-worker src/eventHandlers/InvocationHandler.ts.
 */
import { randomUUID } from "node:crypto";
import type { RegisteredFunction, Registry } from "./registry.ts";
import type { CoreInvocationContext, FunctionCallback, InvocationRequest, RpcInput, RpcTypedData } from "./rpc.ts";

export type Invocation = {
  inputs: RpcInput[];
  triggerMetadata?: Record<string, RpcTypedData>;
  /** Called in place of the callback, around it. */
  around?: (callback: () => unknown) => unknown;
};

export type Log = (level: string, functionName: string, message: string) => void;

export class Worker {
  readonly #registry: Registry;
  readonly #log: Log;
  readonly #appHookData = {};

  constructor(registry: Registry, log: Log) {
    this.#registry = registry;
    this.#log = log;
  }

  async start(appDirectory: string): Promise<void> {
    const context = { hookData: {}, appHookData: this.#appHookData, functionAppDirectory: appDirectory };
    for (const hook of this.#registry.hooks("appStart")) await hook(context);
    this.#registry.lock();
    await this.#registry.programmingModel?.getCapabilities({});
  }

  /** The function's answer. Throws what the function threw. */
  async invoke(fn: RegisteredFunction, invocation: Invocation): Promise<RpcTypedData | null | undefined> {
    const model = this.#registry.programmingModel;
    if (!model) throw new Error("The app has not set a programming model.");
    const core = this.#context(fn, invocation);
    const invocationModel = model.getInvocationModel(core);
    const { context, inputs } = await invocationModel.getArguments();
    const { around } = invocation;
    const callback: FunctionCallback = around ? (...args) => around(() => fn.callback(...args)) : fn.callback;

    const hookContext = { hookData: {}, appHookData: this.#appHookData, invocationContext: context };
    const before = { ...hookContext, functionCallback: callback, inputs };
    await this.#hooks(core, "preInvocation", before);
    const after: { result: unknown; error: unknown } = { ...before, result: null, error: null };
    core.state = "invocation";
    try {
      after.result = await invocationModel.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error ?? new Error("Unknown error");
    }
    await this.#hooks(core, "postInvocation", after);
    if (after.error !== null && after.error !== undefined) throw toError(after.error);
    return (await invocationModel.getResponse(context, after.result)).returnValue;
  }

  async #hooks(core: CoreInvocationContext, name: "preInvocation" | "postInvocation", context: object): Promise<void> {
    core.state = `${name}Hooks`;
    for (const hook of this.#registry.hooks(name)) await hook(context);
    core.state = undefined;
  }

  #context(fn: RegisteredFunction, { inputs, triggerMetadata }: Invocation): CoreInvocationContext {
    const invocationId = randomUUID();
    const request: InvocationRequest = {
      invocationId,
      functionId: fn.name,
      inputData: inputs,
      traceContext: { traceParent: `00-${invocationId.replaceAll("-", "")}-0000000000000001-00`, traceState: "", attributes: {} },
      ...(triggerMetadata ? { triggerMetadata } : {}),
    };
    const log: CoreInvocationContext["log"] = (level, _category, message) => this.#log(level, fn.name, message);
    return { invocationId, request, metadata: fn.metadata, state: undefined, log };
  }
}

/** Anything may be thrown. Source: the worker's errors.ts, ensureErrorType. */
function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === "string" ? thrown : JSON.stringify(thrown));
}
