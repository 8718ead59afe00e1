import { describe, expect, test } from "vitest";
import { addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { addSystemTopic, addEventSubscription } from "../../../../sandbox/azure/event-grid/build.ts";
import { addKey, addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import { keyVaultRoutes } from "../../../../sandbox/azure/keyvault/routes.ts";
import type { Json, World } from "../../../../sandbox/azure/world.ts";
import { throughArm } from "../through-arm.ts";
import { arm, at, aWorld, DAY, GROUP, pass, PROVIDER, refusal, START, SUBSCRIPTION, TENANT } from "./support.ts";

const VAULTS = `${GROUP}/providers/Microsoft.KeyVault/vaults`;
const KV = `${VAULTS}/kv1`;
const newVault = (properties: Record<string, Json> = {}): Json => ({
  location: "westus2",
  properties: { tenantId: TENANT, sku: { family: "A", name: "standard" }, ...properties },
});
const recovery = newVault({ createMode: "recover" });

describe("vault bodies", () => {
  test("a vault with defaults shows neither network rules nor flags that were never set, as recorded in test_keyvault_network_rule.yaml", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys", rbac: false, purgeProtection: false });
    const { body } = await arm(world, "GET", KV, { as: owner });
    const text = JSON.parse(JSON.stringify(body)) as { properties: object };
    expect(Object.keys(text)).toEqual(["id", "name", "type", "location", "tags", "systemData", "properties"]);
    expect(Object.keys(text.properties)).toEqual([
      "sku",
      "tenantId",
      "accessPolicies",
      "enabledForDeployment",
      "enableSoftDelete",
      "softDeleteRetentionInDays",
      "vaultUri",
      "provisioningState",
      "publicNetworkAccess",
    ]);
  });

  test("network rules show as soon as one of them is not the default", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys", network: { bypass: "None" } });
    const { body } = await arm(world, "GET", KV, { as: owner });
    expect(at(body, "properties", "networkAcls")).toEqual({
      bypass: "None",
      defaultAction: "Allow",
      ipRules: [],
      virtualNetworkRules: [],
    });
  });

  test("times have at most three fraction digits, zeros at the end cut", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    world.clock.set(START + 38_880);
    const { body } = await arm(world, "PATCH", KV, { as: owner, body: { tags: {} } });
    expect(at(body, "systemData", "lastModifiedAt")).toBe("2026-11-02T08:00:38.88Z");
  });

  test("a missing vault is refused by the front end in its words", async () => {
    const { world, owner } = aWorld();
    const error = await refusal(arm(world, "GET", KV, { as: owner }));
    expect(error).toMatchObject({
      status: 404,
      code: "ResourceNotFound",
      message:
        "The Resource 'Microsoft.KeyVault/vaults/kv1' under resource group 'rg-keys' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
      extra: { headers: { "x-ms-failure-cause": "gateway" } },
    });
  });
});

describe("lists of vaults", () => {
  const many = (world: World): void => {
    for (const name of ["kv3", "kv1", "kv2"]) addVault(world, { name, resourceGroup: "rg-keys" });
    addVault(world, { name: "kv9", resourceGroup: "rg-other" });
  };

  async function pages(world: World, owner: Parameters<typeof arm>[3]["as"], first: string): Promise<string[][]> {
    const found: string[][] = [];
    for (let path: string | undefined = first; path;) {
      const { body } = await arm(world, "GET", path, { as: owner });
      found.push((at(body, "value") as { name: string }[]).map((v) => v.name));
      path = at(body, "nextLink") as string | undefined;
    }
    return found;
  }

  test("a subscription's list has empty pages that are not the end, as recorded for cloud-custodian", async () => {
    const { world, owner } = aWorld({ "keyvault.emptyListPages": true });
    many(world);
    expect(await pages(world, owner, `${PROVIDER}/vaults?$top=2`)).toEqual([[], ["kv1", "kv2"], [], ["kv3", "kv9"], []]);
  });

  test("without the quirk the list ends with its last vault", async () => {
    const { world, owner } = aWorld();
    many(world);
    expect(await pages(world, owner, `${PROVIDER}/vaults?$top=3`)).toEqual([["kv1", "kv2", "kv3"], ["kv9"]]);
  });

  test("a group's list holds the group's vaults only, deleted ones not", async () => {
    const { world, owner } = aWorld();
    many(world);
    await arm(world, "DELETE", `${VAULTS}/kv2`, { as: owner });
    expect(await pages(world, owner, VAULTS)).toEqual([["kv1", "kv3"]]);
  });
});

