/** Builds the one file that ships: dist/main.mjs, minified, for Node 22. With --if-stale nothing happens while it is newer than its sources. */
import { existsSync, globSync, statSync } from "node:fs";
import { build } from "esbuild";

const OUT = "dist/main.mjs";

function isFresh(): boolean {
  if (!existsSync(OUT)) return false;
  const built = statSync(OUT).mtimeMs;
  return [...globSync("src/**/*.ts"), "package-lock.json", "scripts/build.ts"].every((file) => statSync(file).mtimeMs < built);
}

if (!(process.argv.includes("--if-stale") && isFresh())) {
  await build({
    entryPoints: ["src/main.ts"],
    outfile: OUT,
    bundle: true,
    minify: true,
    sourcemap: "linked",
    platform: "node",
    format: "esm",
    target: "node22",
    // Injected by the Functions worker when it loads the app (Azure/azure-functions-nodejs-worker): must not be bundled.
    external: ["@azure/functions-core"],
    // CommonJS packages inside an ESM bundle need a require of their own.
    banner: { js: "import{createRequire as createBundleRequire}from'node:module';const require=createBundleRequire(import.meta.url);" },
    logLevel: "warning",
  });
}
