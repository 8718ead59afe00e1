import { describe, expect, test } from "vitest";
import { addDenyAssignment, addLock, addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { evaluateDataAction } from "../../../../sandbox/azure/authorization/evaluate.ts";
import { authorizationRoutes } from "../../../../sandbox/azure/authorization/routes.ts";
import { MANAGEMENT_GROUP, type JsonObject, type Principal, type SourceEvent } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION, TENANT } from "../pipeline.ts";
import { throughArm } from "../through-arm.ts";

const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv1`;
const KEY = `${VAULT}/keys/cmk`;
const WRAP = "Microsoft.KeyVault/vaults/keys/wrap/action";
const NAME = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER_NAME = "aaaaaaaa-0000-4000-8000-000000000002";
const roleId = (guid: string): string => `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
const at = (scope: string, name = ""): string => `${scope}/providers/Microsoft.Authorization/roleAssignments${name && `/${name}`}`;

function setting(switches = {}) {
  const world = aWorld(switches);
  const events: SourceEvent[] = [];
  world.publish = (event) => events.push(event);
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const identity = addPrincipal(world, { name: "id-orders" });
  const arm = throughArm(world, authorizationRoutes, "2022-04-01");
  const put = (name = NAME, properties: JsonObject = {}, scope = VAULT, who: Principal = owner) =>
    arm(who, "PUT", at(scope, name), {
      properties: { roleDefinitionId: roleId(ROLE.keyVaultCryptoServiceEncryptionUser), principalId: identity.oid, ...properties },
    });
  return { world, events, owner, identity, arm, put };
}

const namesOf = (body: JsonObject): unknown[] => (body["value"] as { name: string }[]).map((v) => v.name);

