/** Compiled code is kept between runs, so that a story does not begin with compiling Azurite, the host and the app each time. */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../node_modules/.cache/keymend-sandbox", import.meta.url));

/** For this process, from here on. Where the folder can't be written, Node goes on without. */
export function keepCompiledCode(): void {
  enableCompileCache(FOLDER);
}

/** The same for a child. Not while coverage is measured: code from the cache is counted less exactly (Node.js, module compile cache). */
export const compileCacheEnv = (): Record<string, string> => (process.env["NODE_V8_COVERAGE"] ? {} : { NODE_COMPILE_CACHE: FOLDER });
