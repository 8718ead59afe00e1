import { describe, expect, test } from "vitest";
import { addCustomRole, addDenyAssignment, addLock, addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { evaluateAction, evaluateDataAction, reader } from "../../../../sandbox/azure/authorization/evaluate.ts";
import { lockConflict } from "../../../../sandbox/azure/authorization/locks.ts";
import { MANAGEMENT_GROUP } from "../../../../sandbox/azure/world.ts";
import { aWorld, GROUP, SUBSCRIPTION } from "../pipeline.ts";

const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv1`;
const KEY = `${VAULT}/keys/cmk`;
const WRAP = "Microsoft.KeyVault/vaults/keys/wrap/action";

function someone(role: string, scope: string, options: { condition?: string } = {}) {
  const world = aWorld();
  const principal = addPrincipal(world, { name: "id-orders" });
  const assignment = assignRole(world, { principalId: principal.oid, role, scope, ...options });
  return { world, principal, assignment };
}

describe("where an assignment holds (Azure RBAC, scope-overview.md)", () => {
  test.each([
    ["at the key", KEY, true],
    ["at the vault", VAULT.toUpperCase(), true],
    ["at the group", GROUP, true],
    ["at the subscription", `/subscriptions/${SUBSCRIPTION}`, true],
    ["at the management group above it", MANAGEMENT_GROUP, true],
    ["at the root", "/", true],
    ["not at another key", `${VAULT}/keys/other`, false],
    ["not at a group whose name only begins alike", GROUP.slice(0, -1), false],
    ["not at another vault", `${VAULT}2`, false],
  ])("%s", (_, scope, allowed) => {
    const { world, principal } = someone(ROLE.keyVaultCryptoServiceEncryptionUser, scope);

    expect(evaluateDataAction(world, principal.oid, WRAP, KEY).allowed).toBe(allowed);
  });

  test("names the assignment that allowed it", () => {
    const { world, principal, assignment } = someone(ROLE.keyVaultCryptoUser, VAULT);

    expect(evaluateDataAction(world, principal.oid, WRAP, KEY)).toEqual({ allowed: true, assignmentId: assignment.name, reason: "ok" });
  });
});

describe("what a role permits (Azure RBAC, role-definitions.md)", () => {
  test.each([
    ["Reader reads everything on the management plane", ROLE.reader, "Microsoft.KeyVault/vaults/keys/read", true],
    ["Contributor writes resources", ROLE.contributor, "microsoft.keyvault/VAULTS/write", true],
    ["Contributor grants nothing: NotActions", ROLE.contributor, "Microsoft.Authorization/roleAssignments/write", false],
    ["Key Vault Contributor sets access policies", ROLE.keyVaultContributor, "Microsoft.KeyVault/vaults/accessPolicies/write", true],
    ["Key Vault Contributor does not purge", ROLE.keyVaultContributor, "Microsoft.KeyVault/locations/deletedVaults/purge/action", false],
    [
      "Managed Identity Operator assigns",
      ROLE.managedIdentityOperator,
      "Microsoft.ManagedIdentity/userAssignedIdentities/x/assign/action",
      true,
    ],
    ["Cosmos DB Operator writes accounts", ROLE.cosmosDbOperator, "Microsoft.DocumentDB/databaseAccounts/write", true],
    ["Cosmos DB Operator reads no keys", ROLE.cosmosDbOperator, "Microsoft.DocumentDB/databaseAccounts/listKeys/action", false],
    ["Cosmos DB Operator has nothing of clusters", ROLE.cosmosDbOperator, "Microsoft.DocumentDB/mongoClusters/write", false],
  ])("%s", (_, role, action, allowed) => {
    const { world, principal } = someone(role, GROUP);

    expect(evaluateAction(world, principal.oid, action, VAULT).allowed).toBe(allowed);
  });

  test("Owner has no data actions", () => {
    const { world, principal } = someone(ROLE.owner, "/");

    expect(evaluateDataAction(world, principal.oid, WRAP, KEY)).toEqual({ allowed: false, assignmentId: null, reason: "none" });
  });

  test("NotActions of one assignment take nothing from another", () => {
    const { world, principal } = someone(ROLE.contributor, GROUP);
    assignRole(world, { principalId: principal.oid, role: ROLE.rbacAdministrator, scope: GROUP });

    expect(evaluateAction(world, principal.oid, "Microsoft.Authorization/roleAssignments/write", VAULT).allowed).toBe(true);
  });

  test("a custom role permits what it lists", () => {
    const { world, principal } = someone(ROLE.reader, GROUP);
    const role = addCustomRole(world, { roleName: "Extender", dataActions: ["Microsoft.KeyVault/vaults/keys/update/action"] });
    assignRole(world, { principalId: principal.oid, role: role.name, scope: VAULT });

    expect(evaluateDataAction(world, principal.oid, "Microsoft.KeyVault/vaults/keys/update/action", KEY).allowed).toBe(true);
    expect(evaluateDataAction(world, principal.oid, "Microsoft.KeyVault/vaults/keys/recover/action", KEY).allowed).toBe(false);
  });

  test("a group's assignment holds for its members, also through groups", () => {
    const { world } = someone(ROLE.reader, GROUP);
    const outer = addPrincipal(world, { name: "keys", type: "Group" });
    const inner = addPrincipal(world, { name: "keys-prod", type: "Group", memberOf: [outer.oid] });
    const member = addPrincipal(world, { name: "id2", memberOf: [inner.oid] });
    assignRole(world, { principalId: outer.oid, role: ROLE.keyVaultCryptoUser, scope: VAULT });

    expect(evaluateDataAction(world, member.oid, WRAP, KEY).allowed).toBe(true);
    expect(evaluateDataAction(world, "nobody", WRAP, KEY).allowed).toBe(false);
  });
});

describe("deny assignments (Azure RBAC, deny-assignments.md)", () => {
  test("block everyone but those excluded, whatever their roles grant", () => {
    const { world, principal } = someone(ROLE.owner, "/");
    const saved = addPrincipal(world, { name: "break-glass" });
    assignRole(world, { principalId: saved.oid, role: ROLE.owner, scope: "/" });
    addDenyAssignment(world, { scope: GROUP, excludePrincipals: [{ id: saved.oid, type: "ServicePrincipal" }] });

    expect(evaluateAction(world, principal.oid, "Microsoft.KeyVault/vaults/write", VAULT)).toMatchObject({
      allowed: false,
      reason: "denied",
    });
    expect(evaluateAction(world, principal.oid, "Microsoft.KeyVault/vaults/read", VAULT)).toMatchObject({ allowed: true });
    expect(evaluateAction(world, saved.oid, "Microsoft.KeyVault/vaults/write", VAULT)).toMatchObject({ allowed: true });
  });

  test("block data actions of a named principal, and children only where they apply to children", () => {
    const { world, principal } = someone(ROLE.keyVaultCryptoUser, "/");
    const permissions = [{ actions: [], notActions: [], dataActions: ["Microsoft.KeyVault/*"], notDataActions: ["*/read"] }];
    const principals = [{ id: principal.oid, type: "ServicePrincipal" }];
    addDenyAssignment(world, { scope: VAULT, permissions, principals, doNotApplyToChildScopes: true });

    expect(evaluateDataAction(world, principal.oid, WRAP, KEY).allowed).toBe(true);

    addDenyAssignment(world, { scope: VAULT, permissions, principals });

    expect(evaluateDataAction(world, principal.oid, WRAP, KEY)).toMatchObject({ allowed: false, reason: "denied" });
    expect(evaluateDataAction(world, principal.oid, "Microsoft.KeyVault/vaults/keys/read", KEY).allowed).toBe(true);
  });
});

describe("conditions", () => {
  test("an empty one is none; by switch nothing meets it", () => {
    const { world, principal } = someone(ROLE.reader, GROUP, { condition: "" });
    const may = (): boolean => evaluateAction(world, principal.oid, "Microsoft.KeyVault/vaults/read", VAULT).allowed;
    expect(may()).toBe(true);
    Object.assign(world.switches, { rbacEmptyConditionHolds: false });
    expect(may()).toBe(false);
  });

  const write = "Microsoft.Authorization/roleAssignments/write";

  test("an unmet one is told apart from having no role", () => {
    const { world, principal } = someone(ROLE.rbacAdministrator, GROUP, { condition: "!(ActionMatches{'*/roleAssignments/write'})" });

    expect(evaluateAction(world, principal.oid, write, VAULT)).toEqual({ allowed: false, assignmentId: null, reason: "condition" });
    expect(evaluateAction(world, principal.oid, "Microsoft.Authorization/roleAssignments/delete", VAULT).allowed).toBe(true);
  });

  test("Key Vault Data Access Administrator grants Key Vault roles only (built-in-roles/security.md)", () => {
    const { world, principal } = someone(ROLE.keyVaultDataAccessAdministrator, GROUP);
    const ask = (role: string) => evaluateAction(world, principal.oid, write, VAULT, { roleDefinitionId: `/x/roleDefinitions/${role}` });

    expect(ask(ROLE.keyVaultCryptoServiceEncryptionUser)).toMatchObject({ allowed: true });
    expect(ask(ROLE.owner)).toMatchObject({ allowed: false, reason: "condition" });
  });
});

describe("propagation (Azure RBAC, troubleshooting.md: up to 10 minutes, hours at management groups)", () => {
  test("a new grant reaches the data plane later, the management plane at once", () => {
    const world = aWorld();
    const { oid } = addPrincipal(world, { name: "id1" });
    const late = assignRole(world, { principalId: oid, role: ROLE.keyVaultAdministrator, scope: VAULT, effectiveNow: false });

    expect(late.effectiveAt - world.clock.now()).toBeGreaterThan(0);
    expect(late.effectiveAt - world.clock.now()).toBeLessThanOrEqual(600_000);
    expect(evaluateAction(world, oid, "Microsoft.KeyVault/vaults/keys/read", VAULT).allowed).toBe(true);
    expect(evaluateDataAction(world, oid, WRAP, KEY).allowed).toBe(false);

    world.clock.set(late.effectiveAt);

    expect(evaluateDataAction(world, oid, WRAP, KEY).allowed).toBe(true);
  });

  test("above the subscription it takes hours", () => {
    const world = aWorld();
    const taken = Array.from({ length: 20 }, () =>
      assignRole(world, { principalId: "x", role: ROLE.keyVaultCryptoUser, scope: MANAGEMENT_GROUP, effectiveNow: false }),
    ).map((a) => a.effectiveAt - world.clock.now());

    expect(Math.max(...taken)).toBeGreaterThan(3_600_000);
    expect(Math.max(...taken)).toBeLessThanOrEqual(4 * 3_600_000);
  });
});

test("many scopes are decided like one", () => {
  const { world, principal } = someone(ROLE.reader, VAULT);
  const may = reader(world, principal.oid);

  expect(may("Microsoft.KeyVault/vaults/read", VAULT)).toBe(true);
  expect(may("Microsoft.KeyVault/vaults/read", GROUP)).toBe(false);
});

describe("locks (Azure Resource Manager, lock-resources.md)", () => {
  test.each([
    ["CanNotDelete", "delete", true],
    ["CanNotDelete", "write", false],
    ["ReadOnly", "write", true],
    ["ReadOnly", "delete", true],
  ] as const)("%s stands in the way of %s: %s", (level, operation, blocked) => {
    const world = aWorld();
    addLock(world, { scope: GROUP, name: "keep", level });

    expect(lockConflict(world, VAULT, operation)).toBe(blocked ? GROUP : undefined);
    expect(lockConflict(world, `/subscriptions/${SUBSCRIPTION}`, operation)).toBeUndefined();
  });
});