describe("PUT (recorded: Azure/azure-cli test_role_assignment_no_graph.yaml, 2025-11)", () => {
  test("answers 201 with the whole object, the type filled in and the optional texts null", async () => {
    const { put, identity } = setting();

    const { status, body } = await put();

    expect(status).toBe(201);
    expect(Object.keys(body)).toEqual(["properties", "id", "type", "name"]);
    expect(body).toEqual({
      properties: {
        roleDefinitionId: roleId(ROLE.keyVaultCryptoServiceEncryptionUser),
        principalId: identity.oid,
        principalType: "ServicePrincipal",
        scope: VAULT,
        condition: null,
        conditionVersion: null,
        createdOn: "2026-11-02T08:00:00.0000000Z",
        updatedOn: "2026-11-02T08:00:00.0000000Z",
        createdBy: null,
        updatedBy: expect.any(String),
        delegatedManagedIdentityResourceId: null,
        description: null,
      },
      id: at(VAULT, NAME),
      type: "Microsoft.Authorization/roleAssignments",
      name: NAME,
    });
  });

  test("shows who made it when read back", async () => {
    const { put, arm, owner } = setting();
    await put();

    await expect(arm(owner, "GET", at(VAULT, NAME))).resolves.toMatchObject({
      status: 200,
      body: { properties: { createdBy: owner.oid } },
    });
  });

  test("names the role within the subscription, also at the root", async () => {
    const { put, world, owner } = setting();
    assignRole(world, { principalId: owner.oid, role: ROLE.owner, scope: "/" });

    const { body } = await put(NAME, { roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLE.reader}` }, "");

    expect(body).toMatchObject({ id: at("", NAME), properties: { scope: "/", roleDefinitionId: roleId(ROLE.reader) } });
  });

  test("reaches the vault's data plane within ten minutes, not before", async () => {
    const { put, world, identity } = setting();
    await put();
    const [made] = [...world.roleAssignments.values()].filter((a) => a.principalId === identity.oid);

    expect(evaluateDataAction(world, identity.oid, WRAP, KEY).allowed).toBe(false);
    world.clock.set(made!.effectiveAt);
    expect(evaluateDataAction(world, identity.oid, WRAP, KEY).allowed).toBe(true);
  });

  test("takes the principal's id in any casing", async () => {
    const { put, arm, owner, identity } = setting();

    await expect(put(NAME, { principalId: identity.oid.toUpperCase() })).resolves.toMatchObject({
      body: { properties: { principalId: identity.oid } },
    });
    const { body } = await arm(owner, "GET", `${at(VAULT)}?$filter=principalId eq '${identity.oid.toUpperCase()}'`);
    expect(namesOf(body)).toEqual([NAME]);
  });

  test("the same again is no conflict", async () => {
    const { put, world } = setting();
    const first = await put();
    const count = world.roleAssignments.size;

    await expect(put()).resolves.toMatchObject({ status: 200, body: { id: first.body["id"] } });
    expect(world.roleAssignments.size).toBe(count);
  });

  test("raises an event whose subject is the assignment (event-grid/event-schema-subscriptions.md)", async () => {
    const { put, events } = setting();
    await put();

    expect(events).toMatchObject([{ subject: at(VAULT, NAME), eventType: "Microsoft.Resources.ResourceWriteSuccess" }]);
  });
});

describe("what PUT refuses (role-based-access-control/troubleshooting.md)", () => {
  test("another name for the same grant: 409, with the id of the one that is there", async () => {
    const { put } = setting();
    await put();

    await expect(put(OTHER_NAME)).resolves.toMatchObject({
      status: 409,
      body: { error: { code: "RoleAssignmentExists", message: expect.stringContaining(NAME.replaceAll("-", "")) } },
    });
  });

  test.each([
    ["principal", { principalId: "second" }, VAULT],
    ["role", { roleDefinitionId: roleId(ROLE.reader) }, VAULT],
    ["scope", {}, GROUP],
  ])("the same name with another %s: 400", async (_, changed, scope) => {
    const { put, world } = setting();
    addPrincipal(world, { name: "second", oid: "second" });
    await put();

    await expect(put(NAME, changed, scope)).resolves.toMatchObject({
      status: 400,
      body: {
        error: {
          code: "RoleAssignmentUpdateNotPermitted",
          message: "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        },
      },
    });
  });

  test("an unknown principal: 400", async () => {
    const { put } = setting();
    const principalId = "dddddddd-0000-4000-8000-000000000009";

    const { status, body } = await put(NAME, { principalId });

    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: "PrincipalNotFound" } });
    expect(JSON.stringify(body)).toContain(`Principal ${principalId.replaceAll("-", "")} does not exist in the directory ${TENANT}.`);
    await expect(put(NAME, { principalId, principalType: "ServicePrincipal" })).resolves.toMatchObject({ status: 400 });
  });

  test("a principal that has not reached the directory yet, unless its type is named", async () => {
    const { put, identity, world } = setting();
    identity.replicatedAt = world.clock.now() + 30_000;

    await expect(put()).resolves.toMatchObject({ status: 400, body: { error: { code: "PrincipalNotFound" } } });
    await expect(put(NAME, { principalType: "ServicePrincipal" })).resolves.toMatchObject({ status: 201 });
    world.clock.set(identity.replicatedAt);
    await expect(put()).resolves.toMatchObject({ status: 200 });
  });

  test("a type that is not the principal's: 400 (Azure/azure-dev issue 3581)", async () => {
    const { put } = setting();

    await expect(put(NAME, { principalType: "User" })).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "UnmatchedPrincipalType" } },
    });
  });

  test.each([
    ["a role that is not there", NAME, { roleDefinitionId: roleId(OTHER_NAME) }, 404, "RoleDefinitionDoesNotExist"],
    ["a name that is no GUID", "grant-for-orders", {}, 400, "InvalidRoleAssignmentId"],
    ["no principal", NAME, { principalId: null }, 400, "BadRequestFormat"],
  ])("%s", async (_, name, changed, status, code) => {
    const { put } = setting();

    await expect(put(name, changed)).resolves.toMatchObject({ status, body: { error: { code } } });
  });

  test("a custom role outside its assignable scopes", async () => {
    const { put, arm, owner } = setting();
    const properties = { roleName: "Elsewhere", permissions: [], assignableScopes: [`/subscriptions/${SUBSCRIPTION}/resourceGroups/rg2`] };
    await arm(owner, "PUT", `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${OTHER_NAME}`, {
      properties,
    });

    await expect(put(NAME, { roleDefinitionId: roleId(OTHER_NAME) })).resolves.toMatchObject({
      body: { error: { code: "RoleDefinitionDoesNotExist" } },
    });
  });

  test("a grant that the caller's condition does not cover: 403", async () => {
    const { put, world } = setting();
    const delegate = addPrincipal(world, { name: "delegate" });
    const condition = `(!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${ROLE.keyVaultCryptoServiceEncryptionUser}} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'})`;
    assignRole(world, { principalId: delegate.oid, role: ROLE.rbacAdministrator, scope: GROUP, condition });
    const typed = { principalType: "ServicePrincipal" };

    const refused = await put(NAME, { ...typed, roleDefinitionId: roleId(ROLE.owner) }, VAULT, delegate);

    expect(refused.status).toBe(403);
    expect(JSON.stringify(refused.body)).toMatch(/AuthorizationFailed.*ABAC condition/);
    await expect(put(NAME, {}, VAULT, delegate)).resolves.toMatchObject({ status: 403 });
    await expect(put(NAME, typed, VAULT, delegate)).resolves.toMatchObject({ status: 201 });
  });
});

describe("DELETE (recorded: Azure-service-operator, RoleAssignment on a storage account)", () => {
  test("answers with what was deleted, then 204; GET is 404", async () => {
    const { put, arm, owner } = setting();
    await put();

    await expect(arm(owner, "DELETE", at(VAULT, NAME))).resolves.toMatchObject({ status: 200, body: { name: NAME } });
    await expect(arm(owner, "DELETE", at(VAULT, NAME))).resolves.toMatchObject({ status: 204, body: {} });
    await expect(arm(owner, "GET", at(VAULT, NAME))).resolves.toMatchObject({
      status: 404,
      body: { error: { code: "RoleAssignmentNotFound", message: `The role assignment '${NAME}' is not found.` } },
    });
  });

  test("the vault honours it for up to ten minutes more", async () => {
    const { world, arm, owner, identity } = setting();
    const grant = assignRole(world, { principalId: identity.oid, role: ROLE.keyVaultCryptoUser, scope: VAULT });

    await arm(owner, "DELETE", at(VAULT, grant.name));

    expect(evaluateDataAction(world, identity.oid, WRAP, KEY).allowed).toBe(true);
    const [fading] = world.fadingAssignments;
    expect(fading!.endsAt! - world.clock.now()).toBeLessThanOrEqual(600_000);
    world.clock.set(fading!.endsAt!);
    expect(evaluateDataAction(world, identity.oid, WRAP, KEY).allowed).toBe(false);
  });

  test("the vault forgets at once under the switch", async () => {
    const { world, arm, owner, identity } = setting({ rbacRemovalPropagates: false });
    const grant = assignRole(world, { principalId: identity.oid, role: ROLE.keyVaultCryptoUser, scope: VAULT });

    await arm(owner, "DELETE", at(VAULT, grant.name));

    expect(evaluateDataAction(world, identity.oid, WRAP, KEY).allowed).toBe(false);
  });

  test("is blocked by a CanNotDelete lock on the resource; granting is not (lock-resources.md)", async () => {
    const { put, arm, owner, world } = setting();
    addLock(world, { scope: VAULT, name: "keep", level: "CanNotDelete" });

    await expect(put()).resolves.toMatchObject({ status: 201 });
    await expect(arm(owner, "DELETE", at(VAULT, NAME))).resolves.toMatchObject({ status: 409, body: { error: { code: "ScopeLocked" } } });
  });

  test("is judged by the role and type of what is deleted", async () => {
    const { put, arm, world } = setting();
    const delegate = addPrincipal(world, { name: "delegate" });
    const condition = `@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] GuidEquals {${ROLE.reader}}`;
    assignRole(world, { principalId: delegate.oid, role: ROLE.rbacAdministrator, scope: GROUP, condition });
    await put();
    const viewer = assignRole(world, { principalId: "x", role: ROLE.reader, scope: VAULT });

    await expect(arm(delegate, "DELETE", at(VAULT, NAME))).resolves.toMatchObject({ status: 403 });
    await expect(arm(delegate, "DELETE", at(VAULT, viewer.name))).resolves.toMatchObject({ status: 200 });
  });
});

describe("lists (Role Assignments - List For Scope, 2022-04-01)", () => {
  async function listing() {
    const { world, owner, identity, arm } = setting();
    for (const a of world.roleAssignments.values()) world.roleAssignments.delete(at(a.scope, a.name).toLowerCase());
    const group = addPrincipal(world, { name: "keys", type: "Group" });
    identity.memberOf = [group.oid];
    const grant = (scope: string, principalId = identity.oid) =>
      assignRole(world, { principalId, role: ROLE.keyVaultCryptoUser, scope }).name;
    const names = {
      key: grant(KEY),
      vault: grant(VAULT, group.oid),
      group: grant(GROUP, owner.oid),
      subscription: grant(`/subscriptions/${SUBSCRIPTION}`, owner.oid),
      management: grant(MANAGEMENT_GROUP, owner.oid),
      root: assignRole(world, { principalId: owner.oid, role: ROLE.owner, scope: "/" }).name,
    };
    const list = async (scope: string, filter: string) => namesOf((await arm(owner, "GET", `${at(scope)}?${filter}`)).body);
    return { names, list, identity, owner };
  }

  test("atScope() is the scope and what lies above it, from the root down, in either encoding", async () => {
    const { names, list } = await listing();
    const expected = [names.root, names.management, names.subscription, names.group];

    await expect(list(GROUP, "$filter=atScope()")).resolves.toEqual(expected);
    await expect(list(GROUP, "%24filter=atScope%28%29")).resolves.toEqual(expected);
  });

  test("without a filter also what lies below", async () => {
    const { names, list } = await listing();

    expect(new Set(await list(VAULT, ""))).toEqual(new Set(Object.values(names)));
    await expect(list(`${VAULT}2`, "")).resolves.not.toContain(names.vault);
  });

  test("assignedTo() goes through groups, principalId eq does not; both may be below the scope", async () => {
    const { names, list, identity } = await listing();

    expect(new Set(await list(GROUP, `$filter=assignedTo('${identity.oid}')`))).toEqual(new Set([names.key, names.vault]));
    await expect(list(GROUP, `$filter=principalId%20eq%20%27${identity.oid}%27`)).resolves.toEqual([names.key]);
  });

  test.each([
    ["atScope() and assignedTo", "$filter=atScope()+and+assignedTo('OID')"],
    ["assignedTo and atScope()", "$filter=assignedTo%28%27OID%27%29%20and%20atScope%28%29"],
    ["encoded twice", "$filter=atScope()%2Band%2BassignedTo('OID')"],
  ])("%s together are both", async (_, filter) => {
    const { names, list, identity } = await listing();

    await expect(list(VAULT, filter.replace("OID", identity.oid))).resolves.toEqual([names.vault]);
  });

  test("refuses what it does not know", async () => {
    const { arm, owner } = setting();

    await expect(arm(owner, "GET", `${at(VAULT)}?$filter=createdBy eq 'x'`)).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "UnsupportedQuery" } },
    });
  });

  test("needs the permission to read at that scope", async () => {
    const { arm, world } = setting();
    const stranger = aPerson(world, "stranger", { role: ROLE.reader, scope: `${GROUP}/providers/Microsoft.KeyVault/vaults/kv2` });

    await expect(arm(stranger, "GET", at(VAULT))).resolves.toMatchObject({ status: 403, body: { error: { code: "AuthorizationFailed" } } });
  });
});

