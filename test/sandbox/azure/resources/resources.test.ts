import { afterEach, describe, expect, test, vi } from "vitest";
import { assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { createAzure } from "../../../../sandbox/azure/azure.ts";
import { addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import { addIdentity } from "../../../../sandbox/azure/managed-identity/build.ts";
import type { Json, Principal } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION, TENANT } from "../pipeline.ts";
import { pass } from "../through-arm.ts";

afterEach(() => vi.restoreAllMocks());

function anAzure() {
  const world = aWorld();
  const azure = createAzure(world, { deliver: async () => 200 });
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const send = async (who: Principal, method: string, url: string, options: { audience?: string; body?: Json } = {}) => {
    const authorization = `Bearer ${await azure.tokens.issue(who, options.audience ?? "https://management.azure.com")}`;
    const body = options.body === undefined ? "" : JSON.stringify(options.body);
    const reply = await azure.handle({ method, url: new URL(url), headers: { authorization }, body });
    if ("fault" in reply) throw new Error(`no answer: ${reply.fault}`);
    return { ...reply, body: reply.body === "" ? null : (JSON.parse(reply.body) as Json) };
  };
  const arm = (who: Principal, method: string, path: string, body?: Json) =>
    send(
      who,
      method,
      `https://management.azure.com${path}${path.includes("?") ? "&" : "?"}api-version=2022-12-01`,
      body === undefined ? {} : { body },
    );
  return { world, azure, owner, send, arm };
}

const itemsOf = (body: Json): { name: string; id: string }[] => (body as unknown as { value: { name: string; id: string }[] }).value;
const namesOf = (body: Json): string[] => itemsOf(body).map(({ name }) => name);

describe("subscriptions and tenants (Microsoft.Resources 2022-12-01)", () => {
  test("are listed for whoever has a role anywhere in them, directly or through a group, and for nobody else", async () => {
    const { world, arm } = anAzure();
    const group = aPerson(world, "group", { role: ROLE.reader, scope: GROUP });
    const member = aPerson(world, "member");
    member.memberOf.push(group.oid);

    const seen = await arm(member, "GET", "/subscriptions");
    const unseen = await arm(aPerson(world, "nobody"), "GET", "/subscriptions");

    expect(seen.body).toMatchObject({ value: [{ id: `/subscriptions/${SUBSCRIPTION}`, tenantId: TENANT, state: "Enabled" }] });
    expect(unseen).toMatchObject({ status: 200, body: { value: [] } });
  });

  test("the tenant is there for everybody in it", async () => {
    const { world, arm } = anAzure();

    await expect(arm(aPerson(world, "nobody"), "GET", "/tenants")).resolves.toMatchObject({
      status: 200,
      body: { value: [{ tenantId: TENANT }] },
    });
  });
});

describe("resource groups", () => {
  test("may have letters beyond ASCII: percent-encoded in the addresses of headers, and followed there", async () => {
    const { world, owner, arm, send } = anAzure();
    const group = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-données`;
    await arm(owner, "PUT", group, { location: "westus2" });
    const account = `${group}/providers/Microsoft.DocumentDB/databaseAccounts/orders`;
    const made = await arm(owner, "PUT", account, { location: "westus2", properties: { locations: [{ locationName: "West US 2" }] } });

    expect(made.headers["location"]).toContain("/resourceGroups/rg-donn%C3%A9es/");
    await pass(world, 3_600_000);
    await expect(send(owner, "GET", made.headers["location"]!)).resolves.toMatchObject({ status: 200, body: { id: account } });
  });

  test("are listed as far as the caller may read them", async () => {
    const { world, arm, owner } = anAzure();
    await arm(owner, "PUT", `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg2`, { location: "West US 2" });
    const reader = aPerson(world, "reader", { role: ROLE.reader, scope: GROUP });

    expect(namesOf((await arm(reader, "GET", `/subscriptions/${SUBSCRIPTION}/resourcegroups`)).body)).toEqual(["rg1"]);
    expect(namesOf((await arm(owner, "GET", `/subscriptions/${SUBSCRIPTION}/resourcegroups`)).body)).toEqual(["rg1", "rg2"]);
  });

  test("tell by HEAD whether they exist: 204 or 404", async () => {
    const { arm, owner } = anAzure();

    await expect(arm(owner, "HEAD", GROUP)).resolves.toMatchObject({ status: 204 });
    await expect(arm(owner, "HEAD", `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg2`)).resolves.toMatchObject({
      status: 404,
      body: null,
    });
  });

  test("are made with 201, updated with 200 and not moved", async () => {
    const { arm, owner } = anAzure();
    const rg2 = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg2`;

    await expect(arm(owner, "PUT", rg2, { location: "westus2", tags: { a: "b" } })).resolves.toMatchObject({
      status: 201,
      body: { id: rg2, name: "rg2", location: "westus2", tags: { a: "b" }, properties: { provisioningState: "Succeeded" } },
    });
    await expect(arm(owner, "PUT", rg2, { location: "westus2" })).resolves.toMatchObject({ status: 200, body: { tags: {} } });
    await expect(arm(owner, "PUT", rg2, { location: "eastus" })).resolves.toMatchObject({ status: 409 });
    await expect(arm(owner, "PUT", rg2, {})).resolves.toMatchObject({ status: 400, body: { error: { code: "LocationRequired" } } });
  });
});

describe("the generic list of resources (recorded: Azure/azure-cli test_keyvault_softdelete, 2022)", () => {
  test("filters by type in any casing, shows no properties, and loses a deleted vault at once", async () => {
    const { world, arm, owner } = anAzure();
    addIdentity(world, { resourceGroup: "rg1", name: "id1", location: "westus2" });
    addVault(world, { name: "kv1", resourceGroup: "rg1" });
    const gone = addVault(world, { name: "kv2", resourceGroup: "rg1" });
    gone.deleted = { at: world.clock.now(), purgeAt: world.clock.now() + 1000 };

    const { body } = await arm(
      owner,
      "GET",
      `/subscriptions/${SUBSCRIPTION}/resources?$filter=resourceType eq 'microsoft.keyvault/VAULTS'`,
    );

    expect(itemsOf(body)).toEqual([expect.objectContaining({ name: "kv1", type: "Microsoft.KeyVault/vaults" })]);
    expect(JSON.stringify(body)).not.toContain("properties");
  });

  test("joins conditions, and refuses a filter it can't read", async () => {
    const { world, arm, owner } = anAzure();
    addVault(world, { name: "kv1", resourceGroup: "rg1" });
    addVault(world, { name: "kv2", resourceGroup: "rg1" });
    const list = `${GROUP}/resources?$filter=`;

    const two = await arm(owner, "GET", `${list}resourceType eq 'Microsoft.KeyVault/vaults' and name eq 'kv2'`);
    const bad = await arm(owner, "GET", `${list}name ne 'kv2'`);

    expect(namesOf(two.body)).toEqual(["kv2"]);
    expect(bad).toMatchObject({ status: 400, body: { error: { code: "InvalidFilterInQueryString" } } });
  });

  test("holds what the caller may read", async () => {
    const { world, arm } = anAzure();
    const vault = addVault(world, { name: "kv1", resourceGroup: "rg1" });
    addVault(world, { name: "kv2", resourceGroup: "rg1" });
    const reader = aPerson(world, "reader");
    assignRole(world, { principalId: reader.oid, role: ROLE.reader, scope: vault.id });

    expect(namesOf((await arm(reader, "GET", `/subscriptions/${SUBSCRIPTION}/resources`)).body)).toEqual(["kv1"]);
  });
});

describe("resource providers", () => {
  test("tell the api-versions of each type that the sandbox has, by any casing of the name", async () => {
    const { arm, owner } = anAzure();

    const one = await arm(owner, "GET", `/subscriptions/${SUBSCRIPTION}/providers/microsoft.keyvault`);
    const unknown = await arm(owner, "GET", `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Nothing`);

    expect(one.body).toMatchObject({
      namespace: "Microsoft.KeyVault",
      registrationState: "Registered",
      resourceTypes: expect.arrayContaining([
        expect.objectContaining({ resourceType: "vaults", apiVersions: expect.arrayContaining(["2026-02-01"]) }),
      ]),
    });
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: "InvalidResourceNamespace" } } });
  });

  test("name no type that nothing answers for", async () => {
    const { arm, owner } = anAzure();
    const { body } = await arm(owner, "GET", `/subscriptions/${SUBSCRIPTION}/providers`);
    const providers = (body as unknown as { value: { namespace: string; resourceTypes: { resourceType: string }[] }[] }).value;
    const listable = providers
      .flatMap(({ namespace, resourceTypes }) => resourceTypes.map(({ resourceType }) => `${namespace}/${resourceType}`))
      .filter((type) => type.split("/").length === 2 && !/^Microsoft\.(Resource|Insights)/.test(type));

    const statuses = await Promise.all(
      listable.map(async (type) => (await arm(owner, "GET", `/subscriptions/${SUBSCRIPTION}/providers/${type}`)).status),
    );

    expect(statuses).toEqual(listable.map(() => 200));
  });
});

