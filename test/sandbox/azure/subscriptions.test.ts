import { beforeEach, describe, expect, test } from "vitest";
import { addSystemTopic } from "../../../sandbox/azure/event-grid/build.ts";
import { eventGridRoutes } from "../../../sandbox/azure/event-grid/routes.ts";
import { ROLE } from "../../../sandbox/azure/authorization/builtin-roles.ts";
import { evaluateAction } from "../../../sandbox/azure/authorization/evaluate.ts";
import { documentDbRoutes } from "../../../sandbox/azure/documentdb/routes.ts";
import { addAccount, addCluster } from "../../../sandbox/azure/documentdb/build.ts";
import { addVault } from "../../../sandbox/azure/keyvault/build.ts";
import { keyVaultRoutes } from "../../../sandbox/azure/keyvault/routes.ts";
import { addIdentity } from "../../../sandbox/azure/managed-identity/build.ts";
import { managedIdentityRoutes } from "../../../sandbox/azure/managed-identity/routes.ts";
import { resourceGraphRoutes } from "../../../sandbox/azure/resource-graph/routes.ts";
import { resourceGroupRoutes } from "../../../sandbox/azure/resources/groups.ts";
import { resourceListRoutes } from "../../../sandbox/azure/resources/list.ts";
import { subscriptionRoutes } from "../../../sandbox/azure/resources/subscriptions.ts";
import { addSubscription, type JsonObject, MANAGEMENT_GROUP, type World } from "../../../sandbox/azure/world.ts";
import { aPerson, aWorld, SUBSCRIPTION, TENANT } from "./pipeline.ts";
import { type ArmClient, throughArm } from "./through-arm.ts";

const SECOND = "22222222-2222-4222-8222-000000000002";
const ABROAD = "22222222-2222-4222-8222-000000000003";
const FABRIKAM = "33333333-3333-4333-8333-333333333333";
const ALL = [SUBSCRIPTION, SECOND, ABROAD];

let world: World;
let arm: ArmClient;
const namesIn = ({ value }: JsonObject): unknown[] => (value as JsonObject[]).map(({ name, displayName }) => name ?? displayName);
beforeEach(() => {
  world = aWorld();
  addSubscription(world, { subscriptionId: SECOND, displayName: "second" });
  addSubscription(world, { subscriptionId: ABROAD, displayName: "abroad", tenantId: FABRIKAM });
  for (const [n, subscriptionId] of ALL.entries()) {
    const common = { subscriptionId, resourceGroup: "rg1" };
    const identity = addIdentity(world, { ...common, name: `id${n}` });
    const vault = addVault(world, { ...common, name: `kv${n}` });
    addVault(world, { ...common, name: `gone${n}` }).deleted = { at: 0, purgeAt: Date.parse("2027-01-01T00:00:00Z") };
    addSystemTopic(world, { resourceGroup: "rg1", name: `topic${n}`, source: vault.id });
    addAccount(world, { ...common, name: `account${n}`, identities: [identity.id] });
    addCluster(world, { ...common, name: `cluster${n}`, identities: [identity.id] });
  }
  const routes = [
    ...subscriptionRoutes,
    ...resourceGroupRoutes,
    ...resourceListRoutes,
    ...keyVaultRoutes,
    ...documentDbRoutes,
    ...managedIdentityRoutes,
    ...eventGridRoutes,
    ...resourceGraphRoutes,
  ];
  arm = throughArm(world, routes, "2024-04-01");
});

