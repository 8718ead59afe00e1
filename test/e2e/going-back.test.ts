/** What the real compiler predicts of a deployment, and of one that asks for less: what is not in the second the stack takes away. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CACHE, findCompiler } from "../../scripts/infra/bicep.ts";

type Properties = {
  roleDefinitionId?: string;
  permissions?: { actions: string[]; dataActions: string[] }[];
  siteConfig?: { appSettings: { name: string; value: string }[] };
};
type Resource = { id: string; type: string; scope?: string; properties?: Properties };

const compiler = findCompiler();
const snapshot = compiler?.snapshot;
if (snapshot === undefined) console.warn("SKIPPED: no Bicep compiler that predicts, so nothing is compared of what a deployment leaves");

const vault = (name: string): string =>
  `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/${name}`;
const EVERYTHING = {
  KEYMEND_MODE: "heal",
  KEYMEND_VAULTS: `${vault("kv-stays")},${vault("kv-goes")}`,
  KEYMEND_ALLOW_ACCESS_POLICY_REPAIRS: "true",
  KEYMEND_ALLOW_VAULT_REPAIRS: "true",
  KEYMEND_ALLOW_IDENTITY_REPAIRS: "true",
  KEYMEND_ALERT_EMAILS: "on-call@contoso.example",
  KEYMEND_DEPLOY_EVENTS: "true",
};

let dir: string;

/** The whole of a resource as text: where an id can't be known before, it is an expression over what it hangs on. */
const textOf = (resource: Resource): string => JSON.stringify(resource);

function predicted(name: string, over: Record<string, string> = {}): Resource[] {
  const file = join(dir, `${name}.bicepparam`);
  const text = readFileSync("infra/main.bicepparam", "utf8");
  writeFileSync(file, text.replace("using 'main.bicep'", `using '${relative(dir, "infra/main.bicep")}'`));
  const { status, said } = snapshot!(file, { ...EVERYTHING, ...over });
  if (status !== 0) throw new Error(said);
  return (JSON.parse(readFileSync(join(dir, `${name}.snapshot.json`), "utf8")) as { predictedResources: Resource[] }).predictedResources;
}

const isWriting = (action: string): boolean => !action.toLowerCase().endsWith("/read");

/** The custom roles that are assigned and write anything. */
function writingRoles(resources: readonly Resource[]): string[] {
  const assigned = resources.filter(({ type }) => type === "Microsoft.Authorization/roleAssignments").map(textOf);
  return resources
    .filter(({ type }) => type === "Microsoft.Authorization/roleDefinitions")
    .filter(({ properties }) => properties!.permissions!.some(({ actions, dataActions }) => [...actions, ...dataActions].some(isWriting)))
    .filter(({ id }) => assigned.some((text) => text.includes(id)))
    .map(({ id }) => id);
}

describe.skipIf(snapshot === undefined)("going back", () => {
  let [heal, observe, oneVault]: Resource[][] = [[], [], []];

  beforeAll(() => {
    mkdirSync(CACHE, { recursive: true });
    dir = mkdtempSync(join(CACHE, "going-back-"));
    heal = predicted("heal");
    observe = predicted("observe", { KEYMEND_MODE: "observe" });
    oneVault = predicted("one-vault", { KEYMEND_VAULTS: vault("kv-stays") });
  }, 300_000);
  afterAll(() => rmSync(dir, { recursive: true }));

  test("from heal to observe leaves no role that writes", () => {
    expect(writingRoles(heal!).length).toBeGreaterThan(2);
    expect(writingRoles(observe!)).toEqual([]);
  });

  test("takes nothing from observe that it has, but roles and who holds them", () => {
    const kinds = (resources: readonly Resource[]): string[] =>
      [...new Set(resources.map(({ type }) => type))]
        .filter((type) => !/roleAssignments|roleDefinitions|userAssigned/.test(type))
        .toSorted();
    expect(kinds(observe!)).toEqual(kinds(heal!));
  });

  test("a vault that is taken out keeps nothing: no assignment, no topic, no alert", () => {
    const about = (resources: readonly Resource[], name: string): number => resources.filter((one) => textOf(one).includes(name)).length;
    expect(about(heal!, "kv-goes")).toBeGreaterThan(2);
    expect(about(oneVault!, "kv-goes")).toBe(0);
    expect(about(oneVault!, "kv-stays")).toBe(about(heal!, "kv-stays"));
  });

  test("without an allow... switch, no role has what it allows", () => {
    const has = (resources: readonly Resource[], action: string): boolean =>
      resources.some(({ properties }) => (properties?.permissions ?? []).some(({ actions }) => actions.includes(action)));
    const none = predicted("no-switches", {
      KEYMEND_ALLOW_ACCESS_POLICY_REPAIRS: "false",
      KEYMEND_ALLOW_VAULT_REPAIRS: "false",
      KEYMEND_ALLOW_IDENTITY_REPAIRS: "false",
    });
    for (const action of [
      "Microsoft.KeyVault/vaults/accessPolicies/write",
      "Microsoft.KeyVault/vaults/write",
      "Microsoft.ManagedIdentity/userAssignedIdentities/write",
    ]) {
      expect([action, has(heal!, action)]).toEqual([action, true]);
      expect([action, has(none, action)]).toEqual([action, false]);
    }
  }, 120_000);

  test("the records are an account of their own, which the app names and nothing else of the app's is in", () => {
    const accounts = heal!.filter(({ type }) => type === "Microsoft.Storage/storageAccounts").map(({ id }) => id);
    const records = accounts.filter((id) => heal!.some((one) => one.id === `${id}/blobServices/default/containers/anchors`));
    expect(accounts).toHaveLength(2);
    expect(records).toHaveLength(1);
    const containers = heal!.filter(({ id }) => id.startsWith(`${records[0]!}/`)).map(({ id }) => id.split("/").at(-1));
    expect(containers.toSorted()).toEqual(["anchors", "dead-letters", "default"]);
    const { appSettings } = heal!.find(({ type }) => type === "Microsoft.Web/sites")!.properties!.siteConfig!;
    const valueOf = (setting: string): string | undefined => appSettings.find((one) => one.name === setting)?.value;
    for (const setting of ["KEYMEND_TABLE_ENDPOINT", "KEYMEND_ANCHOR_CONTAINER"]) expect(valueOf(setting)).toContain(`${records[0]!}'`);
  });
});
