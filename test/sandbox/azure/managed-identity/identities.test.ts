import { describe, expect, test } from "vitest";
import { assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { authorizationRoutes } from "../../../../sandbox/azure/authorization/routes.ts";
import { addAccount } from "../../../../sandbox/azure/documentdb/build.ts";
import { managedIdentityRoutes } from "../../../../sandbox/azure/managed-identity/routes.ts";
import type { JsonObject } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION, TENANT } from "../pipeline.ts";
import { throughArm } from "../through-arm.ts";

const ALL = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;
const ID = `${ALL}/id-orders`;
/** What the provider makes of it. */
const SHOWN = ID.replace("resourceGroups", "resourcegroups");

function setting() {
  const world = aWorld();
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const arm = throughArm(world, [...managedIdentityRoutes, ...authorizationRoutes], "2023-01-31");
  const create = async () => (await arm(owner, "PUT", ID, { location: "West US 2", tags: { a: "b" } })).body;
  return { world, owner, arm, create };
}

const principalOf = (body: JsonObject): string => (body["properties"] as { principalId: string }).principalId;

describe("creating (recorded: Azure/azure-cli test_cosmosdb_system_identity_restore.yaml, test_identity_management.yaml)", () => {
  test("answers 201 with a relative Location; the id says resourcegroups whatever was asked", async () => {
    const { arm, owner } = setting();

    const { status, headers, body } = await arm(owner, "PUT", ID, { location: "westus2" });

    expect(status).toBe(201);
    expect(headers["location"]).toMatch(/^\/subscriptions\//);
    expect(Object.keys(body)).toEqual(["location", "tags", "id", "name", "type", "properties"]);
    expect(body).toMatchObject({ id: SHOWN, tags: {}, properties: { tenantId: TENANT } });
  });

  test("before 2022 the members came in another order", async () => {
    const { arm, owner, create } = setting();
    await create();

    const { body } = await arm(owner, "GET", `${ID}?api-version=2018-11-30`);

    expect(Object.keys(body)).toEqual(["id", "name", "type", "location", "tags", "properties"]);
  });

  test("again: 200 without Location, the same principal, new tags", async () => {
    const { arm, owner, create } = setting();
    const first = await create();

    const { status, headers, body } = await arm(owner, "PUT", ID, { location: "westus2", tags: { c: "d" } });

    expect(status).toBe(200);
    expect(headers).not.toHaveProperty("location");
    expect(body).toMatchObject({ tags: { c: "d" }, properties: first["properties"] });
  });

  test("elsewhere under the same name, or nowhere, is refused", async () => {
    const { arm, owner, create } = setting();
    await create();

    await expect(arm(owner, "PUT", ID, { location: "eastus" })).resolves.toMatchObject({
      status: 409,
      body: { error: { code: "InvalidResourceLocation" } },
    });
    await expect(arm(owner, "PUT", ID, {})).resolves.toMatchObject({ status: 400, body: { error: { code: "LocationRequired" } } });
  });

  test("the principal reaches the directory a little later (role-based-access-control/troubleshooting.md)", async () => {
    const { arm, owner, create, world } = setting();
    const principalId = principalOf(await create());
    const properties = { roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLE.reader}`, principalId };
    const grant = () => arm(owner, "PUT", `${GROUP}/providers/Microsoft.Authorization/roleAssignments/${principalId}`, { properties });

    await expect(grant()).resolves.toMatchObject({ status: 400, body: { error: { code: "PrincipalNotFound" } } });
    world.clock.set(world.clock.now() + 60_000);
    await expect(grant()).resolves.toMatchObject({ status: 201 });
  });
});

describe("deleting (how-manage-user-assigned-managed-identities.md)", () => {
  test("answers 200 without a body, then 204; the principal goes, its role assignments stay", async () => {
    const { arm, owner, create, world } = setting();
    const principalId = principalOf(await create());
    const grant = assignRole(world, { principalId, role: ROLE.reader, scope: GROUP });

    await expect(arm(owner, "DELETE", ID)).resolves.toMatchObject({ status: 200, body: {} });
    await expect(arm(owner, "DELETE", ID)).resolves.toMatchObject({ status: 204 });
    expect(world.principals.has(principalId)).toBe(false);
    expect([...world.roleAssignments.values()]).toContain(grant);
    await expect(arm(owner, "GET", ID)).resolves.toMatchObject({ status: 404, body: { error: { code: "ResourceNotFound" } } });
  });

  test("the same name again is another principal", async () => {
    const { arm, owner, create } = setting();
    const before = principalOf(await create());
    await arm(owner, "DELETE", ID);

    expect(principalOf(await create())).not.toBe(before);
  });
});

test("lists by group and by subscription, in any casing", async () => {
  const { arm, owner, create } = setting();
  await create();

  for (const path of [
    ALL,
    ALL.toLowerCase(),
    `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`,
  ]) {
    await expect(arm(owner, "GET", path)).resolves.toMatchObject({ status: 200, body: { value: [{ id: SHOWN }] } });
  }
});

test("PATCH changes tags", async () => {
  const { arm, owner, create } = setting();
  await create();

  await expect(arm(owner, "PATCH", ID, { tags: { x: "y" } })).resolves.toMatchObject({ status: 200, body: { tags: { x: "y" } } });
});

test("listAssociatedResources names what it is attached to (2021-09-30-preview)", async () => {
  const { arm, owner, create, world } = setting();
  await create();
  await expect(arm(owner, "POST", `${ID}/listAssociatedResources`)).resolves.toMatchObject({
    status: 200,
    body: { totalCount: 0, value: [] },
  });
  const account = addAccount(world, { name: "acc1", resourceGroup: "rg1", location: "West US 2", identities: [ID] });

  await expect(arm(owner, "POST", `${ID}/listAssociatedResources`)).resolves.toMatchObject({
    body: { totalCount: 1, value: [{ id: account.id, type: "microsoft.documentdb/databaseaccounts", resourceGroup: "rg1" }] },
  });
});
