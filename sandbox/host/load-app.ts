/** Loads the app's bundle with the stand-in in the place of the module that the worker injects. It is loaded once; hosts may come and go around it. */
import { registerHooks } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { type HostJson, readHostJson } from "./host-json.ts";
import { Registry } from "./registry.ts";
import { type Log, Worker } from "./worker.ts";

const standIn = new URL("./stand-in.cjs", import.meta.url).href;

export type App = { registry: Registry; worker: Worker; hostJson: HostJson };

export async function loadApp(bundle: string, log: Log): Promise<App> {
  const registry = new Registry(log);
  registry.install();
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "@azure/functions-core" ? { url: standIn, format: "commonjs", shortCircuit: true } : next(specifier, context),
  });
  await import(pathToFileURL(bundle).href);
  if (registry.functions.size === 0) throw new Error(`${bundle} registers no function.`);
  const worker = new Worker(registry, log);
  await worker.start(dirname(bundle));
  return { registry, worker, hostJson: readHostJson(bundle) };
}