describe("create and update", () => {
  test("create is still registering DNS for half a minute, and has no slash at the end of its address yet", async () => {
    const { world, owner } = aWorld();
    const reply = await arm(world, "PUT", KV, { as: owner, body: newVault(), apiVersion: "2021-06-01-preview" });
    expect(reply).toMatchObject({ status: 200, body: { properties: { provisioningState: "RegisteringDns" } } });
    expect(reply.headers).toBeUndefined();
    expect(at(reply.body, "properties", "vaultUri")).toBe("https://kv1.vault.azure.net");
    await pass(world, 30_000);
    const read = await arm(world, "GET", KV, { as: owner });
    expect(at(read.body, "properties", "provisioningState")).toBe("Succeeded");
    expect(at(read.body, "properties", "vaultUri")).toBe("https://kv1.vault.azure.net/");
  });

  test("at 2026-02-01 a create is 201 and followed by its location, an update 200", async () => {
    const { world, owner } = aWorld();
    const { status, headers } = await arm(world, "PUT", KV, { as: owner, body: newVault() });
    expect(status).toBe(201);
    const location = headers!["location"]!;
    expect((await arm(world, "GET", location, { as: owner })).status).toBe(202);
    await pass(world, 30_000);
    expect(await arm(world, "GET", location, { as: owner })).toMatchObject({
      status: 200,
      body: { id: KV, properties: { provisioningState: "Succeeded", vaultUri: "https://kv1.vault.azure.net/" } },
    });
    expect((await arm(world, "PUT", KV, { as: owner, body: newVault() })).status).toBe(200);
  });

  test("PUT on a vault that exists drops what is not sent, but not what is set for good", async () => {
    const { world, owner } = aWorld();
    const vault = addVault(world, {
      name: "kv1",
      resourceGroup: "rg-keys",
      rbac: false,
      tags: { a: "1" },
      policies: [{ objectId: "o1", keys: ["get"] }],
      network: { defaultAction: "Deny" },
      publicNetworkAccess: "Disabled",
    });
    await arm(world, "PUT", KV, { as: owner, body: newVault() });
    expect(vault).toMatchObject({
      accessPolicies: [],
      publicNetworkAccess: "Enabled",
      networkAcls: { defaultAction: "Allow" },
      enablePurgeProtection: true,
    });
    expect(vault.tags).toEqual({});
  });

  test.each([
    ["2026-02-01", true],
    ["2024-11-01", undefined],
  ])("at %s a new vault has enableRbacAuthorization %s (access-control-default.md)", async (apiVersion, expected) => {
    const { world, owner } = aWorld();
    const { body } = await arm(world, "PUT", KV, { as: owner, body: newVault(), apiVersion });
    expect(at(body, "properties", "enableRbacAuthorization")).toBe(expected);
  });

  test.each([
    ["the name of a soft-deleted vault", "rg-keys", true, "ConflictError"],
    ["the name of a vault in another group", "rg-other", false, "VaultAlreadyExists"],
  ])("%s is taken", async (_, group, deleted, code) => {
    const { world, owner } = aWorld();
    addVault(world, { name: "KV1", resourceGroup: group });
    if (deleted) await arm(world, "DELETE", KV, { as: owner });
    expect(await refusal(arm(world, "PUT", KV, { as: owner, body: newVault() }))).toMatchObject({ status: 409, code });
  });

  test("PATCH changes what is sent and keeps the rest; tags and access policies are replaced as a whole", async () => {
    const { world, owner } = aWorld();
    const vault = addVault(world, {
      name: "kv1",
      resourceGroup: "rg-keys",
      rbac: false,
      tags: { a: "1" },
      network: { ipRules: [{ value: "1.2.3.4/32" }], defaultAction: "Deny", bypass: "None" },
      policies: [
        { objectId: "o1", keys: ["get"] },
        { objectId: "o2", keys: ["all"] },
      ],
    });
    await arm(world, "PATCH", KV, { as: owner, body: { tags: { b: "2" } } });
    expect(vault).toMatchObject({ tags: { b: "2" }, networkAcls: { bypass: "None" } });
    expect(vault.tags).not.toHaveProperty("a");
    await arm(world, "PATCH", KV, {
      as: owner,
      body: { properties: { accessPolicies: [{ tenantId: TENANT, objectId: "o1", permissions: { keys: ["get", "WrapKey"] } }] } },
    });
    expect(vault.accessPolicies).toEqual([{ tenantId: TENANT, objectId: "o1", permissions: { keys: ["get", "WrapKey"] } }]);
    expect(vault.networkAcls.ipRules).toEqual([{ value: "1.2.3.4/32" }]);
  });

  test.each([
    ["replace", { bypass: "AzureServices", defaultAction: "Allow", ipRules: [] }],
    ["merge", { bypass: "AzureServices", defaultAction: "Deny", ipRules: [{ value: "1.2.3.4/32" }] }],
  ])("a PATCH with part of networkAcls: %s, by switch, as it is not documented", async (mode, expected) => {
    const { world, owner } = aWorld({ "keyvault.patchNetworkAcls": mode });
    const vault = addVault(world, {
      name: "kv1",
      resourceGroup: "rg-keys",
      network: { bypass: "None", defaultAction: "Deny", ipRules: [{ value: "1.2.3.4/32" }] },
    });
    await arm(world, "PATCH", KV, { as: owner, body: { properties: { networkAcls: { bypass: "AzureServices" } } } });
    expect(vault.networkAcls).toMatchObject(expected);
  });

  test("rules and flags are stored as sent, a single address as /32; what is no address is refused", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    const subnet = `/subscriptions/${world.subscriptionId}/resourcegroups/rg/providers/microsoft.network/virtualNetworks/n/subnets/s`;
    const networkAcls = {
      defaultAction: "Deny",
      ipRules: [{ value: "1.2.3.4" }, { value: "5.6.7.0/24" }],
      virtualNetworkRules: [{ id: subnet }],
    };
    const { body } = await arm(world, "PATCH", KV, { as: owner, body: { properties: { networkAcls, enabledForDeployment: true } } });
    expect(at(body, "properties")).toMatchObject({
      enabledForDeployment: true,
      networkAcls: {
        bypass: "AzureServices",
        defaultAction: "Deny",
        ipRules: [{ value: "1.2.3.4/32" }, { value: "5.6.7.0/24" }],
        virtualNetworkRules: [{ id: subnet }],
      },
    });
    const bad = { properties: { networkAcls: { ipRules: [{ value: "1.2.3" }] } } };
    expect(await refusal(arm(world, "PATCH", KV, { as: owner, body: bad }))).toMatchObject({ status: 400, code: "BadRequest" });
  });

  test.each([
    [true, 403],
    [false, 200],
  ])(
    "virtual network rules ask for the right to join their subnets: %s, by switch, as it is documented of accounts alone",
    async (asks, status) => {
      const { world } = aWorld({ "keyvault.rulesAskToJoinSubnets": asks });
      const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
      const contributor = addPrincipal(world, { name: "contributor" });
      assignRole(world, { principalId: contributor.oid, role: ROLE.keyVaultContributor, scope: vault.id });
      const patch = (virtualNetworkRules: { id: string }[]) =>
        arm(world, "PATCH", KV, { as: contributor, body: { properties: { networkAcls: { virtualNetworkRules } } } });
      const id = `/subscriptions/${world.subscriptionId}/resourcegroups/rg/providers/microsoft.network/virtualNetworks/n/subnets/s`;
      const answered = asks ? await refusal(patch([{ id }])) : await patch([{ id }]);
      expect(answered).toMatchObject({ status, ...(asks ? { code: "LinkedAuthorizationFailed" } : {}) });
      expect(vault.networkAcls.virtualNetworkRules).toEqual(asks ? [] : [{ id }]);
      expect((await patch([])).status).toBe(200);
    },
  );

  test("purge protection can't be taken back, and nothing of such a PATCH is done", async () => {
    const { world, owner } = aWorld();
    const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    const body = { properties: { enablePurgeProtection: false, publicNetworkAccess: "Disabled" } };
    const error = await refusal(arm(world, "PATCH", KV, { as: owner, body }));
    expect(error).toMatchObject({ status: 400, code: "BadRequest" });
    expect(error.message).toBe(
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    );
    expect(vault.publicNetworkAccess).toBe("Enabled");
  });

  test("the permission model is switched only with unrestricted roleAssignments/write, and raises VaultAccessPolicyChanged", async () => {
    const { world, owner, events } = aWorld();
    const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    const contributor = addPrincipal(world, { name: "contributor" });
    assignRole(world, { principalId: contributor.oid, role: ROLE.keyVaultContributor, scope: vault.id });
    const body = { properties: { enableRbacAuthorization: false } };
    const error = await refusal(arm(world, "PATCH", KV, { as: contributor, body }));
    expect(error).toMatchObject({ status: 403, code: "AuthorizationFailed" });
    await arm(world, "PATCH", KV, { as: owner, body });
    expect(vault.enableRbacAuthorization).toBe(false);
    expect(events).toMatchObject([{ source: vault.id, eventType: "Microsoft.KeyVault.VaultAccessPolicyChanged" }]);
  });

  test("a change of tags raises no event of the vault", async () => {
    const { world, owner, events } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    await arm(world, "PATCH", KV, { as: owner, body: { tags: { a: "1" } } });
    expect(events).toEqual([]);
  });
});

