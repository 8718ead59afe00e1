import { globSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { DeployError } from "../../scripts/deploy/az.ts";
import { type Hook, runHook } from "../../scripts/deploy/azd.ts";
import { answer, type Model } from "../support/fake-az.ts";

type Project = {
  services: Record<string, { project: string; resourceName: string; remoteBuild: boolean }>;
  infra: { path: string; module: string; deploymentStacks: object };
  hooks: Record<string, Record<"posix" | "windows", { run: string }>>;
};
const project = parse(readFileSync("azure.yaml", "utf8")) as Project;

let model: Model;
let azd: string[][];
let told: string[];

beforeEach(() => {
  const lists = { apps: [], principals: [], assigned: [], topics: [], stacks: [], locks: [], calls: [] };
  model = { ...lists, version: "2.91.0", user: "user", published: 0, refusals: 0, apiUrl: "" };
  azd = [];
  told = [];
});

const hook = (env: Hook["env"], said = '200 {"status":"alive"}'): Hook => ({
  env,
  az: async (args) => answer(model, args),
  azd: async (args) => {
    azd.push([...args]);
    return "";
  },
  told: (line) => void told.push(line),
  answerOf: async () => said,
});

describe("azure.yaml", () => {
  test("takes the resources from the Bicep files, and the code from what npm run package makes", () => {
    expect(readFileSync(`${project.infra.path}/${project.infra.module}.bicepparam`, "utf8")).toContain("using 'main.bicep'");
    const { keymend } = project.services;
    expect(keymend).toMatchObject({ project: "./dist/app", remoteBuild: false });
    expect(readFileSync("scripts/package.ts", "utf8")).toContain('default: "dist/app"');
    expect(readFileSync("infra/main.bicep", "utf8")).toContain(`output ${/\$\{(\w+)\}/.exec(keymend!.resourceName)![1]} string`);
  });

  test("has hooks that exist, the same for both shells", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    for (const { posix, windows } of Object.values(project.hooks)) {
      expect(posix.run.split(/ && |; /)).toEqual(windows.run.split(/ && |; /));
      const [, name] = /npm run (?:--silent )?(\w+)/.exec(posix.run)!;
      expect(Object.keys(scripts)).toContain(name);
    }
  });

  test("reads every setting from a parameter file that names each parameter of the template", () => {
    const names = (file: string): string[] =>
      [...readFileSync(file, "utf8").matchAll(/^param (\w+)/gm)].map(([, name]) => name!).toSorted();
    const files = globSync("infra/*.bicepparam");
    expect(files.toSorted()).toEqual(["infra/main.bicepparam", "infra/watch.bicepparam"]);
    for (const file of files) expect(names(file).toSorted()).toEqual(names(file.replace(".bicepparam", ".bicep")).toSorted());
  });
});

describe("the hook before the resources", () => {
  test("makes the registration and keeps its audience, once", async () => {
    await runHook("registration", hook({ KEYMEND_VAULTS: "/subscriptions/s" }));
    const { appId } = model.apps[0]!;
    expect(model.apps[0]!.identifierUris).toEqual([`api://${appId}`]);
    expect(azd).toEqual([["env", "set", "KEYMEND_API_AUDIENCE", `api://${appId},${appId}`]]);
    await runHook("registration", hook({ KEYMEND_VAULTS: "/subscriptions/s", KEYMEND_API_AUDIENCE: azd[0]![3] }));
    expect(azd).toHaveLength(1);
    expect(model.apps).toHaveLength(1);
  });

  test.each(["KEYMEND_VAULTS", "KEYMEND_VAULT_GROUPS", "KEYMEND_WATCHED_SUBSCRIPTIONS"])(
    "goes on where %s says what is watched",
    async (name) => {
      await runHook("registration", hook({ [name]: "somewhere" }));
      expect(model.apps).toHaveLength(1);
    },
  );

  test("takes one that is there only where it is said", async () => {
    await runHook("registration", hook({ KEYMEND_VAULTS: "/subscriptions/s" }));
    await expect(runHook("registration", hook({ KEYMEND_VAULTS: "/subscriptions/s" }))).rejects.toMatchObject({
      next: expect.stringContaining("KEYMEND_APP_ID") as unknown,
    });
    const KEYMEND_APP_ID = model.apps[0]!.appId;
    await runHook("registration", hook({ KEYMEND_VAULTS: "/subscriptions/s", KEYMEND_APP_ID }));
    expect(azd.at(-1)).toEqual(["env", "set", "KEYMEND_API_AUDIENCE", `api://${KEYMEND_APP_ID},${KEYMEND_APP_ID}`]);
  });

  test.each<[string, Hook["env"], string]>([
    ["where there is nothing to watch", { KEYMEND_VAULTS: " " }, "nothing to watch"],
    ["in another tenant than az is in", { KEYMEND_VAULTS: "/s", AZURE_TENANT_ID: "another" }, "in the tenant another"],
  ])("stops %s", async (_, env, said) => {
    await expect(runHook("registration", hook(env))).rejects.toThrow(said);
    expect(model.apps).toEqual([]);
    expect(azd).toEqual([]);
  });
});

