/** What the real compiler predicts of a deployment, and of one that asks for less: what is not in the second the stack takes away. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CACHE, findCompiler } from "../../scripts/infra/bicep.ts";

type Properties = {
  publicNetworkAccess?: string;
  virtualNetworkSubnetId?: string | null;
  deadLetterWithResourceIdentity?: object | null;
  privateLinkServiceConnections?: { properties: { groupIds: string[]; privateLinkServiceId: string } }[];
  roleDefinitionId?: string;
  permissions?: { actions: string[]; dataActions: string[] }[];
  /** One expression: which cloud it is is known when it is deployed. */
  siteConfig?: { appSettings: string };
};
type Resource = { id: string; type: string; name: string; scope?: string; properties?: Properties };

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
  KEYMEND_ALLOW_REVOCATIONS: "true",
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
  });
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
      KEYMEND_ALLOW_REVOCATIONS: "false",
    });
    for (const action of [
      "Microsoft.KeyVault/vaults/accessPolicies/write",
      "Microsoft.KeyVault/vaults/write",
      "Microsoft.ManagedIdentity/userAssignedIdentities/write",
      "Microsoft.Authorization/roleAssignments/delete",
    ]) {
      expect([action, has(heal!, action)]).toEqual([action, true]);
      expect([action, has(none, action)]).toEqual([action, false]);
    }
  });

  test("the records are an account of their own, which the app names and nothing else of the app's is in", () => {
    const accounts = heal!.filter(({ type }) => type === "Microsoft.Storage/storageAccounts").map(({ id }) => id);
    const records = accounts.filter((id) => heal!.some((one) => one.id === `${id}/blobServices/default/containers/anchors`));
    expect(accounts).toHaveLength(2);
    expect(records).toHaveLength(1);
    const containers = heal!.filter(({ id }) => id.startsWith(`${records[0]!}/`)).map(({ id }) => id.split("/").at(-1));
    expect(containers.toSorted()).toEqual(["anchors", "dead-letters", "default"]);
    const { appSettings } = heal!.find(({ type }) => type === "Microsoft.Web/sites")!.properties!.siteConfig!;
    const valueOf = (setting: string): string | undefined => new RegExp(`'${setting}', (.+?), '[A-Z]`).exec(appSettings)?.[1];
    for (const setting of ["KEYMEND_TABLE_ENDPOINT", "KEYMEND_ANCHOR_CONTAINER"]) expect(valueOf(setting)).toContain(`${records[0]!}'`);
  });

  describe("of the network", () => {
    const network =
      "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/spoke";
    const SUBNETS = { KEYMEND_SUBNET_ID: `${network}/subnets/app`, KEYMEND_ENDPOINT_SUBNET_ID: `${network}/subnets/endpoints` };
    const given = `${network.replace(/virtualNetworks.*/, "privateDnsZones")}/privatelink.queue.core.windows.net`;
    let closed: Resource[] = [];
    const of = (resources: readonly Resource[], type: RegExp): Resource[] => resources.filter((one) => type.test(one.type));
    const accessOf = (resources: readonly Resource[]): string[] =>
      of(resources, /storageAccounts$/).map(({ properties }) => properties!.publicNetworkAccess!);
    const kept = (resources: readonly Resource[]): Resource[] =>
      of(resources, /eventSubscriptions$/).filter(({ properties }) => properties!.deadLetterWithResourceIdentity != null);

    beforeAll(() => {
      const asked = { KEYMEND_PRIVATE_VAULTS: vault("kv-stays"), KEYMEND_PRIVATE_DNS_ZONES: JSON.stringify({ queue: given }) };
      closed = predicted("closed", { ...SUBNETS, ...asked });
    });

    test("each part of the storage that is used has an endpoint, the vault too, and no storage is open", () => {
      const reached = of(closed, /privateEndpoints$/).map(({ properties }) => properties!.privateLinkServiceConnections![0]!.properties);
      expect(reached.map(({ groupIds: [kind] }) => kind).toSorted()).toEqual(["blob", "blob", "queue", "table", "table", "vault"]);
      expect(accessOf(closed)).toEqual(["Disabled", "Disabled"]);
      const accounts = of(closed, /storageAccounts$/).map(({ id }) => id);
      expect(new Set(reached.map(({ privateLinkServiceId }) => privateLinkServiceId))).toEqual(new Set([...accounts, vault("kv-stays")]));
    });

    /** Learn, "Azure Private Endpoint private DNS zone values": of a storage by its suffix, of a vault by another name; in each cloud alike. */
    test("each endpoint is found by its zone, which is linked to the app's network or was there", () => {
      const storage = (kind: string): string => `[format('privatelink{0}', format('.{0}.{1}', '${kind}', environment().suffixes.storage))]`;
      const ofVaults = "[format('privatelink{0}', replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.'))]";
      const made = of(closed, /privateDnsZones$/).map(({ name }) => name);
      expect(made.toSorted()).toEqual([storage("blob"), storage("table"), ofVaults].toSorted());
      const links = of(closed, /virtualNetworkLinks$/);
      expect(links).toHaveLength(3);
      for (const link of links) expect(textOf(link)).toContain(`"id":"${network}"`);
      const groups = of(closed, /privateDnsZoneGroups$/);
      expect(groups).toHaveLength(6);
      expect(groups.filter((group) => textOf(group).includes(given))).toHaveLength(1);
    });

    /** Learn, "Deliver events securely using managed identities": no user-assigned identity passes a firewall. */
    test("nothing is to be kept where nobody could write it", () => {
      expect(kept(heal!)).toHaveLength(2);
      expect(kept(closed)).toEqual([]);
      expect(of(closed, /metricAlerts$/).filter((one) => textOf(one).includes("DeadLetteredCount"))).toEqual([]);
    });

    test("without it nothing of it is left, and the storage is open again", () => {
      expect(of(heal!, /^Microsoft\.Network\//)).toEqual([]);
      expect(accessOf(heal!)).toEqual(["Enabled", "Enabled"]);
      expect(of(heal!, /sites$/)[0]!.properties!.virtualNetworkSubnetId ?? null).toBeNull();
    });

    test("vaults without a subnet for their endpoints are refused", () => {
      expect(() => predicted("refused", { KEYMEND_PRIVATE_VAULTS: vault("kv-stays") })).toThrow(
        /privateVaults: their endpoints need endpointSubnetId/,
      );
    });
  });
});
