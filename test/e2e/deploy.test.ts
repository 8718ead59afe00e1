// The deployment script against a stand-in of the Azure CLI: what it changes, in which order, and that the same again changes nothing.
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { digestOfTemplate } from "../../scripts/deploy/stack.ts";
import { answer, type Model } from "../support/fake-az.ts";
import { DeployError, program, startOf } from "../../scripts/deploy/az.ts";
import { runDeploy } from "../../scripts/deploy/run.ts";
import { judge, MAY_LACK, parserProblem } from "../support/parse-az.ts";

let dir: string;
let model: Model;

const NOTHING: Omit<Model, "apiUrl"> = {
  apps: [],
  principals: [],
  assigned: [],
  topics: [],
  stacks: [],
  locks: [],
  calls: [],
  version: "2.91.0",
  user: "user",
  published: 0,
  refusals: 0,
};
const API = "https://func-keymend-1.example/api";

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "deploy-"));
  writeFileSync(join(dir, "keymend.zip"), "the code");
});

afterAll(() => rmSync(dir, { recursive: true }));

beforeEach(() => {
  model = structuredClone({ ...NOTHING, apiUrl: API });
});

type Ran = { code: number; out: string; err: string };
const copy = (): Model => structuredClone(model);
const withPackage = (args: readonly string[]): string[] => ["--package", join(dir, "keymend.zip"), "--pause", "0", ...args];

async function deploy(...args: string[]): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await runDeploy(withPackage(args), {
    call: async (words) => {
      try {
        return answer(model, words);
      } catch (error) {
        throw new DeployError(`az ${words.join(" ")}\nERROR: ${(error as Error).message}`, "look");
      }
    },
    answerOf: async (url) => (url === `${API}/health` && model.published > 0 ? '200 {"status":"alive"}' : "503 starting"),
    out: (text) => (out += text),
    err: (text) => (err += text),
    paint: (_, text) => text,
  });
  return { code, out, err };
}

const CHANGING = /^(?:ad (?:app|sp) create|stack sub create|lock create|functionapp deployment|rest --method (?:patch|post))/;
const changes = (): string[] => model.calls.map((call) => call.join(" ")).filter((line) => CHANGING.test(line));
const short = (line: string): string => line.split(" --")[0]!;

describe("the deployment of nothing yet", () => {
  test("makes the registration, the resources, the code and then the events, and is alive", async () => {
    const { code, out, err } = await deploy("--vault", "vault-a", "--reader", "me", "--set", "storageSku=Standard_LRS");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(changes().map(short)).toEqual([
      "ad app create",
      ...Array<string>(3).fill("rest"),
      "ad sp create",
      ...Array<string>(2).fill("rest"),
      "stack sub create",
      "lock create",
      "functionapp deployment source config-zip",
      "stack sub create",
      "rest",
    ]);
    const { apps, principals, assigned, stacks } = model;
    const [app] = apps;
    expect(app).toMatchObject({ identifierUris: [`api://${app!.appId}`], appRoles: [{ value: "Keymend.Reader" }, {}, {}] });
    expect(app!.spa).toEqual({ redirectUris: [`${model.apiUrl}/dashboard/`] });
    expect(app!.api.preAuthorizedApplications[0]!.delegatedPermissionIds).toEqual(app!.api.oauth2PermissionScopes.map(({ id }) => id));
    expect(principals).toMatchObject([{ appId: app!.appId, appRoleAssignmentRequired: true }]);
    expect(assigned).toMatchObject([{ resourceId: principals[0]!.id, appRoleId: app!.appRoles[0]!.id }]);
    expect(model.locks).toEqual([(stacks[0]!.outputs as { storageId: { value: string } }).storageId.value]);
    expect(stacks[0]!.parameters).toMatchObject({
      vaults: { value: [{ id: expect.stringMatching(/\/vaults\/vault-a$/) as string }] },
      apiAudience: { value: `api://${app!.appId},${app!.appId}` },
      storageSku: { value: "Standard_LRS" },
      deployEvents: { value: true },
    });
    expect(out).toContain("is alive; 12 changes");
    expect(out).toContain(`the dashboard: ${model.apiUrl}/dashboard/`);
    expect(out).toContain("next: ");
    expect(out).not.toContain("\u001B[");
  });

  test("waits for a role that storage does not know yet", async () => {
    Object.assign(model, { refusals: 2 });
    const { code, out } = await deploy("--vault", "vault-a");
    expect(code).toBe(0);
    expect(out.match(/403; trying again/g)).toHaveLength(2);
    expect(model.published).toBe(1);
  });

  test("says at last what did not pass", async () => {
    Object.assign(model, { refusals: 99 });
    const { code, err } = await deploy("--vault", "vault-a", "--wait", "0");
    expect(code).toBe(1);
    expect(err).toContain("config-zip");
    expect(err).toContain("BlobUploadFailedException");
    expect(err).toContain("next: ");
    expect((await deploy("--wait", "0")).code).toBe(1);
    Object.assign(model, { refusals: 0 });
    expect((await deploy()).code).toBe(0);
    expect(model.stacks[0]!.parameters).toMatchObject({ deployEvents: { value: true } });
  });
});

