/**
 * What `keymend doctor` costs over an estate of growing size, with Azure's throttling on: wall time of the program as it is installed, and what
 * it reads. Goal: 1,000 vaults in two minutes. Build first.
 * node bench/doctor.ts [--sizes 100,1000] [--databases N]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { growEstate } from "../sandbox/estate/estate.ts";
import { startAzureAlone } from "../sandbox/running/azure-alone.ts";
import { tell } from "./row.ts";

const GOAL = { vaults: 1000, seconds: 120 };

const { values } = parseArgs({ options: { sizes: { type: "string", default: "100,1000" }, databases: { type: "string", default: "10" } } });
const databases = Number(values.databases);

type Row = { vaults: number; found: number; seconds: number; reads: number; code: number };

async function measure(vaults: number): Promise<Row> {
  const alone = await startAzureAlone({
    seed: 7,
    start: Date.now(),
    arrange: (world, estate) => growEstate(world, estate, { vaults, databases }),
  });
  try {
    alone.run();
    const start = performance.now();
    const child = spawn(process.execPath, ["dist/keymend.mjs", "doctor", "--json"], {
      env: { ...process.env, ...alone.environmentOf(alone.estate.reader) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const [code] = await once(child, "close");
    const seconds = (performance.now() - start) / 1000;
    const report: { counts: { databases: number } } = JSON.parse(out);
    const reads = [...alone.world.reads.values()].filter(({ caller }) => caller === "reader").reduce((sum, { count }) => sum + count, 0);
    return { vaults, found: report.counts.databases, seconds, reads, code: Number(code) };
  } finally {
    await alone.close();
  }
}

console.log(["vaults", "databases", "seconds", "reads", "exit code"].join("\t"));
const rows: Row[] = [];
for (const vaults of values.sizes.split(",").map(Number)) {
  const row = await measure(vaults);
  rows.push(row);
  console.log([vaults, row.found, row.seconds.toFixed(1), row.reads, row.code].join("\t"));
}
const { vaults, found, seconds, reads, code } = rows.at(-1)!;
tell({
  name: `keymend doctor over ${vaults} vaults with ${databases} databases each in one subscription, throttled`,
  goal: `${GOAL.seconds} s at most for ${GOAL.vaults} vaults`,
  figure: `${seconds.toFixed(0)} s`,
  fit: `${reads} reads, ${found} databases found, exit code ${code}`,
  met: code === 0 && seconds <= GOAL.seconds,
  kind: "wall time",
});
