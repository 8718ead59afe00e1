/**
 * `npm run package`: what a release is made of, into dist/release. The zip that a function app runs, the
 * command line as a package, the deployment as one JSON file, and
 * another for each further subscription (where there is a Bicep compiler; --complete fails where there is none; --template is a main.json
 * that was compiled before, with the other beside it; --package-uri says in it where the zip will be), the list of the packages in it, and the digests of all.
 * The same commit gives the same bytes: nothing of the clock, of the machine or of the order of a folder goes in.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Zippable, zipSync } from "fflate";
import { findCompiler } from "./infra/bicep.ts";

const { values } = parseArgs({
  options: {
    complete: { type: "boolean" },
    "package-uri": { type: "string" },
    out: { type: "string", default: "dist/release" },
    app: { type: "string", default: "dist/app" },
    cli: { type: "string", default: "dist/cli" },
    template: { type: "string" },
  },
});
type Manifest = Record<"name" | "version" | "description" | "license" | "type" | "main", string> & { engines: object };
const manifest: Manifest = JSON.parse(readFileSync("package.json", "utf8"));

const text = (content: unknown): string => `${JSON.stringify(content, null, 2)}\n`;
const json = (content: unknown): Uint8Array => new TextEncoder().encode(text(content));

/** Without scripts and dependencies: the bundle holds all that it needs, so whoever installs or builds once more finds nothing to do. */
function appFiles(): Record<string, Uint8Array> {
  const { name, version, type, main } = manifest;
  const entries = ["main", "composition"].flatMap((entry) => [`dist/${entry}.mjs`, `dist/${entry}.mjs.map`]);
  // Not by a pattern: what that finds has the slashes of this system, and a zip has its own.
  const beside = ["dist/chunks", "dist/dashboard"].flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`));
  const built = [...entries, "dist/telemetry.mjs", ...beside];
  return {
    ...Object.fromEntries(built.toSorted().map((file) => [file, readFileSync(file)])),
    "host.json": readFileSync("host.json"),
    "package.json": json({ name, version, type, main }),
  };
}

/** The first moment that a zip can tell; it tells local time, so it is given as such. */
const BEGINNING = new Date(1980, 0, 1);
const UNIX = 3;
const READABLE_FILE = 0o100644 << 16;

function zipOf(files: Record<string, Uint8Array>): Uint8Array {
  const entries = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const zippable: Zippable = Object.fromEntries(
    entries.map(([name, bytes]) => [name, [bytes, { level: 9, mtime: BEGINNING, os: UNIX, attrs: READABLE_FILE }]]),
  );
  return zipSync(zippable);
}

type Locked = { name?: string; version?: string; integrity?: string; license?: string; dev?: boolean };

/** What a package says of its license in its README alone. */
const SAID_ELSEWHERE: Readonly<Record<string, string>> = { "semaphore@1.1.0": "MIT" };

/** CycloneDX 1.5. From the lock itself: `npm sbom --omit dev` leaves out what a development dependency needs as well. */
function listOfPackages(): string {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== "" && dev !== true);
  const components = shipped.map(
    ([path, { name = path.split("node_modules/").at(-1)!, version = "", integrity, license = SAID_ELSEWHERE[`${name}@${version}`] }]) => ({
      type: "library",
      "bom-ref": path,
      name,
      version,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      licenses: license === undefined ? [] : [{ expression: license }],
      hashes: (integrity?.match(/sha512-\S+/g) ?? []).map((sum) => ({
        alg: "SHA-512",
        content: Buffer.from(sum.slice("sha512-".length), "base64").toString("hex"),
      })),
    }),
  );
  const { name, version } = manifest;
  const component = { type: "application", "bom-ref": name, name, version, purl: `pkg:npm/${name}@${version}` };
  return text({ bomFormat: "CycloneDX", specVersion: "1.5", version: 1, metadata: { component }, components });
}

/** As it runs this, where it does: on Windows the `npm` on the PATH is a batch file, which Node starts only in a shell. */
const running = process.env["npm_execpath"] ?? "";
const NPM: [program: string, ...args: string[]] = running.endsWith("npm-cli.js") ? [process.execPath, running] : ["npm"];

/** The command line as a package of its own, for `npm install --global`: one file, without scripts and dependencies. */
function packCommandLine(folder: string, to: string): void {
  const { name, version, description, license, type, engines } = manifest;
  const bin = "keymend.mjs";
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    text({ name, version, description, license, type, bin: { keymend: bin }, engines, files: [bin] }),
  );
  copyFileSync("dist/keymend.mjs", join(folder, bin));
  for (const file of ["README.md", "LICENSE"]) copyFileSync(file, join(folder, file));
  // npm gives every file the same moment, so the same files give the same bytes.
  const [program, ...args] = NPM;
  execFileSync(program, [...args, "pack", "--silent", "--pack-destination", resolve(to)], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const label = `${manifest.name}-${manifest.version}`;
rmSync(values.out, { recursive: true, force: true });
mkdirSync(values.out, { recursive: true });
const files = appFiles();
writeFileSync(join(values.out, `${label}.zip`), zipOf(files));
// For azd, which makes its own zip of a folder (azure.yaml).
rmSync(values.app, { recursive: true, force: true });
for (const [name, bytes] of Object.entries(files)) {
  mkdirSync(dirname(join(values.app, name)), { recursive: true });
  writeFileSync(join(values.app, name), bytes);
}
writeFileSync(join(values.out, `${label}.cdx.json`), listOfPackages());
packCommandLine(values.cli, values.out);

/** What is deployed by itself: the app, and what watches a further subscription. */
const TEMPLATES = ["main", "watch"] as const;
const template = join(values.out, "main.json");

/** Whether they are there now. */
function compile(): boolean {
  const [compiler, compiled] = values.template === undefined ? [findCompiler(), undefined] : [undefined, dirname(values.template)];
  if (compiler === undefined && compiled === undefined) {
    console.warn("SKIPPED: without a Bicep compiler there is no main.json");
    return false;
  }
  for (const name of TEMPLATES) {
    const to = join(values.out, `${name}.json`);
    if (compiled !== undefined) copyFileSync(join(compiled, `${name}.json`), to);
    const { status, said } = compiler?.build(`infra/${name}.bicep`, to) ?? { status: 0, said: "" };
    if (status !== 0) throw new Error(said);
  }
  return true;
}

const isCompiled = compile();
if (isCompiled && values["package-uri"] !== undefined) {
  const compiled: { parameters: { packageUri: { defaultValue: string } } } = JSON.parse(readFileSync(template, "utf8"));
  compiled.parameters.packageUri.defaultValue = values["package-uri"];
  writeFileSync(template, text(compiled));
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const sums = readdirSync(values.out)
  .toSorted()
  .map((name) => `${digestOf(readFileSync(join(values.out, name)))}  ${name}`);
writeFileSync(join(values.out, "SHA256SUMS"), `${sums.join("\n")}\n`);
console.log(`${Object.keys(files).length} files in ${label}.zip; in ${values.out}:\n${sums.join("\n")}`);
process.exitCode = isCompiled || !values.complete ? 0 : 1;
