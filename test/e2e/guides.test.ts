// The guides' command lines: bash plays them with stand-ins that write down how they were called, and the Azure CLI's own parser reads them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDeployedRoles } from "../../sandbox/estate/deployed-roles.ts";
import { readOptions } from "../../scripts/deploy/options.ts";
import { type Said, saidLines } from "../support/command-lines.ts";
import { rowLines } from "../support/asked.ts";
import { gapLines, untoldGaps } from "../support/gap-lines.ts";
import { judge, MAY_LACK, parserProblem } from "../support/parse-az.ts";

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

/** What a shell is to take up as it is; the others answer something of their own. */
const ANSWERS: Readonly<Record<string, string>> = { azd: `'AZURE_LOCATION="westeurope"'` };

/** Every call that the lines make, as the shell hands it over. A variable that no line before has set ends it, and so does a syntax error. */
function play(script: string, record: string, options = "-eu"): Line[] {
  const stand = (name: string): string =>
    `${name}() { { printf '%s\\0' ${name} "$@"; printf '\\n\\0'; } >> "$RECORD"; echo ${ANSWERS[name] ?? '"${1#-}-$#"'}; }`;
  const preamble = [`set ${options}`, "PATH=/nonexistent", ...["az", "azd", "npm", "curl", "ls", "jq", "keymend", "mark"].map(stand)].join(
    "\n",
  );
  execFileSync("bash", ["-c", `${preamble}\n${script}`], {
    env: { RECORD: record, PATH: process.env["PATH"] },
    // What a line writes to is nothing of this repository's.
    cwd: dir,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const calls = readFileSync(record, "utf8").split("\0\n\0");
  return calls.filter((call) => call !== "").map((call) => call.split("\0"));
}

/** In sentences and tables it quotes what Microsoft's guides name, whichever service's it is. */
const QUOTES = "docs/operations.md";

type Alone = Said & { calls: Line[] };

/** What the doctor says, and what operations tell of what does not hold: no page has the whole of it. */
const TOLD: Said[] = [...gapLines, ...rowLines.filter((line) => !line.startsWith("#"))].map((line) => ({
  page: "told by Keymend",
  line,
  isBlock: true,
}));

/** Each line that calls the Azure CLI, on whatever page, by itself: the shell reads its quotes and variables, and what it runs first. */
function playAlone(): Alone[] {
  const asked = [...saidLines(), ...TOLD].filter(
    ({ page, line, isBlock }) => /(?:^|[\s(|&])az [a-z]/.test(line) && (isBlock || page !== QUOTES),
  );
  const quoted = (line: string): string => `'${line.replaceAll(" ...", "").replaceAll("'", String.raw`'\''`)}'`;
  const script = asked.map(({ line }) => `mark\neval ${quoted(line)} || :`).join("\n");
  const calls = play(script, join(dir, "alone"), "+eu");
  const marks = calls.flatMap(([name], at) => (name === "mark" ? [at] : []));
  return asked.map((one, i) => ({ ...one, calls: calls.slice(marks[i]! + 1, marks[i + 1]).filter(([name]) => name === "az") }));
}

/** Of many lines that differ in their values alone, the first. */
const byShape = (calls: readonly Line[]): Line[] => [
  ...new Map(calls.map((line) => [line.filter((word, at) => at < 4 || word.startsWith("--")).join(" "), line] as const)).values(),
];

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
    expect(lines.readme.map((line) => line.slice(0, 3).join(" "))).toEqual(["az login", "npm ci", "npm run deploy"]);
    expect(lines.operate.length).toBeGreaterThan(5);
    expect(() => play('az show "$UNSET"', join(dir, "unset"))).toThrow("UNSET");
  });

  test("hand over JSON where JSON belongs", () => {
    const bodies = all().flatMap((line) =>
      ["--body", "--app-roles", "--role-definition", "-d"].flatMap((name) => optionOf(line, name) ?? []),
    );
    expect(bodies.length).toBeGreaterThan(6);
    for (const body of bodies) expect(JSON.parse(body)).toBeInstanceOf(Object);
  });

  /** Azure/azure-cli, appservice/custom.py, enable_zip_deploy_flex: on Flex Consumption this line publishes, with a token, what is built. */
  test("publish the package of a fresh clone", () => {
    const order = lines.deploy.map((line) => line.slice(0, 4).join(" "));
    const made = order.lastIndexOf("npm run package");
    expect(order.slice(made - 1, made)).toEqual(["npm ci"]);
    expect(order.indexOf("az functionapp deployment source")).toBeGreaterThan(made);
  });

  test("say only options that the deployment has", () => {
    const calls = Object.values(lines)
      .flat()
      .filter((line) => begins(line, "npm run deploy"));
    expect(calls.length).toBeGreaterThan(2);
    for (const line of calls) expect(() => readOptions(line.slice(4))).not.toThrow();
    expect(() => readOptions(["--vaults", "a"])).toThrow("vaults");
  });

  test("deploy as a stack, so that what is no longer asked for goes", () => {
    const deployments = [...called("deploy", "az stack sub create"), ...called("deploy", "az stack mg create")];
    expect(deployments.map((line) => [optionOf(line, "--template-file"), line.includes("deployEvents=true")])).toEqual([
      // By its parameter file, which names the template, and reads the rest from azd's environment.
      [undefined, false],
      ["infra/main.bicep", false],
      ["infra/main.bicep", true],
      ["infra/watch.bicep", false],
      ["infra/watch-group.bicep", false],
    ]);
    for (const line of deployments) {
      expect(optionOf(line, "--action-on-unmanage")).toBe("deleteResources");
      expect(optionOf(line, "--deny-settings-mode")).toBe("none");
    }
    expect(all().filter((line) => begins(line, "az deployment"))).toEqual([]);
  });

  test("look for what is left of each identity's roles, by what all of their names begin with", () => {
    const [list, ...more] = called("deploy", "az role assignment list");
    expect(more).toEqual([]);
    expect(list).not.toContain("--assignee");
    const begin = /starts_with\(roleDefinitionName, '(.+?)'\)/.exec(optionOf(list!, "--query")!)![1]!;
    const names = readDeployedRoles({ observe: "o", keys: "k", access: "a", databases: "d", vaults: "v" }).map(({ roleName }) => roleName);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !name.startsWith(begin))).toEqual([]);
  });

  test("keep the events where a further subscription is named to a deployment that has them", () => {
    const [, step] = /^Then repeat section (\d) with `watchedSubscriptions=/m.exec(readFileSync("docs/deploy.md", "utf8"))!;
    const section = readFileSync("docs/deploy.md", "utf8").split(`\n## ${step}. `)[1]!.split("\n## ")[0]!;
    expect(section).toContain("deployEvents=true");
  });

  test("lock the records before code writes any", () => {
    const order = lines.deploy.map((line) => line.slice(0, 3).join(" "));
    expect(order.indexOf("az lock create")).toBeGreaterThan(order.indexOf("az stack sub"));
    expect(order.indexOf("az lock create")).toBeLessThan(order.indexOf("az functionapp deployment"));
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
    const deployed = called("deploy", "az stack sub create").filter((line) => optionOf(line, "--template-file") === "infra/main.bicep");
    for (const line of deployed) expect(line).toContain(`apiAudience=api://${id},${id}`);
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

/** Learn, "az stack sub" and "az stack mg", for where the Azure CLI is older than 2.61, which brought --action-on-unmanage, or is not there at all. */
const ANY_COMMANDS_OPTIONS = ["--subscription"];
const SCOPES: Readonly<Record<string, readonly string[]>> = { sub: [], mg: ["--management-group-id"] };
const STACK_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  create: ["--name", "--location", "--template-file", "--action-on-unmanage", "--deny-settings-mode", "--yes", "--parameters"],
  delete: ["--name", "--action-on-unmanage", "--yes"],
  show: ["--name", "--query"],
};

describe("the Azure CLI", () => {
  test("knows the options of each deployment stack line, by its reference", () => {
    const stacks = all().filter((line) => begins(line, "az stack"));
    expect(stacks.length).toBeGreaterThan(3);
    for (const line of stacks) {
      const options = line.filter((part) => part.startsWith("--"));
      expect([...ANY_COMMANDS_OPTIONS, ...SCOPES[line[2]!]!, ...STACK_OPTIONS[line[3]!]!]).toEqual(expect.arrayContaining(options));
    }
  });

  test("is called by each line that names it, on every page", () => {
    const guides: readonly string[] = Object.values(GUIDES).map(([page]) => page);
    // What a guide's block spreads over several lines is played as a whole.
    const alone = playAlone().filter(({ page, isBlock }) => !(isBlock && guides.includes(page)));
    expect(new Set(alone.map(({ page }) => page)).size).toBeGreaterThan(4);
    expect(alone.filter(({ calls }) => calls.length === 0)).toEqual([]);
  });

  test.skipIf(parserProblem !== undefined)("parses every line of every page, and what a sentence names", async () => {
    expect(untoldGaps).toEqual([]);
    const alone = playAlone();
    const played = byShape([...all().filter(([name]) => name === "az"), ...alone.flatMap(({ isBlock, calls }) => (isBlock ? calls : []))]);
    const named = byShape(alone.flatMap(({ isBlock, calls }) => (isBlock ? [] : calls))).filter((line) => !played.includes(line));
    const wrong: Line = ["az", "ad", "app", "list", "--identifier-uris", "api://x"];
    const { refused, unjudged, taken } = await judge(
      [wrong, ...played, ...named].map((line) => line.slice(1)),
      join(dir, "az"),
    );
    const [first, ...others] = refused;
    expect(first).toContain("unrecognized arguments: --identifier-uris");
    // In a sentence a command may stand without what it takes.
    const isShort = (line: string): boolean =>
      named.some((words) => line.startsWith(`${words.slice(1).join(" ")}: `)) &&
      /arguments are required|expected (?:at least )?one argument/.test(line);
    expect(others.filter((line) => !isShort(line))).toEqual([]);
    expect(unjudged.filter((line) => !MAY_LACK.test(line))).toEqual([]);
    expect(taken).toBeGreaterThan(40);
  });
});