describe("of several subscriptions", () => {
  test("who has a role in one sees that one; one above them is above those of the tenant alone", async () => {
    const names = async (scope: string) =>
      namesIn((await arm(aPerson(world, "p", { role: ROLE.reader, scope }), "GET", "/subscriptions")).body);
    expect(await names(`/subscriptions/${SECOND}`)).toEqual(["second"]);
    expect(await names(`/subscriptions/${SECOND}/resourceGroups/rg1`)).toEqual(["second"]);
    expect(await names(MANAGEMENT_GROUP)).toEqual(["Keymend sandbox", "second"]);
    expect(await names("/")).toEqual(["Keymend sandbox", "second"]);
    const nobody = aPerson(world, "nobody");
    expect((await arm(nobody, "GET", "/subscriptions")).body).toEqual({ value: [] });
  });

  test("one of another tenant says by whom it is managed", async () => {
    const who = aPerson(world, "p", { role: ROLE.reader, scope: `/subscriptions/${ABROAD}` });
    expect((await arm(who, "GET", `/subscriptions/${ABROAD}`)).body).toMatchObject({
      tenantId: FABRIKAM,
      managedByTenants: [{ tenantId: TENANT }],
    });
    expect((await arm(who, "GET", `/subscriptions/${SECOND}`)).status).toBe(403);
    expect((await arm(who, "GET", "/subscriptions/22222222-2222-4222-8222-999999999999")).status).toBe(404);
  });

  const LISTS: [string, string, string][] = [
    ["providers/Microsoft.KeyVault/vaults", "kv", "2024-11-01"],
    ["providers/Microsoft.KeyVault/deletedVaults", "gone", "2024-11-01"],
    ["providers/Microsoft.DocumentDB/databaseAccounts", "account", "2024-11-15"],
    ["providers/Microsoft.DocumentDB/mongoClusters", "cluster", "2024-07-01"],
    ["providers/Microsoft.ManagedIdentity/userAssignedIdentities", "id", "2023-01-31"],
    ["providers/Microsoft.EventGrid/systemTopics", "topic", "2025-02-15"],
  ];

  test.each(LISTS)("the list %s is of the one that is asked", async (path, prefix, version) => {
    for (const [n, subscriptionId] of ALL.entries()) {
      const who = aPerson(world, "p", { role: ROLE.reader, scope: `/subscriptions/${subscriptionId}` });
      let url: string | undefined = `/subscriptions/${subscriptionId}/${path}?api-version=${version}`;
      const found: unknown[] = [];
      while (url !== undefined) {
        const { body }: { body: JsonObject } = await arm(who, "GET", url);
        found.push(...namesIn(body));
        url = typeof body["nextLink"] === "string" ? body["nextLink"].replace("https://management.azure.com", "") : undefined;
      }
      expect(found).toEqual([`${prefix}${n}`]);
    }
  });

  test("Resource Graph answers over those that are asked for and may be read, and tells of which tenant each is", async () => {
    const who = aPerson(world, "p", { role: ROLE.reader, scope: `/subscriptions/${SECOND}` });
    const abroad = aPerson(world, "q", { role: ROLE.reader, scope: `/subscriptions/${ABROAD}` });
    const ask = async (person: typeof who, subscriptions: string[]) => {
      const query = "Resources | where type =~ 'microsoft.keyvault/vaults' | project id, name, tenantId | order by id asc";
      const { body } = await arm(person, "POST", "/providers/Microsoft.ResourceGraph/resources", { query, subscriptions });
      return (body["data"] as JsonObject[]).map(({ name, tenantId }) => [name, tenantId]);
    };
    expect(await ask(who, ALL)).toEqual([["kv1", TENANT]]);
    expect(await ask(who, [])).toEqual([["kv1", TENANT]]);
    expect(await ask(who, [SUBSCRIPTION])).toEqual([]);
    expect(await ask(abroad, ALL)).toEqual([["kv2", FABRIKAM]]);
  });

  test("a role holds where it is given, and the tenant's own reach into no other tenant", () => {
    const { oid } = aPerson(world, "p", { role: ROLE.reader, scope: `/subscriptions/${SECOND}` });
    const mayRead = (who: string, subscriptionId: string): boolean =>
      evaluateAction(world, who, "Microsoft.KeyVault/vaults/read", `/subscriptions/${subscriptionId}/resourceGroups/rg1`).allowed;
    expect(ALL.map((id) => mayRead(oid, id))).toEqual([false, true, false]);
    const above = aPerson(world, "q", { role: ROLE.reader, scope: "/" });
    expect(ALL.map((id) => mayRead(above.oid, id))).toEqual([true, true, false]);
  });

  test("what is written in one is told in that one", async () => {
    const heard: unknown[] = [];
    world.publish = ({ source }) => heard.push(source);
    const who = aPerson(world, "p", { role: ROLE.owner, scope: `/subscriptions/${SECOND}` });
    const path = `/subscriptions/${SECOND}/resourceGroups/rg1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/new`;
    expect((await arm(who, "PUT", `${path}?api-version=2023-01-31`, { location: "westus2" })).status).toBe(201);
    expect(heard).toEqual([`/subscriptions/${SECOND}`]);
    expect(world.identities.get(path.toLowerCase())).toMatchObject({ name: "new" });
    expect(world.activityLog.at(-1)?.event).toMatchObject({ subscriptionId: SECOND, tenantId: TENANT });
  });
});
