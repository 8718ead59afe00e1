/**
 * What an app registers while it loads. Refuses what the worker or the host refuses: a name twice, a bad name, a registration
 * after start-up. Source: Azure/azure-functions-nodejs-worker src/coreApi/registerFunction.ts.
 */
import type { Binding, FunctionCallback, FunctionMetadata, ProgrammingModel } from "./rpc.ts";

export type TriggerType = "httpTrigger" | "timerTrigger" | "eventGridTrigger" | "orchestrationTrigger" | "activityTrigger";

export type RegisteredFunction = {
  name: string;
  type: TriggerType;
  trigger: Binding & { name: string };
  metadata: FunctionMetadata;
  callback: FunctionCallback;
};

export type Hook = (context: object) => unknown;

type Log = (level: string, functionName: string, message: string) => void;

const triggerTypes: readonly TriggerType[] = ["httpTrigger", "timerTrigger", "eventGridTrigger", "orchestrationTrigger", "activityTrigger"];

const registrySymbol = Symbol.for("sandbox.functions-registry");

export class Registry {
  readonly functions = new Map<string, RegisteredFunction>();
  programmingModel: ProgrammingModel | undefined;
  readonly #hooks = new Map<string, Hook[]>();
  readonly #log: Log;
  #locked = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Where the stand-in looks for it. */
  install(): void {
    Reflect.set(globalThis, registrySymbol, this);
  }

  /** The app has loaded: from here on a registration is an error. */
  lock(): void {
    this.#locked = true;
  }

  hooks(name: string): Hook[] {
    const hooks = this.#hooks.get(name) ?? [];
    this.#hooks.set(name, hooks);
    return hooks;
  }

  setProgrammingModel(model: ProgrammingModel): void {
    this.programmingModel = model;
  }

  registerHook(name: string, callback: Hook): () => void {
    const hooks = this.hooks(name);
    hooks.push(callback);
    return () => void hooks.splice(hooks.indexOf(callback), 1);
  }

  log(level: string, _category: string, message: string): void {
    this.#log(level, "", message);
  }

  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): () => void {
    const { name } = metadata;
    if (this.#locked) throw new Error("A function can only be registered during app startup.");
    if (this.functions.has(name)) throw new Error(`A function with id "${name}" has already been registered.`);
    // The host's rule, not the worker's: Azure/azure-functions-host Utility.IsValidFunctionName.
    if (!/^[a-z][a-z0-9_-]{0,127}$/i.test(name)) throw new Error(`'${name}' is not a valid function name.`);
    if (metadata.retryOptions) throw new Error(`The local host does not play the retry policy of function '${name}'.`);
    this.functions.set(name, { name, callback, metadata, ...triggerOf(metadata) });
    return () => {
      if (this.#locked) throw new Error("A function can only be disposed during app startup.");
      this.functions.delete(name);
    };
  }
}

function triggerOf({ name, bindings }: FunctionMetadata): Pick<RegisteredFunction, "trigger" | "type"> {
  let found: Pick<RegisteredFunction, "trigger" | "type"> | undefined;
  for (const [bindingName, binding] of Object.entries(bindings)) {
    const type = triggerTypes.find((known) => known === binding.type);
    if (type) found = { type, trigger: { ...binding, name: bindingName } };
    else if (!isPlayed(binding)) throw new Error(`The local host does not play the binding '${binding.type}' of function '${name}'.`);
  }
  if (!found) throw new Error(`Function '${name}' has no trigger that the local host plays.`);
  return found;
}

function isPlayed(binding: Binding): boolean {
  return binding.type === "durableClient" || (binding.type === "http" && binding.direction === "out");
}
