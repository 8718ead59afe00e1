/**
 * Builds what ships, each one file: dist/main.mjs, the app, minified, for Node 22; dist/keymend.mjs, the command line, for the Node 20 that
 * laptops have. With --if-stale nothing happens while they are newer than their sources.
 */
import { chmodSync, existsSync, globSync, statSync } from "node:fs";
import { build, type BuildOptions } from "esbuild";

const APP = "dist/main.mjs";
const COMMAND_LINE = "dist/keymend.mjs";

function isFresh(): boolean {
  if (!existsSync(APP) || !existsSync(COMMAND_LINE)) return false;
  const built = Math.min(statSync(APP).mtimeMs, statSync(COMMAND_LINE).mtimeMs);
  return [...globSync("src/**/*.ts"), "docs/openapi.json", "package.json", "package-lock.json", "scripts/build.ts"].every(
    (file) => statSync(file).mtimeMs < built,
  );
}

// CommonJS packages inside an ESM bundle need a require of their own.
const REQUIRE = "import{createRequire as createBundleRequire}from'node:module';const require=createBundleRequire(import.meta.url);";

const COMMON: BuildOptions = { bundle: true, minify: true, platform: "node", format: "esm", logLevel: "warning" };

if (!(process.argv.includes("--if-stale") && isFresh())) {
  await build({
    ...COMMON,
    entryPoints: ["src/main.ts"],
    outfile: APP,
    sourcemap: "linked",
    target: "node22",
    // Injected by the Functions worker when it loads the app (Azure/azure-functions-nodejs-worker): must not be bundled.
    external: ["@azure/functions-core"],
    banner: { js: REQUIRE },
  });
  await build({
    ...COMMON,
    entryPoints: ["src/cli/main.ts"],
    outfile: COMMAND_LINE,
    target: "node20",
    banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
  });
  chmodSync(COMMAND_LINE, 0o755);
}
