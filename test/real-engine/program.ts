/** The engine's program: built where `dotnet` is on the PATH, again only when its source has changed. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("engine", import.meta.url));
const OUT = fileURLToPath(new URL("../../.state/real-engine", import.meta.url));

/** Why the real engine can't run here, or undefined. */
export function missing(): string | undefined {
  const { error, status } = spawnSync("dotnet", ["--version"], { stdio: "ignore" });
  return error || status !== 0 ? "no dotnet on the PATH: the real Durable extension can't be run here" : undefined;
}

const PATIENCE_MS = 300_000;

/** Two test files need it at the same time, in processes of their own: one builds, the other waits. */
function alone<T>(work: () => T): T {
  const lock = join(OUT, "lock");
  mkdirSync(OUT, { recursive: true });
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      // Left behind by one that was killed.
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > PATIENCE_MS)
        rmSync(lock, { recursive: true, force: true });
      if (Date.now() > until) throw new Error(`${lock} has been there for too long: remove it`, { cause: error });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Its path. */
export const build = (): string => alone(buildUnlessFresh);

function buildUnlessFresh(): string {
  const program = join(OUT, "bin/engine/release/engine.dll");
  const stamp = join(OUT, "built-from");
  const hash = createHash("sha256");
  for (const file of ["engine.csproj", "Program.cs"]) hash.update(readFileSync(join(SOURCE, file)));
  const source = hash.digest("hex");
  if (existsSync(program) && existsSync(stamp) && readFileSync(stamp, "utf8") === source) return program;
  execFileSync("dotnet", ["build", SOURCE, "-c", "Release", "--artifacts-path", OUT, "-v", "q", "--nologo"], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: "1", DOTNET_NOLOGO: "1", MSBUILDDISABLENODEREUSE: "1" },
  });
  writeFileSync(stamp, source);
  return program;
}