test("what breaks off before there is a stack goes on by the line that it says, with the registration that was made", async () => {
  Object.assign(model, { forbidsStacks: true });
  const { code, err } = await deploy("--vault", "vault-a");
  const { appId } = model.apps[0]!;
  expect({ code, apps: model.apps.length }).toEqual({ code: 1, apps: 1 });
  expect(err).toContain(`--app-id ${appId}`);
  Object.assign(model, { forbidsStacks: false });
  expect((await deploy("--vault", "vault-a")).err).toContain("--app-id");
  expect(await deploy("--vault", "vault-a", "--app-id", appId)).toMatchObject({ code: 0, err: "" });
  expect(model.apps).toHaveLength(1);
  expect(model.stacks[0]!.parameters).toMatchObject({ apiAudience: { value: `api://${appId},${appId}` } });
});

describe("the deployment of what is there", () => {
  beforeEach(async () => {
    await deploy("--vault", "vault-a", "--reader", "me", "--mode", "heal");
    Object.assign(model, { calls: [] });
  });

  test.each([
    ["with the same words", ["--vault", "vault-a", "--reader", "me", "--mode", "heal"]],
    ["without any", []],
  ])("changes nothing %s", async (_, args) => {
    const was = copy();
    const { code, out } = await deploy(...args);
    expect({ code, changes: changes() }).toEqual({ code: 0, changes: [] });
    expect({ ...model, calls: [] }).toEqual(was);
    expect(out).toContain("nothing to change");
  });

  test("says that nobody is told, until somebody is", async () => {
    expect((await deploy()).out).toContain("nobody is told of an incident");
    expect((await deploy("--set", 'alertEmails=["on-call@contoso.example"]')).out).not.toContain("nobody is told");
    expect(model.stacks[0]!.parameters).toMatchObject({ alertEmails: { value: ["on-call@contoso.example"] } });
    expect((await deploy("--set", "alertEmails=[]")).out).toContain("nobody is told of an incident");
  });

  test("keeps what is not said again, and the events", async () => {
    expect(await deploy("--mode", "observe")).toMatchObject({ code: 0 });
    expect(changes().map(short)).toEqual(["stack sub create"]);
    expect(model.stacks[0]!.parameters).toMatchObject({ mode: { value: "observe" }, vaults: {}, deployEvents: { value: true } });
  });

  test("publishes other code, once", async () => {
    writeFileSync(join(dir, "other.zip"), "other code");
    for (const expected of [["functionapp deployment source config-zip", "stack sub create"], []]) {
      Object.assign(model, { calls: [] });
      expect(await deploy("--package", join(dir, "other.zip"))).toMatchObject({ code: 0 });
      expect(changes().map(short)).toEqual(expected);
    }
  });

  test("puts back with --again what others have changed", async () => {
    await deploy("--again");
    expect(changes().map(short)).toEqual(["stack sub create", "functionapp deployment source config-zip", "stack sub create"]);
  });

  test("makes again what did not succeed", async () => {
    Object.assign(model, { stacks: model.stacks.map((stack) => ({ ...stack, provisioningState: "failed" })) });
    await deploy();
    expect(changes().map(short)).toEqual(["stack sub create"]);
  });

  test("adds to a registration what it lacks, and takes nothing from it", async () => {
    const [app] = model.apps;
    const other = { id: "0f0f0000-0000-4000-8000-000000000001", value: "Other.Role" };
    Object.assign(model, {
      apps: [{ ...app!, appRoles: [other, ...app!.appRoles.slice(0, 2)], identifierUris: ["https://contoso.example/keymend"] }],
    });
    expect((await deploy("--app-id", app!.appId)).err).toContain("verified domain");
    Object.assign(model, { apps: [{ ...app!, appRoles: [other, ...app!.appRoles.slice(0, 2)] }], calls: [] });
    expect(await deploy("--app-id", app!.appId)).toMatchObject({ code: 0 });
    expect(model.apps[0]!.appRoles.map(({ value }) => value)).toEqual([
      "Other.Role",
      "Keymend.Reader",
      "Keymend.Operator",
      "Keymend.Approver",
    ]);
  });
});