describe("soft delete", () => {
  test("DELETE answers 200 without body, again 204, and the vault is listed as deleted at once (test_keyvault_softdelete.yaml)", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys", purgeProtection: false, retentionDays: 7, tags: { a: "1" } });
    expect(await arm(world, "DELETE", KV, { as: owner })).toEqual({ status: 200 });
    expect(await arm(world, "DELETE", KV, { as: owner })).toEqual({ status: 204 });
    const { body } = await arm(world, "GET", `${PROVIDER}/locations/WestUS2/deletedVaults/kv1`, { as: owner });
    expect(body).toEqual({
      id: `${PROVIDER}/locations/westus2/deletedVaults/kv1`,
      name: "kv1",
      type: "Microsoft.KeyVault/deletedVaults",
      properties: {
        vaultId: KV,
        location: "westus2",
        tags: { a: "1" },
        deletionDate: "2026-11-02T08:00:00Z",
        scheduledPurgeDate: "2026-11-09T08:00:00Z",
      },
    });
    const list = await arm(world, "GET", `${PROVIDER}/deletedVaults`, { as: owner });
    expect(at(list.body, "value", "length")).toBe(1);
  });

  test("recovery gives back policies, network and keys, ignores what else is sent, and loses grants and event subscriptions", async () => {
    const { world, owner } = aWorld();
    const vault = addVault(world, {
      name: "kv1",
      resourceGroup: "rg-keys",
      rbac: false,
      policies: [{ objectId: "o1", keys: ["get"] }],
      network: { defaultAction: "Deny" },
    });
    addKey(world, vault, { name: "k1" });
    const atVault = assignRole(world, { principalId: "p1", role: ROLE.reader, scope: KV });
    const atKey = assignRole(world, { principalId: "p1", role: ROLE.reader, scope: `${KV}/keys/k1` });
    const inherited = assignRole(world, { principalId: "p1", role: ROLE.reader, scope: GROUP });
    const topic = addSystemTopic(world, { resourceGroup: "rg-keys", name: "t1", source: KV.toLowerCase() });
    addEventSubscription(world, { topic, name: "s1", functionId: `${GROUP}/providers/Microsoft.Web/sites/f/functions/f` });
    await arm(world, "DELETE", KV, { as: owner });
    const body = newVault({ createMode: "recover", networkAcls: { defaultAction: "Allow" }, accessPolicies: [] });
    const reply = await arm(world, "PUT", KV, { as: owner, body });
    expect(reply.status).toBe(200);
    expect(at(reply.body, "properties")).toMatchObject({
      provisioningState: "Succeeded",
      accessPolicies: [{ objectId: "o1" }],
      networkAcls: { defaultAction: "Deny" },
    });
    expect(at(reply.body, "properties")).not.toHaveProperty("createMode");
    expect(vault.keys.get("k1")?.versions).toHaveLength(1);
    const left = [...world.roleAssignments.values()];
    expect(left).not.toContain(atVault);
    expect(left).not.toContain(atKey);
    expect(left).toContain(inherited);
    expect(world.eventSubscriptions.size).toBe(0);
    expect(world.systemTopics.size).toBe(1);
    expect(await refusal(arm(world, "GET", `${PROVIDER}/locations/westus2/deletedVaults/kv1`, { as: owner }))).toMatchObject({
      status: 404,
    });
  });

  test("a grant on a vault whose name begins alike is not lost", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    const other = assignRole(world, { principalId: "p1", role: ROLE.reader, scope: `${VAULTS}/kv10` });
    await arm(world, "DELETE", KV, { as: owner });
    expect([...world.roleAssignments.values()]).toContain(other);
  });

  test("recovery needs to read deleted vaults at the subscription, not only to write the vault (key-vault-recovery.md)", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    await arm(world, "DELETE", KV, { as: owner });
    const narrow = addPrincipal(world, { name: "narrow" });
    assignRole(world, { principalId: narrow.oid, role: ROLE.keyVaultContributor, scope: GROUP });
    const error = await refusal(arm(world, "PUT", KV, { as: narrow, body: recovery }));
    expect(error).toMatchObject({ status: 403, code: "AuthorizationFailed" });
    expect(error.message).toContain("'Microsoft.KeyVault/locations/deletedVaults/read'");
    expect(error.message).toContain(`over scope '/subscriptions/${SUBSCRIPTION}'`);
  });

  test.each([
    ["another group", `${GROUP.replace("rg-keys", "rg-other")}/providers/Microsoft.KeyVault/vaults/kv1`, recovery],
    ["another region", KV, { ...(recovery as object), location: "eastus" }],
    ["another name", `${VAULTS}/kv2`, recovery],
  ])("recovery under %s finds no soft-deleted vault", async (_, path, body) => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    await arm(world, "DELETE", KV, { as: owner });
    expect(await refusal(arm(world, "PUT", path, { as: owner, body }))).toMatchObject({
      status: 400,
      code: "SoftDeletedVaultDoesNotExist",
    });
  });

  test("purge runs for some seconds behind a location, its status in the recorded form; then the name is free", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys", purgeProtection: false });
    await arm(world, "DELETE", KV, { as: owner });
    const accepted = await arm(world, "POST", `${PROVIDER}/locations/westus2/deletedVaults/kv1/purge`, { as: owner });
    expect(accepted).toMatchObject({ status: 202, headers: { "retry-after": "5" } });
    const location = accepted.headers!["location"]!;
    expect((await arm(world, "GET", location, { as: owner })).status).toBe(202);
    await pass(world, 5000);
    expect(await arm(world, "GET", location, { as: owner })).toEqual({
      status: 200,
      body: { createdDateTime: "2026-11-02 08:00:00Z", lastActionDateTime: "2026-11-02 08:00:03Z", status: "Succeeded" },
    });
    expect((await arm(world, "PUT", KV, { as: owner, body: newVault() })).status).toBe(201);
  });

  test("a purge is told of once it is done, with the deleted vault as its resource (event-schema-subscriptions.md: the resource in the operation)", async () => {
    const { world, owner, events } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys", purgeProtection: false });
    const client = throughArm(world, keyVaultRoutes, "2026-02-01");
    await client(owner, "DELETE", KV);
    const deleted = `${PROVIDER}/locations/westus2/deletedVaults/kv1`;
    expect((await client(owner, "POST", `${deleted}/purge`)).status).toBe(202);
    const purges = () => events.filter(({ subject }) => subject === deleted);
    expect(purges()).toEqual([]);
    await pass(world, 20_000);
    expect(purges()).toHaveLength(1);
    expect(purges()[0]).toMatchObject({
      eventType: "Microsoft.Resources.ResourceActionSuccess",
      subject: deleted,
      data: { operationName: "Microsoft.KeyVault/locations/deletedVaults/purge/action", resourceUri: deleted },
    });
  });

  test("purge protection refuses the purge", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    await arm(world, "DELETE", KV, { as: owner });
    const error = await refusal(arm(world, "POST", `${PROVIDER}/locations/westus2/deletedVaults/kv1/purge`, { as: owner }));
    expect(error).toMatchObject({ status: 405, code: "MethodNotAllowed", message: "Operation 'DeletedVaultPurge' is not allowed." });
  });

  test("after the retention the vault is gone by itself and can't be recovered", async () => {
    const { world, owner } = aWorld();
    addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
    await arm(world, "DELETE", KV, { as: owner });
    await pass(world, 90 * DAY * 1000);
    expect(await refusal(arm(world, "PUT", KV, { as: owner, body: recovery }))).toMatchObject({ code: "SoftDeletedVaultDoesNotExist" });
  });
});
