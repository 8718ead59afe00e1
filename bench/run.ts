/**
 * `npm run bench`: all measurements, as one table. Build first, which the script does. Each is a process of its own, one after the other.
 * `--only NAME,...` takes some; `--full` those sizes that take an hour; `--write` writes docs/performance.md from what came of it.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Row, rowsIn } from "./row.ts";

/** By file: what it is called with, short and whole. */
const BENCHES: Record<string, { short: string[]; full: string[] }> = {
  screening: { short: ["--sizes", "10,30", "--rounds", "13"], full: ["--sizes", "10,100,300,1000"] },
  sight: { short: ["--vaults", "20", "--minutes", "20"], full: [] },
  burst: { short: ["--events", "300", "--vaults", "6"], full: [] },
  doctor: { short: ["--sizes", "1000"], full: ["--sizes", "100,300,1000"] },
  load: { short: [], full: [] },
  "virtual-time": { short: [], full: [] },
};

const { values } = parseArgs({ options: { only: { type: "string" }, full: { type: "boolean" }, write: { type: "boolean" } } });
const chosen = values.only?.split(",") ?? Object.keys(BENCHES);
const unknown = chosen.filter((name) => !(name in BENCHES));
if (unknown.length > 0) throw new Error(`there is no measurement ${unknown.join(", ")}: ${Object.keys(BENCHES).join(", ")}`);

type Measured = Row & { call: string };

function measure(name: string): Measured[] {
  const args = BENCHES[name]![values.full ? "full" : "short"];
  const call = [`node bench/${name}.ts`, ...args].join(" ");
  console.error(call);
  const output = execFileSync(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...args], { encoding: "utf8" });
  const rows = rowsIn(output);
  if (rows.length === 0) throw new Error(`${call} told no figure:\n${output}`);
  return rows.map((row) => ({ ...row, call }));
}

const rows = chosen.flatMap(measure);
const table = [
  "| Measured | Goal | Figure | Fit, or beside it | Kind | Goal is |",
  "| --- | --- | --- | --- | --- | --- |",
  ...rows.map(({ name, goal, figure, fit, kind, met }) => `| ${[name, goal, figure, fit, kind, met ? "met" : "missed"].join(" | ")} |`),
];
console.log(table.join("\n"));

const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();

function page(): string {
  const [cpu] = cpus();
  const on = `${cpus().length} cores (${cpu?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`;
  const calls = [...new Set(rows.map(({ call }) => `- \`${call}\``))];
  return [
    "# Performance",
    "",
    "Written by `npm run bench -- --write`, in the sandbox: Azure as its documentation has it, with its throttling, and the app as it ships. Counts and virtual times repeat to the digit for a seed, whatever the machine; a ratio sets two things beside each other on one machine; a wall time waits for Azure's budgets mostly, which are as long on any machine. What a goal is for is said in the head of each file in `bench/`.",
    "",
    `Measured on ${git("show", "-s", "--format=%cs", "HEAD")}: ${on}${values.full ? "" : "; short sizes (`--full` takes an hour)"}.`,
    "",
    ...table,
    "",
    "By:",
    "",
    ...calls,
    "",
  ].join("\n");
}

if (values.write) {
  writeFileSync("docs/performance.md", page());
  execFileSync(join(import.meta.dirname, "../node_modules/.bin/oxfmt"), ["docs/performance.md"]);
}
