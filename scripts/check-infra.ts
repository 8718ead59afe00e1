/**
 * Builds and lints every Bicep file with the real compiler; a warning is a failure. It is the `bicep` on the PATH, else that of the Azure CLI,
 * else the NuGet package, fetched by `dotnet`; where none of them is there, the check is skipped and says so. The fixtures must be refused:
 * a check that lets them through checks nothing.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const PACKAGE_VERSION = "0.49.2";
const CACHE = "node_modules/.cache/bicep";
// .NET programs stop at once where there is no libicu, though their messages are the same without; dotnet does where it has no home.
const env = {
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1",
  DOTNET_CLI_TELEMETRY_OPTOUT: "1",
  DOTNET_NOLOGO: "1",
  ...(process.env["HOME"] === undefined ? { DOTNET_CLI_HOME: resolve(CACHE) } : {}),
  ...process.env,
};

type Ran = { status: number | null; said: string };

function run(command: string, args: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", env, maxBuffer: 1 << 26 });
  return { status, said: error === undefined ? `${stderr}${status === 0 ? "" : stdout}` : error.message };
}

const works = (command: string, ...args: string[]): boolean => run(command, args).status === 0;

const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = { linux: "linux", darwin: "osx", win32: "win" };

function restored(): string {
  const system = SYSTEMS[process.platform];
  if (system === undefined) throw new Error(`there is no Bicep compiler for ${process.platform}`);
  const name = `Azure.Bicep.CommandLine.${system}-${process.arch}`;
  const program = join(CACHE, name.toLowerCase(), PACKAGE_VERSION, "tools", system === "win" ? "bicep.exe" : "bicep");
  if (!existsSync(program)) {
    const project = join(CACHE, "bicep.csproj");
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(
      project,
      `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net8.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
    <RestorePackagesPath>$(MSBuildProjectDirectory)</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup><PackageDownload Include="${name}" Version="[${PACKAGE_VERSION}]" /></ItemGroup>
</Project>
`,
    );
    const { status, said } = run("dotnet", ["restore", project]);
    if (status !== 0 || !existsSync(program)) throw new Error(`dotnet could not get ${name} ${PACKAGE_VERSION}: ${said}`);
    chmodSync(program, 0o755);
  }
  return program;
}

type Compile = (command: "build" | "lint", pattern: string) => Ran[];

const compileWith =
  (program: string): Compile =>
  (command, pattern) => [run(program, [command, "--pattern", pattern, ...(command === "build" ? ["--outdir", join(CACHE, "out")] : [])])];

/** The Azure CLI takes one file at a time. */
const compileWithAz: Compile = (command, pattern) =>
  globSync(pattern).map((file) => run("az", ["bicep", command, "--file", file, ...(command === "build" ? ["--stdout"] : [])]));

function findCompiler(): Compile | undefined {
  if (works("bicep", "--version")) return compileWith("bicep");
  if (works("az", "bicep", "version")) return compileWithAz;
  if (works("dotnet", "--version")) return compileWith(restored());
  return undefined;
}

/** What the compiler says of the files, line by line; nothing where it takes them without a word. */
function findings(ran: readonly Ran[]): string[] {
  const lines = ran.flatMap(({ said }) => said.split("\n")).filter((line) => / : (?:Error|Warning|Info) /.test(line));
  const failures = ran.filter(({ status }) => status !== 0).map(({ said }) => said);
  return lines.length > 0 ? [...new Set(lines)] : failures;
}

const FIXTURES = "test/fixtures/infra";
const compile = findCompiler();
if (compile === undefined) {
  console.log("SKIPPED: neither bicep nor az nor dotnet is on the PATH, so the Bicep files met no compiler");
} else {
  const files = globSync("infra/**/*.bicep").length;
  const problems = findings([...compile("build", "infra/**/*.bicep"), ...compile("lint", "infra/**/*.bicep")]);
  if (files === 0) problems.push("no Bicep file was found");
  const refused = findings(compile("lint", `${FIXTURES}/**/*.bicep`));
  const fixtures = readdirSync(FIXTURES);
  problems.push(...fixtures.filter((name) => !refused.some((line) => line.includes(name))).map((name) => `${name} was not refused`));
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? `${files} Bicep files build and lint without a warning` : `${problems.length} Bicep problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
