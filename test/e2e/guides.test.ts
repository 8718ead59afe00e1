// The guides' command lines: bash plays them with stand-ins that write down how they were called, and the Azure CLI's own parser reads them.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const GUIDES = {
  deploy: ["docs/deploy.md", /(?:)/],
  readme: ["README.md", /^## Deploy$/m],
  operate: ["docs/operate.md", /(?:)/],
} as const;
type Guide = keyof typeof GUIDES;

type Line = string[];
const lines: Record<Guide, Line[]> = { deploy: [], readme: [], operate: [] };
let dir: string;

/** The blocks without a language, in order. */
function blocksOf([file, from]: (typeof GUIDES)[Guide]): string[] {
  const text = readFileSync(file, "utf8");
  const section = text.slice(text.search(from)).split(/\n(?=## )/);
  const chosen = file === "README.md" ? section.slice(0, 1) : section;
  return chosen.flatMap((part) => [...part.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, block]) => block!));
}

/** Every call that the lines make, as the shell hands it over. A variable that no line before has set ends it, and so does a syntax error. */
function play(script: string, record: string): Line[] {
  const stand = (name: string): string => `${name}() { { printf '%s\\0' ${name} "$@"; printf '\\n\\0'; } >> "$RECORD"; echo "$1-$#"; }`;
  const preamble = ["set -eu", "PATH=/nonexistent", ...["az", "npm", "func", "curl"].map(stand)].join("\n");
  execFileSync("bash", ["-c", `${preamble}\n${script}`], {
    env: { RECORD: record, PATH: process.env["PATH"] },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const calls = readFileSync(record, "utf8").split("\0\n\0");
  return calls.filter((call) => call !== "").map((call) => call.split("\0"));
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "guides-"));
  for (const guide of Object.keys(GUIDES) as Guide[]) lines[guide] = play(blocksOf(GUIDES[guide]).join("\n"), join(dir, guide));
});

afterAll(() => rmSync(dir, { recursive: true }));

const optionOf = (line: Line, name: string): string | undefined => (line.includes(name) ? line[line.indexOf(name) + 1] : undefined);
const begins = (line: Line, command: string): boolean => line.join(" ").startsWith(`${command} `);
const all = (): Line[] => Object.values(lines).flat();
const called = (guide: Guide, command: string): Line[] => lines[guide].filter((line) => begins(line, command));

describe("the guides' lines", () => {
  test("are played, one after the other", () => {
    expect(lines.deploy.length).toBeGreaterThan(20);
    expect(lines.readme.length).toBeGreaterThan(6);
    expect(lines.operate.length).toBeGreaterThan(5);
    expect(() => play('az show "$UNSET"', join(dir, "unset"))).toThrow("UNSET");
  });

  test("hand over JSON where JSON belongs", () => {
    const bodies = all().flatMap((line) => ["--body", "--app-roles", "-d"].flatMap((name) => optionOf(line, name) ?? []));
    expect(bodies.length).toBeGreaterThan(6);
    for (const body of bodies) expect(JSON.parse(body)).toBeInstanceOf(Object);
  });

  /** Core Tools, PublishFunctionAppAction: without a local.settings.json the language is known from this option alone. */
  test.each(["deploy", "readme"] as const)("of %s publish what a fresh clone has built, and say its language", (guide) => {
    const order = lines[guide].map((line) => line.slice(0, 3).join(" "));
    expect(order.filter((line) => /^(?:npm|func) /.test(line))).toEqual(["npm ci", "npm run build", "func azure functionapp"]);
    expect(called(guide, "func azure functionapp publish")[0]!.slice(5)).toEqual(["--typescript"]);
  });

  test.each(["deploy", "readme"] as const)("of %s deploy as a stack, so that what is no longer asked for goes", (guide) => {
    const deployments = called(guide, "az stack sub create");
    expect(deployments.map((line) => line.includes("deployEvents=true"))).toEqual([false, true]);
    for (const line of deployments) {
      expect(optionOf(line, "--action-on-unmanage")).toBe("deleteResources");
      expect(optionOf(line, "--deny-settings-mode")).toBe("none");
    }
    expect(all().filter((line) => begins(line, "az deployment"))).toEqual([]);
  });

  test("lock the records before code writes any", () => {
    const order = lines.deploy.map((line) => line.slice(0, 3).join(" "));
    expect(order.indexOf("az lock create")).toBeGreaterThan(order.indexOf("az stack sub"));
    expect(order.indexOf("az lock create")).toBeLessThan(order.indexOf("func azure functionapp"));
  });
});