/** Azure/azure-dev issue 2916: azd down deletes every resource group that a deployed resource is in, and role assignments lie with the vaults. */
describe("azd down", () => {
  test("is refused before it deletes anything, in both shells, with the groups of the vaults by name", async () => {
    const { posix, windows } = project.hooks["predown"]!;
    expect([posix.run, windows.run]).toEqual(Array.from({ length: 2 }, () => "npm run --silent azd -- removal"));
    expect(JSON.stringify(project.hooks["predown"])).not.toContain("continueOnError");
    const vault = "/subscriptions/s/resourceGroups/RG-Vaults/providers/Microsoft.KeyVault/vaults/kv";
    const refused = runHook("removal", hook({ KEYMEND_VAULTS: `${vault}, ${vault}2`, KEYMEND_VAULT_GROUPS: "rg-more," }));
    await expect(refused).rejects.toThrow("(rg-more, rg-vaults)");
    await expect(runHook("removal", hook({}))).rejects.toMatchObject({ next: expect.stringContaining("docs/deploy.md") as unknown });
    expect([model.calls, azd]).toEqual([[], []]);
  });

  test("by a stack would take resources alone: no group is deleted with what else is in it", () => {
    expect(project.infra.deploymentStacks).toEqual({
      actionOnUnmanage: { resources: "delete", resourceGroups: "detach", managementGroups: "detach" },
      denySettings: { mode: "none" },
    });
  });

  test("has a way round it in the guide, by the section that the refusal names", () => {
    const section = /^## With azd\n([\s\S]*?)^## /m.exec(readFileSync("docs/deploy.md", "utf8"))![1]!;
    for (const said of ["azd down", "--parameters infra/main.bicepparam", "--action-on-unmanage deleteResources", "#removing-it"])
      expect(section).toContain(said);
  });
});

describe("the hook after the code", () => {
  test("adds the events once, and sees that the app is alive", async () => {
    await runHook("events", hook({ apiUrl: "https://x/api" }));
    expect(azd).toEqual([
      ["env", "set", "KEYMEND_DEPLOY_EVENTS", "true"],
      ["provision", "--no-prompt"],
    ]);
    await runHook("events", hook({ apiUrl: "https://x/api", KEYMEND_DEPLOY_EVENTS: "true" }));
    expect(azd).toHaveLength(2);
    expect(told.at(-1)).toBe('https://x/api/health answers 200 {"status":"alive"}');
  });

  test("lets people sign in to the dashboard of the registration that was made here, once", async () => {
    await runHook("registration", hook({ KEYMEND_VAULTS: "/subscriptions/s" }));
    const env = { apiUrl: "https://x/api", KEYMEND_DEPLOY_EVENTS: "true", KEYMEND_API_AUDIENCE: azd[0]![3] };
    await runHook("events", hook(env));
    expect(model.apps[0]!.spa).toEqual({ redirectUris: ["https://x/api/dashboard/"] });
    const calls = (): number => model.calls.filter((call) => call.includes("patch")).length;
    const before = calls();
    await runHook("events", hook(env));
    await runHook("events", hook({ ...env, KEYMEND_API_AUDIENCE: "api://theirs" }));
    expect(calls()).toBe(before);
  });

  test("fails where the app is not alive", async () => {
    await expect(runHook("events", hook({ apiUrl: "https://x/api", KEYMEND_DEPLOY_EVENTS: "true" }, "503 "))).rejects.toThrow("503");
  });

  test("is one of three", async () => {
    await expect(runHook(undefined, hook({}))).rejects.toThrow(DeployError);
  });
});
