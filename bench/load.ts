/**
 * How long the bundle takes to load: the part of a cold start that is ours. Each measurement is a process of its own;
 * the start of Node itself beside it tells how fast and how busy the machine is. Target: less than 250 ms. Build first.
 */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

const TARGET_MS = 250;
const RUNS = 7;
const SMOKE = resolve(import.meta.dirname, "../scripts/smoke.ts");
/** Time counts from the start of the process. */
const BOOT = "console.log(JSON.stringify({ ms: performance.now() }))";

function measure(...args: string[]): number {
  const { ms } = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as { ms: number };
  return ms;
}

/** Taken in turns, so that both see the same machine. */
const pairs = Array.from({ length: RUNS }, () => ({
  bundle: measure(SMOKE, "--load=good"),
  node: measure("--input-type=module", "--eval", BOOT),
}));

function report(name: "bundle" | "node"): number {
  const sorted = pairs.map((pair) => pair[name]).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(RUNS / 2)]!;
  console.log(`${name.padEnd(7)} ${median.toFixed(1)} ms (median of ${RUNS}; ${sorted[0]!.toFixed(1)} to ${sorted.at(-1)!.toFixed(1)})`);
  return median;
}

const [bundle, node] = [report("bundle"), report("node")];
console.log(`ratio   ${(bundle / node).toFixed(1)}`);
console.log(`target  ${TARGET_MS} ms: ${bundle < TARGET_MS ? "met" : "missed"}`);
