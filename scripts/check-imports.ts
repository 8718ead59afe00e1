/**
 * Holds the import rules. Two traps are watched: a cruise that saw no module passes anything, and so do rules that
 * match nothing; so it must have seen the tree, and the fixture that breaks a rule must be caught.
 */
import { spawnSync } from "node:child_process";

type Report = { summary: { violations: { rule: { name: string }; from: string; to: string }[]; totalCruised: number } };

function cruise(...args: string[]): Report["summary"] {
  const { stdout, stderr } = spawnSync("depcruise", ["--output-type", "json", ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
  try {
    const report: Report = JSON.parse(stdout);
    return report.summary;
  } catch {
    throw new Error(`dependency-cruiser did not answer: ${stderr}`);
  }
}

const tree = cruise("--config", ".dependency-cruiser.mjs", "src", "sandbox");
const problems = tree.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
if (tree.totalCruised < 50) problems.push(`only ${tree.totalCruised} modules were seen: the check checked nothing`);

const fixture = cruise("--config", ".dependency-cruiser.fixture.mjs", "test/fixtures/imports");
if (!fixture.violations.some(({ rule }) => rule.name === "domain-has-no-packages"))
  problems.push("the fixture that breaks a rule was not caught");

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? `import rules hold over ${tree.totalCruised} modules` : `${problems.length} import rules broken`);
process.exitCode = problems.length === 0 ? 0 : 1;
