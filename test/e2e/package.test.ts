// What a release is made of: two runs on the same files give the same bytes, and the app starts from what the zip holds.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";

type Resource = { type: string; name: string; condition?: string; properties?: object; [more: string]: unknown };
type Template = { resources: Record<string, Resource> | Resource[]; variables?: object };

/** Each resource with all that is deployed of it; of a module, its resources. Without what the compiler adds for itself. */
function resourcesIn({ resources, variables }: Template): string {
  const texts = Object.entries(resources).flatMap(([symbol, resource]: [string, Resource]) => {
    if (resource["existing"] === true) return [];
    const { type, dependsOn: _, apiVersion: _version, ...rest } = resource;
    if (type !== "Microsoft.Resources/deployments") return [`${type}\n${stringify(rest, { lineWidth: 0 })}`];
    const { template, ...how } = resource.properties as { template: Template };
    const { name, condition, copy } = { copy: undefined, condition: undefined, ...rest };
    const inside = resourcesIn(template).replaceAll(/^(?=.)/gm, "  ");
    return [`module ${symbol}\n${stringify({ name, condition, copy, ...how }, { lineWidth: 0 })}\n${inside}`];
  });
  return [...(variables === undefined ? [] : [`variables\n${stringify(variables, { lineWidth: 0 })}`]), ...texts].join("\n");
}

let dir: string;
let label: string;

const runWith = (env: NodeJS.ProcessEnv, ...args: string[]): string =>
  execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env });
const run = (...args: string[]): string => runWith(process.env, ...args);
const at = (...parts: string[]): string => join(dir, ...parts);
/** The compiler runs once: what it makes serves the others. */
const compiled = (): string[] => (existsSync(at("first", "main.json")) ? [`--template=${at("first", "main.json")}`] : []);
const packWith = (env: NodeJS.ProcessEnv, to: string, ...more: string[]): string =>
  runWith(env, "scripts/package.ts", `--out=${at(to)}`, `--app=${at("app")}`, `--cli=${at("cli")}`, ...more);
const pack = (to: string, ...more: string[]): string => packWith(process.env, to, ...more);
/** As npm itself tells whom it runs. */
const NPM = realpathSync(execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim());
const zip = (): Record<string, Uint8Array> => unzipSync(readFileSync(at("first", `${label}.zip`)));

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "package-"));
  const { name, version } = JSON.parse(readFileSync("package.json", "utf8")) as { name: string; version: string };
  label = `${name}-${version}`;
  packWith({ ...process.env, npm_execpath: NPM }, "first");
  // Not by npm, and so with the one on the PATH.
  packWith({ ...process.env, npm_execpath: "" }, "second", ...compiled());
});

afterAll(() => rmSync(dir, { recursive: true }));

