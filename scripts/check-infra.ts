/**
 * Builds and lints every Bicep file, and builds every parameter file, with the real compiler (scripts/infra/bicep.ts); a warning is a failure.
 * Where there is none, the check is skipped and says so. The fixtures must be refused: a check that lets them through checks nothing.
 */
import { globSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CACHE, type Compiler, findCompiler, type Ran } from "./infra/bicep.ts";

/** What the compiler says of the files, line by line; nothing where it takes them without a word. */
function findings(ran: readonly Ran[]): string[] {
  const lines = ran.flatMap(({ said }) => said.split("\n")).filter((line) => / : (?:Error|Warning|Info) /.test(line));
  const failures = ran.filter(({ status }) => status !== 0).map(({ said }) => said);
  return lines.length > 0 ? [...new Set(lines)] : failures;
}

const OUT = join(CACHE, "out");

function buildAll(compiler: Compiler, files: readonly string[]): Ran[] {
  mkdirSync(OUT, { recursive: true });
  return files.map((file) => compiler.build(file, join(OUT, `${file.replaceAll(/\W/g, "-")}.json`)));
}

const FIXTURES = "test/fixtures/infra";
const found = findCompiler();
if (found === undefined) {
  console.log("SKIPPED: neither bicep nor az nor dotnet is on the PATH, so the Bicep files met no compiler");
} else {
  const files = globSync("infra/**/*.bicep");
  const parameters = globSync("infra/**/*.bicepparam");
  // Whatever a module says is said of what uses it, so the files that nobody uses are enough to build.
  const problems = findings([...buildAll(found, [...globSync("infra/*.bicep"), ...parameters]), ...found.lint("infra/**/*.bicep")]);
  if (files.length === 0 || parameters.length === 0) problems.push("no Bicep file or no parameter file was found");
  const refused = findings(found.lint(`${FIXTURES}/**/*.bicep`));
  const fixtures = readdirSync(FIXTURES);
  problems.push(...fixtures.filter((name) => !refused.some((line) => line.includes(name))).map((name) => `${name} was not refused`));
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length === 0
      ? `${files.length} Bicep files and ${parameters.length} parameter files build and lint without a warning`
      : `${problems.length} Bicep problems`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
