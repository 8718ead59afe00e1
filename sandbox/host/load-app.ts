/** Loads the app's bundle with the stand-in in the place of the module that the worker injects. */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import type { Registry } from "./registry.ts";

const standIn = new URL("./stand-in.cjs", import.meta.url).href;

export async function loadApp(bundle: string, registry: Registry): Promise<void> {
  registry.install();
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "@azure/functions-core" ? { url: standIn, format: "commonjs", shortCircuit: true } : next(specifier, context),
  });
  await import(pathToFileURL(bundle).href);
  if (registry.functions.size === 0) throw new Error(`${bundle} registers no function.`);
}
