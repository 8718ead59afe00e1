import { describe, expect, test } from "vitest";
import { assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { evaluateAction } from "../../../../sandbox/azure/authorization/evaluate.ts";
import { authorizationRoutes } from "../../../../sandbox/azure/authorization/routes.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION } from "../pipeline.ts";
import { throughArm } from "../through-arm.ts";

const AT = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions`;
const NAME = "cccccccc-0000-4000-8000-000000000001";

function setting() {
  const world = aWorld();
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  return { world, owner, arm: throughArm(world, authorizationRoutes, "2022-04-01") };
}

const custom = {
  properties: {
    roleName: "Keymend reader",
    description: "Reads",
    permissions: [{ actions: ["Microsoft.KeyVault/vaults/read"] }],
    assignableScopes: [`/subscriptions/${SUBSCRIPTION}`],
  },
};

describe("role definitions (Role Definitions, 2022-04-01)", () => {
  test("the built-in ones have their published ids and permissions", async () => {
    const { arm, owner } = setting();

    await expect(arm(owner, "GET", `${AT}/${ROLE.keyVaultCryptoServiceEncryptionUser.toUpperCase()}`)).resolves.toMatchObject({
      status: 200,
      body: {
        name: ROLE.keyVaultCryptoServiceEncryptionUser,
        type: "Microsoft.Authorization/roleDefinitions",
        properties: {
          roleName: "Key Vault Crypto Service Encryption User",
          type: "BuiltInRole",
          assignableScopes: ["/"],
          permissions: [
            {
              dataActions: [
                "Microsoft.KeyVault/vaults/keys/read",
                "Microsoft.KeyVault/vaults/keys/wrap/action",
                "Microsoft.KeyVault/vaults/keys/unwrap/action",
              ],
            },
          ],
        },
      },
    });
  });

  test("are found by name and by type", async () => {
    const { arm, owner } = setting();
    await arm(owner, "PUT", `${AT}/${NAME}`, custom);

    const names = async (filter: string) =>
      ((await arm(owner, "GET", `${AT}?$filter=${filter}`)).body["value"] as { name: string }[]).map((d) => d.name);

    await expect(names("roleName eq 'Key Vault Crypto User'")).resolves.toEqual([ROLE.keyVaultCryptoUser]);
    await expect(names("type eq 'CustomRole'")).resolves.toEqual([NAME]);
  });

  test("one that is not there: 404", async () => {
    const { arm, owner } = setting();

    await expect(arm(owner, "GET", `${AT}/${NAME}`)).resolves.toMatchObject({
      status: 404,
      body: { error: { code: "RoleDefinitionDoesNotExist" } },
    });
  });

  test("a custom role is made, takes effect and goes only when nobody has it (custom-roles.md)", async () => {
    const { arm, owner, world } = setting();

    await expect(arm(owner, "PUT", `${AT}/${NAME}`, custom)).resolves.toMatchObject({
      status: 201,
      body: { properties: { type: "CustomRole" } },
    });
    const grant = assignRole(world, { principalId: "p", role: NAME, scope: GROUP });
    expect(evaluateAction(world, "p", "Microsoft.KeyVault/vaults/read", GROUP).allowed).toBe(true);
    await expect(arm(owner, "DELETE", `${AT}/${NAME}`)).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "RoleDefinitionHasAssignments" } },
    });
    await arm(owner, "DELETE", `${GROUP}/providers/Microsoft.Authorization/roleAssignments/${grant.name}`);
    await expect(arm(owner, "DELETE", `${AT}/${NAME}`)).resolves.toMatchObject({ status: 200 });
    await expect(arm(owner, "DELETE", `${AT}/${NAME}`)).resolves.toMatchObject({ status: 204 });
  });

  test("names are unique in the directory", async () => {
    const { arm, owner } = setting();
    await arm(owner, "PUT", `${AT}/${NAME}`, custom);

    await expect(arm(owner, "PUT", `${AT}/cccccccc-0000-4000-8000-000000000002`, custom)).resolves.toMatchObject({
      status: 409,
      body: { error: { code: "RoleDefinitionWithSameNameExists" } },
    });
  });

  test("built-in roles cannot be changed, half a role cannot be made", async () => {
    const { arm, owner } = setting();

    await expect(arm(owner, "PUT", `${AT}/${ROLE.reader}`, custom)).resolves.toMatchObject({ status: 400 });
    await expect(arm(owner, "PUT", `${AT}/${NAME}`, { properties: { roleName: "x" } })).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "BadRequestFormat" } },
    });
  });
});

describe("locks (recorded: cloud-custodian LockActionTest.test_lock_action_resource.json, 2016-09-01)", () => {
  const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv1`;
  const locks = (scope: string): string => `${scope}/providers/Microsoft.Authorization/locks`;

  test("are put, listed with the inherited ones, and removed although they forbid deleting", async () => {
    const { arm, owner } = setting();
    const properties = { level: "ReadOnly", notes: "hands off" };

    await expect(arm(owner, "PUT", `${locks(GROUP)}/group`, { properties })).resolves.toEqual(
      expect.objectContaining({
        status: 201,
        body: { properties, id: `${locks(GROUP)}/group`, type: "Microsoft.Authorization/locks", name: "group" },
      }),
    );
    await arm(owner, "PUT", `${locks(VAULT)}/vault`, { properties: { level: "CanNotDelete" } });
    const names = async (scope: string, query = "") =>
      ((await arm(owner, "GET", `${locks(scope)}${query}`)).body["value"] as { name: string }[]).map((l) => l.name);
    await expect(names(VAULT)).resolves.toEqual(["group", "vault"]);
    await expect(names(GROUP)).resolves.toEqual(["group", "vault"]);
    await expect(names(GROUP, "?$filter=atScope()")).resolves.toEqual(["group"]);
    await expect(arm(owner, "PUT", `${locks(GROUP)}/group`, { properties })).resolves.toMatchObject({ status: 200 });
    await expect(arm(owner, "GET", `${locks(VAULT)}/vault`)).resolves.toMatchObject({
      body: { properties: { level: "CanNotDelete", notes: "" } },
    });
    await expect(arm(owner, "DELETE", `${locks(VAULT)}/vault`)).resolves.toMatchObject({ status: 200 });
    await expect(arm(owner, "DELETE", `${locks(VAULT)}/vault`)).resolves.toMatchObject({ status: 204 });
    await expect(arm(owner, "GET", `${locks(VAULT)}/vault`)).resolves.toMatchObject({
      status: 404,
      body: { error: { code: "LockNotFound" } },
    });
  });

  test("know two levels, and Contributor may not set them", async () => {
    const { arm, owner, world } = setting();
    const contributor = aPerson(world, "contributor", { role: ROLE.contributor });

    await expect(arm(owner, "PUT", `${locks(VAULT)}/l`, { properties: { level: "Locked" } })).resolves.toMatchObject({ status: 400 });
    await expect(arm(contributor, "PUT", `${locks(VAULT)}/l`, { properties: { level: "ReadOnly" } })).resolves.toMatchObject({
      status: 403,
    });
  });

  test("ReadOnly forbids granting (lock-resources.md)", async () => {
    const { arm, owner } = setting();
    await arm(owner, "PUT", `${locks(GROUP)}/group`, { properties: { level: "ReadOnly" } });

    await expect(
      arm(owner, "PUT", `${VAULT}/providers/Microsoft.Authorization/roleAssignments/${NAME}`, {
        properties: { roleDefinitionId: `${AT}/${ROLE.reader}`, principalId: owner.oid },
      }),
    ).resolves.toMatchObject({
      status: 409,
      body: { error: { code: "ScopeLocked", message: expect.stringContaining(`locked: '${GROUP}'`) } },
    });
  });
});