describe("the registration that is deployed", () => {
  test.each([
    ["of another name", ["--app-name", "callers"]],
    ["that was said by its id", ["--app-id", "c11e0000-0000-4000-8000-000000000007"]],
    ["that is none of ours", ["--audience", "api://theirs"]],
  ])("%s stays where it is not said again, and where it is", async (_, said) => {
    const there = { appId: "c11e0000-0000-4000-8000-000000000007", displayName: "there", identifierUris: [], appRoles: [] };
    Object.assign(model, { apps: [{ ...there, api: { oauth2PermissionScopes: [], preAuthorizedApplications: [] } }] });
    await deploy("--vault", "vault-a", ...said);
    const { apps, stacks } = copy();
    for (const args of [[], said]) {
      Object.assign(model, { calls: [] });
      expect(await deploy(...args)).toMatchObject({ code: 0 });
      expect(changes()).toEqual([]);
    }
    expect(await deploy("--mode", "approve")).toMatchObject({ code: 0 });
    expect(model.apps).toEqual(apps);
    const audience = (stacks[0] as unknown as { parameters: { apiAudience: object } }).parameters.apiAudience;
    expect(model.stacks[0]!.parameters).toMatchObject({ mode: { value: "approve" }, apiAudience: audience });
  });

  test("is let go for another that is asked for", async () => {
    await deploy("--vault", "vault-a");
    await deploy("--app-name", "callers");
    expect(model.apps.map(({ displayName }) => displayName)).toEqual(["keymend", "callers"]);
    const { appId } = model.apps[1]!;
    expect(model.stacks[0]!.parameters).toMatchObject({ apiAudience: { value: `api://${appId},${appId}` } });
  });

  test("gives no role where it is left alone, and says so", async () => {
    const { code, err } = await deploy("--vault", "vault-a", "--audience", "api://theirs", "--reader", "me");
    expect({ code, changes: changes() }).toEqual({ code: 1, changes: [] });
    expect(err).toContain("api://theirs");
  });
});

describe("what is watched", () => {
  test.each([`vaultGroups=["rg-vaults"]`, `watchedSubscriptions=["5ab50000-0000-4000-8000-000000000002"]`])(
    "may be said without a vault: %s",
    async (said) => {
      expect(await deploy("--set", said)).toMatchObject({ code: 0, err: "" });
      expect(model.stacks).toHaveLength(1);
    },
  );

  test.each([[[]], [["--set", "vaultGroups=[]"]]])("must be said: %j is nothing", async (args) => {
    const { code, err } = await deploy(...args);
    expect({ code, changes: changes() }).toEqual({ code: 1, changes: [] });
    expect(err).toContain("nothing to watch");
  });
});

describe("the system topics that are there already", () => {
  const SUBSCRIPTION = "/subscriptions/5ab50000-0000-4000-8000-000000000001";
  const vault = `${SUBSCRIPTION}/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/vault-a`;

  test("are used, the own ones excepted", async () => {
    Object.assign(model, {
      topics: [
        { name: "theirs", source: vault.toLowerCase(), resourceGroup: "rg-vaults" },
        { name: "keymend-subscription", source: SUBSCRIPTION, resourceGroup: "rg-keymend" },
      ],
    });
    await deploy("--vault", vault);
    expect(model.stacks[0]!.parameters).toMatchObject({ vaults: { value: [{ id: vault, topicName: "theirs" }] } });
    expect(model.stacks[0]!.parameters).not.toHaveProperty("subscriptionTopicName");
  });

  test("are told by their resource ids where they are in other groups", async () => {
    const topics = [vault, SUBSCRIPTION].map((source, i) => ({ name: `theirs-${i}`, source, resourceGroup: "rg-other" }));
    Object.assign(model, { topics });
    expect(await deploy("--vault", vault)).toMatchObject({ code: 0, err: "" });
    const id = (i: number): string => `${SUBSCRIPTION}/resourceGroups/rg-other/providers/Microsoft.EventGrid/systemTopics/theirs-${i}`;
    expect(model.stacks[0]!.parameters).toMatchObject({
      vaults: { value: [{ id: vault, topicName: id(0) }] },
      subscriptionTopicName: { value: id(1) },
    });
  });
});