describe("Microsoft Graph as az uses it", () => {
  const audience = "https://graph.microsoft.com/";

  test.each(["appid", "oid", "name"] as const)("finds a service principal by its %s", async (property) => {
    const { world, send, owner } = anAzure();
    const app = aPerson(world, "app one");
    const filter = encodeURIComponent(`servicePrincipalNames/any(c:c eq '${app[property]}')`);

    const { body } = await send(owner, "GET", `https://graph.microsoft.com/v1.0/servicePrincipals?$filter=${filter}`, { audience });

    expect(body).toMatchObject({ value: [{ id: app.oid, appId: app.appid, displayName: "app one" }] });
  });

  test("names objects by their ids and leaves out who is not there", async () => {
    const { world, send, owner } = anAzure();
    const app = aPerson(world, "app");
    const body = { ids: [app.oid, "00000000-0000-4000-8000-000000000000"] };

    const reply = await send(owner, "POST", "https://graph.microsoft.com/v1.0/directoryObjects/getByIds", { audience, body });

    expect(reply.body).toMatchObject({ value: [{ "@odata.type": "#microsoft.graph.servicePrincipal", id: app.oid }] });
    expect(itemsOf(reply.body)).toHaveLength(1);
  });

  test("refuses ARM's token, and an id that is nobody's", async () => {
    const { send, owner } = anAzure();
    const url = "https://graph.microsoft.com/v1.0/servicePrincipals/00000000-0000-4000-8000-000000000000";

    await expect(send(owner, "GET", url)).resolves.toMatchObject({ status: 401 });
    await expect(send(owner, "GET", url, { audience })).resolves.toMatchObject({
      status: 404,
      body: { error: { code: "Request_ResourceNotFound" } },
    });
  });
});

