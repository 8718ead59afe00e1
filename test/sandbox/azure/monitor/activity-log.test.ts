// Who changed what, as azure-monitor-docs activity-log.md and activity-log-schema.md say, and the filter of activityLogs_API.json 2015-04-01.
import { describe, expect, test } from "vitest";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { textAt } from "../../../../sandbox/azure/json.ts";
import { addIdentity } from "../../../../sandbox/azure/managed-identity/build.ts";
import { managedIdentityRoutes } from "../../../../sandbox/azure/managed-identity/routes.ts";
import { authorizationRoutes } from "../../../../sandbox/azure/authorization/routes.ts";
import { monitorRoutes } from "../../../../sandbox/azure/monitor/routes.ts";
import type { JsonObject, Principal, World } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION, TENANT, widgets, WIDGETS } from "../pipeline.ts";
import { pass, throughArm } from "../through-arm.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const LOG = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values`;
const { routes, slow } = widgets();

function aTenant(switches: World["switches"] = {}) {
  const world = aWorld(switches);
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const arm = throughArm(world, [...routes, ...monitorRoutes, ...managedIdentityRoutes, ...authorizationRoutes], "2015-04-01");
  const since = new Date(world.clock.now() - MINUTE).toISOString();
  const ask = (filter = "", as: Principal = owner, more = "") =>
    arm(as, "GET", `${LOG}?$filter=${encodeURIComponent(`eventTimestamp ge '${since}'${filter}`)}${more}`);
  const entries = async (filter = ""): Promise<JsonObject[]> => (await ask(filter)).body["value"] as JsonObject[];
  return { world, owner, arm, ask, entries };
}

const said = (entry: JsonObject): unknown[] => [
  (entry["operationName"] as JsonObject)["value"],
  (entry["status"] as JsonObject)["value"],
  (entry["subStatus"] as JsonObject)["value"],
];
const write = "Microsoft.Widgets/widgets/write";

describe("what it holds", () => {
  test("a change is there twice, as it began and as it has ended, newest first, with who, when, from what request", async () => {
    const { world, owner, arm, entries } = aTenant();
    const at = world.clock.iso();
    await arm(owner, "PUT", `${WIDGETS}/one`, { size: 1 });
    await pass(world, 20 * MINUTE);

    const [ended, began] = await entries();

    expect([ended, began].map((entry) => said(entry!))).toEqual([
      [write, "Succeeded", "Created"],
      [write, "Started", ""],
    ]);
    expect(began).toMatchObject({
      authorization: { action: write, scope: `${WIDGETS}/one` },
      caller: owner.oid,
      claims: { appid: owner.appid, "http://schemas.microsoft.com/identity/claims/objectidentifier": owner.oid },
      category: { value: "Administrative" },
      eventName: { value: "BeginRequest", localizedValue: "Begin request" },
      httpRequest: { method: "PUT" },
      level: "Informational",
      resourceGroupName: "rg1",
      resourceId: `${WIDGETS}/one`,
      resourceProviderName: { value: "Microsoft.Widgets" },
      resourceType: { value: "Microsoft.Widgets/widgets" },
      subscriptionId: SUBSCRIPTION,
      tenantId: TENANT,
      properties: { requestbody: '{"size":1}', eventCategory: "Administrative" },
    });
    expect(Date.parse(textAt(began!["eventTimestamp"]))).toBe(Date.parse(at));
    expect(began!["id"]).toMatch(/\/widgets\/one\/events\/[0-9a-f-]{36}\/ticks\/\d{18}$/);
    expect(ended!["correlationId"]).toBe(began!["correlationId"]);
    expect(ended).toMatchObject({
      properties: { statusCode: "Created" },
      subStatus: { localizedValue: "Created (HTTP Status Code: 201)" },
    });
    expect(ended!["properties"]).not.toHaveProperty("requestbody");
  });

  test("what goes on after the answer is accepted, and succeeds or fails later", async () => {
    const { world, owner, arm, entries } = aTenant();
    await arm(owner, "PUT", `${WIDGETS}/slow`, {});
    slow.status = "Failed";
    await pass(world, 21 * MINUTE);
    slow.status = "InProgress";

    expect((await entries()).map((entry) => said(entry))).toEqual([
      [write, "Failed", ""],
      [write, "Accepted", "Created"],
      [write, "Started", ""],
    ]);
  });

  test("a refusal is a failure with its reason, and an error", async () => {
    const { world, owner, arm, entries } = aTenant();
    await arm(owner, "PUT", `${WIDGETS}/bad`, {});
    await pass(world, 20 * MINUTE);

    expect((await entries())[0]).toMatchObject({
      level: "Error",
      status: { value: "Failed" },
      subStatus: { value: "BadRequest", localizedValue: "Bad Request (HTTP Status Code: 400)" },
      properties: { statusMessage: '{"code":"BadWidget","message":"No such widget can be made."}' },
    });
  });

  test("reads are not in it", async () => {
    const { world, owner, arm, entries } = aTenant();
    await arm(owner, "GET", `${WIDGETS}/one`);
    await arm(owner, "POST", `${WIDGETS}/one/count`);
    await pass(world, 20 * MINUTE);

    await expect(entries()).resolves.toEqual([]);
  });

  test("a role's assignment names the scope it is over, and what was asked for", async () => {
    const { world, owner, arm, entries } = aTenant();
    const other = aPerson(world, "other");
    const name = "aaaaaaaa-0000-4000-8000-000000000001";
    const id = `${GROUP}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    const roleDefinitionId = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${ROLE.reader}`;
    const body = { properties: { roleDefinitionId, principalId: other.oid } };
    await arm(owner, "PUT", id, body);
    await pass(world, 20 * MINUTE);

    expect((await entries(` and resourceUri eq '${id.toUpperCase()}'`)).at(-1)).toMatchObject({
      authorization: { action: "Microsoft.Authorization/roleAssignments/write", scope: GROUP },
      operationName: { localizedValue: "Create role assignment" },
      resourceType: { value: "Microsoft.Authorization/roleAssignments" },
      properties: { requestbody: JSON.stringify(body) },
    });
  });

  test("a managed identity's claims name the resource that it is; a user is called by the name they sign in with", async () => {
    const { world, arm, entries } = aTenant();
    const identity = addIdentity(world, { resourceGroup: "rg1", name: "id-pipeline" });
    assignRole(world, { principalId: identity.principalId, role: ROLE.owner, scope: GROUP });
    await arm(world.principals.get(identity.principalId)!, "PUT", `${WIDGETS}/one`, {});
    await pass(world, 20 * MINUTE);

    const [entry] = await entries();
    expect(entry).toMatchObject({ caller: identity.principalId, claims: { idtyp: "app", xms_mirid: identity.id } });
  });
});

