/**
 * How long the bundle takes to load: the part of a cold start that is ours. Each measurement is a process of its own;
 * the start of Node itself beside it tells how fast and how busy the machine is. Goal: less than 100 ms where bare Node takes 15, as a
 * ratio. Build first.
 */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { tell } from "./row.ts";

const GOAL_RATIO = 100 / 15;
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
const ratio = bundle / node;
console.log(`ratio   ${ratio.toFixed(1)}`);
tell({
  name: "the bundle loads, beside the start of bare Node",
  goal: `${GOAL_RATIO.toFixed(1)} times at most`,
  figure: `${ratio.toFixed(1)} times`,
  fit: `${Math.round(bundle)} ms and ${Math.round(node)} ms`,
  met: ratio <= GOAL_RATIO,
  kind: "ratio",
});