test("a template is another when a module of it is, or what a module loads", () => {
  mkdirSync(join(dir, "infra", "modules"), { recursive: true });
  const main = join(dir, "infra", "main.bicep");
  const digests = ["main.bicep", "modules/a.bicep", "modules/a.json"].map((file) => {
    writeFileSync(join(dir, "infra", file), file);
    return digestOfTemplate(main);
  });
  expect(new Set(digests).size).toBe(3);
  expect(digestOfTemplate(main)).toBe(digests[2]);
});

describe("before anything is changed", () => {
  test("a dry run tells every line, and changes nothing", async () => {
    const was = copy();
    const { code, out } = await deploy("--vault", "vault-a", "--reader", "me", "--dry-run");
    expect({ code, after: { ...model, calls: [] } }).toEqual({ code: 0, after: was });
    expect(out.match(/would run: az /g)).toHaveLength(12);
    expect(out).toContain("would run: az stack sub create --name keymend");
    const told = (said: string, mark: string): string[] =>
      [...said.matchAll(new RegExp(`${mark}: az (.+)`, "g"))].map(([, line]) => short(line!));
    expect(told((await deploy("--vault", "vault-a", "--reader", "me")).out, "running")).toEqual(told(out, "would run"));
  });

  test("--json has the result alone on standard output", async () => {
    const { out, err } = await deploy("--vault", "vault-a", "--json");
    expect(JSON.parse(out)).toMatchObject({ healthy: true, functionApp: "func-keymend-1", changes: expect.any(Array) as unknown });
    expect(err).toContain("the app registration");
    expect(JSON.parse((await deploy("--json", "--mode")).out)).toMatchObject({ next: expect.any(String) as unknown });
  });

  test.each<[string, Partial<Model>, string[], RegExp]>([
    ["an Azure CLI that is too old", { version: "2.45.0" }, ["--vault", "a"], /2\.45\.0.*\n.*az upgrade/],
    ["nobody signed in", { user: "none" }, ["--vault", "a"], /az login/],
    ["no vault", {}, [], /--vault/],
    [
      "a vault of another subscription",
      {},
      ["--vault", "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"],
      /another subscription/,
    ],
    ["what is no vault", {}, ["--vault", "/subscriptions/s"], /is no vault/],
    ["an option that does not exist", {}, ["--vaults", "a"], /--help/],
    ["a mode that does not exist", {}, ["--vault", "a", "--mode", "healing"], /observe, approve, heal.*healing/],
    ["a name that resources can't have", {}, ["--vault", "a", "--name", "Key-Mend"], /Key-Mend/],
    ["a parameter that has an option", {}, ["--set", "mode=heal"], /option of its own/],
    [
      "a parameter that the template does not have",
      {},
      ["--vault", "a", "--set", "alertEmail=x"],
      /main\.bicep has no parameter alertEmail/,
    ],
    ["a file that does not exist", {}, ["--template", "none.bicep"], /none\.bicep/],
  ])("refuses %s, and says what next", async (_, part, args, said) => {
    Object.assign(model, part);
    const { code, err } = await deploy(...args);
    expect({ code, changes: changes() }).toEqual({ code: 1, changes: [] });
    expect(err).toMatch(said);
    expect(err).toContain("next: ");
  });

  test("two registrations of the name are a question", async () => {
    await deploy("--vault", "vault-a");
    Object.assign(model, { apps: [model.apps[0]!, { ...model.apps[0]!, appId: "c11e0000-0000-4000-8000-000000000009" }], stacks: [] });
    expect((await deploy("--vault", "vault-a")).err).toMatch(/2 app registrations are called keymend: .*\n.*--app-id/);
  });

  /** Learn, "Default user permissions in Microsoft Entra ID": members may register applications, and own what they register. */
  test("so is one that somebody has made who is not known: nothing is put on it, and no role is given there", async () => {
    const theirs = { appId: "c11e0000-0000-4000-8000-000000000009", displayName: "it's keymend", identifierUris: [], appRoles: [] };
    Object.assign(model, { apps: [{ ...theirs, api: { oauth2PermissionScopes: [], preAuthorizedApplications: [] } }] });
    const { code, err } = await deploy("--vault", "vault-a", "--app-name", "it's keymend", "--reader", "me");
    expect({ code, changes: changes() }).toEqual({ code: 1, changes: [] });
    expect(err).toMatch(/1 app registrations are called it's keymend: c11e\S+\n.*--app-id.*--app-name/);
    expect(await deploy("--vault", "vault-a", "--app-id", theirs.appId)).toMatchObject({ code: 0 });
  });

  test("--help names every option", async () => {
    const { out } = await deploy("--help");
    expect(out).toContain("--vault");
    expect(model.calls).toEqual([]);
  });
});

/** As it is run: a process, the CLI on its PATH, and an app that answers. */
describe("as a program", () => {
  const file = (): string => join(dir, "azure.json");
  const read = (): Model => JSON.parse(readFileSync(file(), "utf8")) as Model;
  let server: Server;

  beforeAll(async () => {
    writeFileSync(join(dir, "az"), `#!/bin/sh\nexec "${process.execPath}" "${resolve("test/support/fake-az.ts")}" "$@"\n`);
    chmodSync(join(dir, "az"), 0o755);
    server = createServer((_, response) => {
      const isUp = read().published > 0;
      response.writeHead(isUp ? 200 : 503).end(isUp ? '{"status":"alive"}' : "starting");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });

  afterAll(() => void server.close());

  const run = (...args: string[]): Promise<Ran> =>
    new Promise((done) => {
      const env = { PATH: `${dir}${delimiter}${process.env["PATH"]}`, FAKE_AZ: file(), NO_COLOR: "1" };
      execFile(process.execPath, ["scripts/deploy.ts", ...withPackage(args)], { env }, (error, out, err) =>
        done({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });

  test("deploys, and the second time changes nothing", async () => {
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
    writeFileSync(file(), JSON.stringify({ ...NOTHING, apiUrl }));
    const first = await run("--vault", "vault-a");
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: "" });
    expect(first.out).not.toContain("\u001B[");
    const was = read();
    expect((await run()).out).toContain("nothing to change");
    expect({ ...read(), calls: [] }).toEqual({ ...was, calls: [] });
    writeFileSync(file(), JSON.stringify({ ...was, user: "none" }));
    expect(await run()).toMatchObject({ code: 1, err: expect.stringContaining("next: az login") as unknown });
  });
});

/** There it is a batch file, which Node starts in a shell alone, and a shell reads what is in the arguments. */
describe("the Azure CLI on Windows", () => {
  const put = (...path: string[]): void => {
    const at = join(dir, ...path);
    mkdirSync(dirname(at), { recursive: true });
    // Tells what it was started with, each on a line.
    writeFileSync(at, '#!/bin/sh\nfor one in "$@"; do echo "$one"; done\n');
    chmodSync(at, 0o755);
  };
  const on = (...folders: string[]): { platform: "win32"; path: string } => ({
    platform: "win32",
    path: folders.map((folder) => join(dir, folder)).join(delimiter),
  });

  test.each([
    ["by its installer", "CLI2/wbin/az.cmd", "CLI2/python.exe"],
    ["by pip", "venv/Scripts/az.bat", "venv/Scripts/python.exe"],
  ])("installed %s is started by its Python, and gets every argument as it is", async (_, batch, python) => {
    put(batch);
    put(python);
    const body = `{"a":"%PATH% & 'b' \\"c\\"","d":"x^y|z"}`;
    const said = await program("az", on("nowhere", dirname(batch)))(["rest", "--body", body]);
    expect(said.trimEnd().split("\n")).toEqual(["-IBm", "azure.cli", "rest", "--body", body]);
  });

  test("is said to be unusable where that has none, before anything is asked", async () => {
    put("bare/wbin/az.cmd");
    await expect(program("az", on("bare/wbin"))(["version"])).rejects.toMatchObject({
      message: expect.stringContaining("no Python of its own") as unknown,
      next: expect.stringContaining("WSL") as unknown,
    });
  });

  test("is found by the system where there is no such file, and azd and other systems always are", () => {
    put("CLI2/wbin/az.cmd");
    expect(startOf("az", on("nowhere"))).toEqual(["az"]);
    expect(startOf("azd", on("CLI2/wbin"))).toEqual(["azd"]);
    expect(startOf("az", { ...on("CLI2/wbin"), platform: "linux" })).toEqual(["az"]);
  });
});

describe("the Azure CLI", () => {
  test.skipIf(parserProblem !== undefined)("parses every line that was called", async () => {
    Object.assign(model, { refusals: 1 });
    await deploy("--vault", "vault-a", "--reader", "me", "--set", "storageSku=Standard_LRS");
    await deploy("--app-id", model.apps[0]!.appId, "--mode", "heal", "--again");
    // One of each shape: a line takes the CLI a second.
    const shape = (call: readonly string[]): string => call.filter((word, at) => at < 3 || word.startsWith("--")).join(" ");
    const lines = [...new Map(model.calls.map((call) => [shape(call), call])).values()];
    const { refused, unjudged, taken } = await judge(lines, join(dir, "config"));
    expect(refused).toEqual([]);
    expect(unjudged.filter((line) => !MAY_LACK.test(line))).toEqual([]);
    expect(taken).toBeGreaterThan(12);
  });
});