describe("deny assignments (Deny Assignments - List, 2022-04-01)", () => {
  test("are listed by scope and by whom they strike, everyone included", async () => {
    const { arm, owner, world } = setting();
    const all = addDenyAssignment(world, { scope: GROUP });
    const one = addDenyAssignment(world, { scope: VAULT, principals: [{ id: "p1", type: "User" }] });
    const list = async (scope: string, filter: string) =>
      namesOf((await arm(owner, "GET", `${scope}/providers/Microsoft.Authorization/denyAssignments?$filter=${filter}`)).body);

    await expect(list(VAULT, "atScope()")).resolves.toEqual([all.name, one.name]);
    await expect(list(GROUP, "atScope()")).resolves.toEqual([all.name]);
    await expect(list(VAULT, "principalId eq 'p2'")).resolves.toEqual([all.name]);
    await expect(list(VAULT, "atScope() and assignedTo('p1')")).resolves.toEqual([all.name, one.name]);
    await expect(arm(owner, "GET", `${VAULT}/providers/Microsoft.Authorization/denyAssignments/${one.name}`)).resolves.toMatchObject({
      status: 200,
      body: { properties: { isSystemProtected: true, scope: VAULT } },
    });
  });

  test("cannot be written", async () => {
    const { arm, owner } = setting();

    await expect(arm(owner, "PUT", `${VAULT}/providers/Microsoft.Authorization/denyAssignments/${NAME}`, {})).resolves.toMatchObject({
      status: 405,
    });
  });
});