describe("a release", () => {
  test("has the same bytes each time it is made", () => {
    const files = readdirSync(at("first")).toSorted();
    expect(files).toEqual(readdirSync(at("second")).toSorted());
    expect(files).toEqual(expect.arrayContaining(["SHA256SUMS", `${label}.cdx.json`, `${label}.tgz`, `${label}.zip`]));
    expect(files.filter((file) => !readFileSync(at("first", file)).equals(readFileSync(at("second", file))))).toEqual([]);
    const sums = readFileSync(at("first", "SHA256SUMS"), "utf8").trim().split("\n");
    expect(sums.map((line) => line.split("  ")[1])).toEqual(files.filter((file) => file !== "SHA256SUMS"));
  });

  test("has the deployment as one file, or says that no compiler was there", () => {
    const isCompiled = readdirSync(at("first")).includes("main.json");
    if (!isCompiled) console.warn("SKIPPED: no Bicep compiler, so the release has no main.json");
    const { resources } = isCompiled
      ? (JSON.parse(readFileSync(at("first", "main.json"), "utf8")) as { resources: object })
      : { resources: {} };
    expect(Object.keys(resources).length > 0).toBe(isCompiled);
    pack("third", ...compiled(), "--package-uri=https://keymend.example/keymend.zip");
    const said = isCompiled ? readFileSync(at("third", "main.json"), "utf8") : "";
    expect(said.includes('"defaultValue": "https://keymend.example/keymend.zip"')).toBe(isCompiled);
  });

  /** After a change that is meant: `vitest run test/e2e/package.test.ts --update`, and read the difference. */
  test.each([
    ["main", "resources"],
    ["watch", "watch"],
  ])("deploys by %s the resources that are written down in %s.txt, property by property", async (name, kept) => {
    const isThere = readdirSync(at("first")).includes(`${name}.json`);
    if (!isThere) console.warn(`SKIPPED: no Bicep compiler, so nothing is held against test/infra/${kept}.txt`);
    const written = isThere ? resourcesIn(JSON.parse(readFileSync(at("first", `${name}.json`), "utf8")) as Template) : undefined;
    if (written === undefined) expect(isThere).toBe(false);
    else await expect(written).toMatchFileSnapshot(`../infra/${kept}.txt`);
  });

  test("holds what a function app runs, and nothing else", () => {
    const pages = ["app.css", "app.js", "icon.svg", "index.html"].map((file) => `dist/dashboard/${file}`);
    const code = ["composition", "main"].flatMap((name) => [`dist/${name}.mjs`, `dist/${name}.mjs.map`]);
    const isChunk = (file: string): boolean => /^dist\/chunks\/\w+-[A-Z0-9]{8}\.mjs(\.map)?$/.test(file);
    const others = Object.keys(zip()).filter((file) => !isChunk(file));
    expect(others).toEqual([...pages, ...code, "dist/telemetry.mjs", "host.json", "package.json"].toSorted());
    expect(JSON.parse(Buffer.from(zip()["package.json"]!).toString())).toEqual({
      name: "keymend",
      version: expect.any(String),
      type: "module",
      main: "dist/main.mjs",
    });
  });

  test("starts as it comes out of the zip, and as azd gets it", () => {
    for (const [name, bytes] of Object.entries(zip())) expect(readFileSync(at("app", name)).equals(bytes)).toBe(true);
    expect(run("scripts/smoke.ts", `--bundle=${at("app", "dist", "main.mjs")}`)).toMatch(/functions registered/);
  });

  test("holds the command line as a package, which installs with nothing else and runs", () => {
    const tarball = at("first", `${label}.tgz`);
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n").toSorted();
    expect(files).toEqual(["LICENSE", "README.md", "keymend.mjs", "package.json"].map((file) => `package/${file}`));
    execFileSync("npm", ["install", "--silent", "--offline", "--no-audit", "--no-fund", "--prefix", at("installed"), tarball]);
    expect(readdirSync(at("installed", "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["keymend"]);
    const keymend = (...args: string[]): string =>
      execFileSync(at("installed", "node_modules", ".bin", "keymend"), args, { encoding: "utf8" });
    expect(keymend("--version")).toBe(`${label.replace("keymend-", "")}\n`);
    expect(keymend("help", "doctor")).toContain("keymend doctor --html report.html");
  });

  test("lists every package that is in it, with what it is licensed under", () => {
    const list = JSON.parse(readFileSync(at("first", `${label}.cdx.json`), "utf8")) as {
      bomFormat: string;
      metadata: { component: { name: string } };
      components: { name: string; version: string; licenses: object[] }[];
    };
    expect(list).toMatchObject({ bomFormat: "CycloneDX", metadata: { component: { name: "keymend" } } });
    const listed = Object.fromEntries(list.components.map(({ name, version }) => [name, version]));
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
    expect(listed).toMatchObject(dependencies);
    expect(list.components.filter(({ licenses }) => licenses.length === 0)).toEqual([]);
    expect(listed).not.toHaveProperty("vitest");
  });
});
