/** The Bicep compiler: the `bicep` on the PATH, else that of the Azure CLI, else the NuGet package, fetched by `dotnet`. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const PACKAGE_VERSION = "0.49.2";
export const CACHE = "node_modules/.cache/bicep";
// .NET programs stop at once where there is no libicu, though their messages are the same without; dotnet does where it has no home.
const env = {
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1",
  DOTNET_CLI_TELEMETRY_OPTOUT: "1",
  DOTNET_NOLOGO: "1",
  ...(process.env["HOME"] === undefined ? { DOTNET_CLI_HOME: resolve(CACHE) } : {}),
  // The parameters that have no default (infra/*.bicepparam).
  KEYMEND_API_AUDIENCE: "api://keymend",
  KEYMEND_FUNCTION_APP: "/subscriptions/s/resourceGroups/rg-keymend/providers/Microsoft.Web/sites/func-keymend",
  KEYMEND_PRINCIPALS: '{"observe":"00000000-0000-4000-8000-000000000000"}',
  ...process.env,
};

export type Ran = { status: number | null; said: string };

function run(command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", env: { ...env, ...more }, maxBuffer: 1 << 26 });
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

export type Compiler = {
  /** Reads every file of the pattern. */
  lint(pattern: string): Ran[];
  /** A Bicep file or, with `.bicepparam`, a parameter file and what it names; into one JSON file. */
  build(file: string, out: string): Ran;
  /** What a parameter file would deploy, with these variables, into `<name>.snapshot.json` beside it; not through the Azure CLI. */
  snapshot?: (file: string, variables: Readonly<Record<string, string>>) => Ran;
};

const commandOf = (file: string): "build" | "build-params" => (file.endsWith(".bicepparam") ? "build-params" : "build");

const SUBSCRIPTION = "00000000-0000-4000-8000-000000000001";
const TENANT = "00000000-0000-4000-8000-000000000002";
const SOMEWHERE = ["--subscription-id", SUBSCRIPTION, "--tenant-id", TENANT, "--location", "westeurope"];

const own = (program: string): Compiler => ({
  lint: (pattern) => [run(program, ["lint", "--pattern", pattern])],
  build: (file, out) => run(program, [commandOf(file), file, "--outfile", out]),
  snapshot: (file, variables) => run(program, ["snapshot", file, "--mode", "overwrite", ...SOMEWHERE], variables),
});

/** The Azure CLI takes one file at a time. */
const ofAz: Compiler = {
  lint: (pattern) => globSync(pattern).map((file) => run("az", ["bicep", "lint", "--file", file])),
  build: (file, out) => run("az", ["bicep", commandOf(file), "--file", file, "--outfile", out]),
};

export function findCompiler(): Compiler | undefined {
  if (works("bicep", "--version")) return own("bicep");
  if (works("az", "bicep", "version")) return ofAz;
  if (works("dotnet", "--version")) return own(restored());
  return undefined;
}