describe("when it can be read", () => {
  test("not before three minutes, all of it after twenty", async () => {
    const { world, owner, arm, entries } = aTenant();
    for (let i = 0; i < 20; i++) await arm(owner, "PUT", `${WIDGETS}/w${i}`, {});
    await pass(world, 3 * MINUTE - 1);
    expect(await entries()).toHaveLength(0);
    await pass(world, 7 * MINUTE);
    const some = (await entries()).length;
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(40);
    await pass(world, 11 * MINUTE);
    expect(await entries()).toHaveLength(40);
  });

  test("by switch at once, and page by page", async () => {
    const { owner, arm, ask } = aTenant({ activityLogLagMinMinutes: 0, activityLogLagMaxMinutes: 0, activityLogPageSize: 3 });
    for (let i = 0; i < 2; i++) await arm(owner, "PUT", `${WIDGETS}/w${i}`, {});

    const first = (await ask()).body as { value: JsonObject[]; nextLink: string };
    const link = new URL(first.nextLink);
    const second = (await arm(owner, "GET", `${link.pathname}${link.search}`)).body as { value: JsonObject[]; nextLink?: string };

    expect([...first.value, ...second.value].map(({ resourceId }) => textAt(resourceId).at(-1))).toEqual(["1", "1", "0", "0"]);
    expect(second.nextLink).toBeUndefined();
  });

  test("for 90 days: what is older is gone, and asking for it is refused as recorded", async () => {
    const { world, owner, arm, ask } = aTenant();
    await arm(owner, "PUT", `${WIDGETS}/one`, {});
    await pass(world, 90 * DAY);

    await expect(ask()).resolves.toMatchObject({
      status: 400,
      body: { Code: "BadRequest", Message: "The start time cannot be more than 90 days in the past." },
    });
  });
});

describe("who may read it", () => {
  test("whoever may read events of the subscription", async () => {
    const { world, ask } = aTenant();
    await expect(ask("", aPerson(world, "reader", { role: ROLE.reader }))).resolves.toMatchObject({ status: 200 });
    await expect(ask("", addPrincipal(world, { name: "nobody" }))).resolves.toMatchObject({
      status: 403,
      body: { error: { code: "AuthorizationFailed" } },
    });
  });
});

describe("$filter", () => {
  test.each([
    ["resourceGroupName eq 'RG1'", 2],
    ["resourceGroupName eq 'rg2'", 0],
    [`resourceUri eq '${WIDGETS}/ONE'`, 2],
    [`resourceId eq '${WIDGETS}/one'`, 2],
    [`resourceUri eq '${WIDGETS}'`, 0],
    ["resourceProvider eq 'microsoft.widgets'", 2],
    ["correlationId eq 'nothing'", 0],
    ["caller eq 'somebody else'", 0],
    ["status eq 'Succeeded'", 1],
    ["eventChannels eq 'Admin, Operation' and resourceGroupName eq 'rg1'", 2],
    ["eventTimestamp le '2026-11-01T00:00:00Z'", 0],
    ["eventTimestamp le 2026-11-03T00:00:00+00:00", 2],
    ["eventTimestamp le 2026-11-03T00:00:00.123456", 2],
  ])("%s finds %d", async (filter, count) => {
    const { world, owner, arm, entries } = aTenant();
    await arm(owner, "PUT", `${WIDGETS}/one`, {});
    await pass(world, 20 * MINUTE);
    expect(await entries(` and ${filter}`)).toHaveLength(count);
  });

  test.each([
    "eventName eq 'BeginRequest'",
    "resourceGroupName ne 'rg1'",
    "resourceGroupName eq 'rg1' and resourceUri eq '/x'",
    "eventTimestamp le 'yesterday'",
    "eventTimestamp eq '2026-11-01T00:00:00Z'",
    "startswith(caller,'a')",
  ])("%s is refused: no other syntax is allowed", async (filter) => {
    await expect(aTenant().ask(` and ${filter}`)).resolves.toMatchObject({ status: 400, body: { Code: "BadRequest" } });
  });

  test("needs a start", async () => {
    const { owner, arm } = aTenant();
    for (const query of ["", "?$filter=resourceGroupName%20eq%20'rg1'"]) {
      await expect(arm(owner, "GET", `${LOG}${query}`)).resolves.toMatchObject({ status: 400 });
    }
  });
});

test("$select gives only what is named", async () => {
  const { world, owner, arm, ask } = aTenant();
  await arm(owner, "PUT", `${WIDGETS}/one`, {});
  await pass(world, 20 * MINUTE);

  const { body } = await ask("", owner, "&$select=caller , status");

  expect((body["value"] as JsonObject[])[0]).toEqual({ caller: owner.oid, status: { value: "Succeeded", localizedValue: "Succeeded" } });
});