describe("the app registration", () => {
  const bodies = (part: string): Record<string, unknown>[] =>
    called("deploy", "az rest")
      .filter((line) => optionOf(line, "--url")!.includes(part))
      .map((line) => JSON.parse(optionOf(line, "--body")!) as Record<string, unknown>);

  /** Learn, "Restrictions on identifier URIs of Microsoft Entra applications": it must have the app's or tenant's id, or a verified domain. */
  test("is named by its own id, once it has one", () => {
    const [create] = called("deploy", "az ad app create");
    expect(create).not.toContain("--identifier-uris");
    const [update] = called("deploy", "az ad app update");
    const id = optionOf(update!, "--id")!;
    expect(optionOf(update!, "--identifier-uris")).toBe(`api://${id}`);
    for (const line of called("deploy", "az stack sub create")) expect(line).toContain(`apiAudience=api://${id},${id}`);
    expect(optionOf(called("operate", "az account get-access-token")[0]!, "--resource")).toMatch(/^api:\/\/ad-/);
  });

  /** Graph, "Update application": a scope can't be allowed in the request that makes it. */
  test("lets the Azure CLI ask for tokens, in a second request", () => {
    const [first, second] = bodies("/applications(") as {
      api: { oauth2PermissionScopes: { id: string; value: string }[]; preAuthorizedApplications?: object[] };
    }[];
    expect(first!.api.oauth2PermissionScopes).toMatchObject([{ value: "user_impersonation", type: "User", isEnabled: true }]);
    expect(first!.api.preAuthorizedApplications).toBeUndefined();
    expect(second!.api).toEqual({
      ...first!.api,
      preAuthorizedApplications: [
        { appId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", delegatedPermissionIds: [first!.api.oauth2PermissionScopes[0]!.id] },
      ],
    });
  });

  test("has a service principal that asks for a role, and gives one that is declared", () => {
    const roles = JSON.parse(optionOf(called("deploy", "az ad app create")[0]!, "--app-roles")!) as { id: string; value: string }[];
    expect(roles.map(({ value }) => value)).toEqual(["Keymend.Reader", "Keymend.Operator", "Keymend.Approver"]);
    expect(called("deploy", "az ad sp create")).toHaveLength(1);
    const [required, given] = bodies("/servicePrincipals/");
    expect(required).toEqual({ appRoleAssignmentRequired: true });
    expect(roles.map(({ id }) => id)).toContain(given!["appRoleId"]);
    expect(given!["principalId"]).not.toBe(given!["resourceId"]);
  });
});

/** The Python that the Azure CLI on the PATH runs with: its program is a script that names it. */
function pythonOfAz(): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      const python = /(?:\/[\w.+-]+)+\/python[\d.]*/.exec(readFileSync(join(folder, "az"), "utf8"))?.[0];
      if (python === undefined) continue;
      execFileSync(python, ["-c", "import azure.cli.core"], { stdio: "ignore" });
      return python;
    } catch {
      // Not in this folder, or not the Azure CLI.
    }
  }
  return undefined;
}

const python = pythonOfAz();
if (python === undefined) console.warn("SKIPPED: there is no Azure CLI on the PATH whose parser could read the guides' lines");

async function refusals(given: readonly Line[]): Promise<(string | null)[]> {
  const env = { ...process.env, AZURE_CONFIG_DIR: join(dir, "az"), AZURE_CORE_COLLECT_TELEMETRY: "no" };
  const running = promisify(execFile)(python!, ["test/support/parse-az.py"], { env });
  running.child.stdin!.end(JSON.stringify(given.map((line) => line.slice(1))));
  return JSON.parse((await running).stdout) as (string | null)[];
}

/** Learn, "az stack sub", for where the Azure CLI is older than 2.61, which brought --action-on-unmanage, or is not there at all. */
const STACK_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  create: ["--name", "--location", "--template-file", "--action-on-unmanage", "--deny-settings-mode", "--yes", "--parameters"],
  delete: ["--name", "--action-on-unmanage", "--yes"],
};

describe("the Azure CLI", () => {
  test("knows the options of each deployment stack line, by its reference", () => {
    const stacks = all().filter((line) => begins(line, "az stack sub"));
    expect(stacks.length).toBeGreaterThan(5);
    for (const line of stacks) {
      const options = line.filter((part) => part.startsWith("--"));
      expect(STACK_OPTIONS[line[3]!]).toEqual(expect.arrayContaining(options));
    }
  });

  test.skipIf(python === undefined)("parses every line of the guides", async () => {
    const wrong: Line = ["az", "ad", "app", "list", "--identifier-uris", "api://x"];
    const probe: Line = ["az", "stack", "sub", "delete", "--name", "x", "--action-on-unmanage", "detachAll"];
    const asked = all().filter((line) => line[0] === "az");
    const [refused, tooOld, ...answers] = await refusals([wrong, probe, ...asked]);
    expect(refused).toContain("unrecognized arguments: --identifier-uris");
    if (tooOld !== null) console.warn("SKIPPED: this Azure CLI is older than 2.61, so its parser did not read the lines about stacks");
    const read = asked.map((line, at) => ({ line: line.join(" "), answer: answers[at] }));
    const judged = read.filter(({ line }) => tooOld === null || !line.startsWith("az stack "));
    expect(judged.length).toBeGreaterThan(15);
    expect(judged.filter(({ answer }) => answer !== null)).toEqual([]);
  });
});
