/**
 * Holds the import rules. Two traps are watched: a cruise that saw no module passes anything, and so does a rule that matches nothing. So
 * it must have seen the tree, and each rule is broken once on purpose: by the file of its name in test/fixtures/imports, a house of its own
 * under the same rules.
 */
import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

type Violation = { rule: { name: string }; from: string; to: string };
type Report = {
  modules: { source: string; dependencies: unknown[] }[];
  summary: { violations: Violation[]; totalCruised: number; ruleSetUsed: { forbidden: { name: string }[] } };
};

const CONFIG = fileURLToPath(new URL("../.dependency-cruiser.mjs", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../test/fixtures/imports", import.meta.url));

function cruise(cwd: string, ...folders: string[]): Report {
  const args = ["--output-type", "json", "--config", CONFIG, ...folders];
  const { stdout, stderr } = spawnSync("depcruise", args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 });
  try {
    const report: Report = JSON.parse(stdout);
    return report;
  } catch {
    throw new Error(`dependency-cruiser did not answer: ${stderr}`);
  }
}

const brokenBy = (file: string): string => basename(file, ".ts");

/** Rules that their fixture does not break, and fixtures that break no rule: of a name that is none, or no longer one. */
function unproven({ modules, summary: { violations, ruleSetUsed } }: Report): string[] {
  const rules = ruleSetUsed.forbidden.map(({ name }) => name);
  const lax = rules.filter((name) => !violations.some(({ rule, from }) => rule.name === name && brokenBy(from) === name));
  const idle = modules.filter(({ source, dependencies }) => dependencies.length > 0 && !rules.includes(brokenBy(source)));
  return [
    ...lax.map((name) => `${name}: test/fixtures/imports has no ${name}.ts that breaks it`),
    ...idle.map(({ source }) => `test/fixtures/imports/${source} bears the name of no rule`),
  ];
}

const { summary: tree } = cruise(process.cwd(), "src", "sandbox", "scripts", "bench");
const problems = tree.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
if (tree.totalCruised < 50) problems.push(`only ${tree.totalCruised} modules were seen: the check checked nothing`);
problems.push(...unproven(cruise(FIXTURES, "src", "sandbox")));

const rules = tree.ruleSetUsed.forbidden.length;
for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? `${rules} import rules hold over ${tree.totalCruised} modules` : `${problems.length} import rules broken`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