describe("a custom Event Grid topic", () => {
  const url = "https://outcomes.westus2-1.eventgrid.azure.net/api/events?api-version=2018-01-01";
  const audience = "https://eventgrid.azure.net";

  test("keeps what is posted to it", async () => {
    const { azure, send, owner } = anAzure();

    await expect(send(owner, "POST", url, { audience, body: [{ id: "1" }] })).resolves.toMatchObject({ status: 200, body: null });
    expect(azure.published).toMatchObject([{ topic: "outcomes.westus2-1.eventgrid.azure.net", caller: "owner", events: [{ id: "1" }] }]);
  });

  test("refuses a stranger, another service's token and what is no list", async () => {
    const { azure, send, owner } = anAzure();

    await expect(send(owner, "POST", url, { body: [] })).resolves.toMatchObject({ status: 401 });
    await expect(send(owner, "POST", url, { audience, body: {} })).resolves.toMatchObject({ status: 400 });
    expect(azure.published).toEqual([]);
  });
});

describe("the front door", () => {
  test("is not for hosts that are not Azure's", async () => {
    const { azure } = anAzure();

    await expect(azure.handle({ method: "GET", url: new URL("https://example.com/"), headers: {}, body: "" })).rejects.toThrow(
      "example.com",
    );
  });

  test("tells a defect of the sandbox from Azure's own failures", async () => {
    const { arm, owner, world } = anAzure();
    const errors = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    world.resourceGroups.get = () => {
      throw new Error("a bug");
    };

    await expect(arm(owner, "HEAD", GROUP)).resolves.toMatchObject({
      status: 500,
      body: { error: { code: "SandboxDefect", message: "a bug" } },
    });
    expect(errors).toHaveBeenCalledWith(expect.stringContaining("a bug"));
  });
});
