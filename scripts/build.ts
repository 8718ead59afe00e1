/**
 * Builds what ships. For Node 22: dist/main.mjs, which registers the functions, dist/composition.mjs, which it loads once one of them is
 * called, dist/chunks, what both need and what is loaded later still, dist/telemetry.mjs, what is loaded where traces and metrics are told, and
 * dist/dashboard, what is served to browsers. dist/keymend.mjs is the command line, for the Node 20 that laptops have. With --if-stale nothing
 * happens while they are newer than their sources.
 */
import { chmodSync, copyFileSync, existsSync, globSync, rmSync, statSync } from "node:fs";
import { build, type BuildOptions } from "esbuild";

const APP = ["dist/main.mjs", "dist/composition.mjs"];
const CHUNKS = "dist/chunks";
const TELEMETRY = "dist/telemetry.mjs";
const COMMAND_LINE = "dist/keymend.mjs";
const DASHBOARD = "dist/dashboard";
/** As it is copied last, it is there once all else is. */
const BUILT = [...APP, TELEMETRY, COMMAND_LINE, `${DASHBOARD}/icon.svg`];

function isFresh(): boolean {
  if (!BUILT.every((file) => existsSync(file))) return false;
  const built = Math.min(...BUILT.map((file) => statSync(file).mtimeMs));
  return [
    ...globSync("src/**/*.{ts,tsx,css,html,svg}"),
    "docs/openapi.json",
    "package.json",
    "package-lock.json",
    "scripts/build.ts",
  ].every((file) => statSync(file).mtimeMs < built);
}

// CommonJS packages inside an ESM bundle need a require of their own.
const REQUIRE = "import{createRequire as createBundleRequire}from'node:module';const require=createBundleRequire(import.meta.url);";

const COMMON: BuildOptions = { bundle: true, minify: true, platform: "node", format: "esm", logLevel: "warning" };

if (!(process.argv.includes("--if-stale") && isFresh())) {
  // Their names tell what is in them, so that old ones would stay.
  rmSync(CHUNKS, { recursive: true, force: true });
  await build({
    ...COMMON,
    entryPoints: ["src/main.ts", "src/composition.ts"],
    outdir: "dist",
    outExtension: { ".js": ".mjs" },
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    sourcemap: "linked",
    target: "node22",
    // Injected by the Functions worker when it loads the app (Azure/azure-functions-nodejs-worker): must not be bundled.
    external: ["@azure/functions-core"],
    banner: { js: REQUIRE },
  });
  // By itself, for it is loaded only where somebody listens: what it shares with the app is small.
  await build({ ...COMMON, entryPoints: ["src/telemetry/main.ts"], outfile: TELEMETRY, target: "node22", banner: { js: REQUIRE } });
  await build({
    ...COMMON,
    entryPoints: ["src/cli/main.ts"],
    outfile: COMMAND_LINE,
    target: "node20",
    banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
  });
  chmodSync(COMMAND_LINE, 0o755);
  await build({
    entryPoints: { app: "src/dashboard/main.tsx" },
    outdir: DASHBOARD,
    bundle: true,
    minify: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "warning",
  });
  await build({ entryPoints: { app: "src/dashboard/app.css" }, outdir: DASHBOARD, bundle: true, minify: true, logLevel: "warning" });
  // Copied, a file bears the time of the copy.
  for (const file of ["index.html", "icon.svg"]) copyFileSync(`src/dashboard/${file}`, `${DASHBOARD}/${file}`);
}
