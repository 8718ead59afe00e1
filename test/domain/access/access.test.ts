import { describe, expect, test } from "vitest";
import { type AccessQuestion, effectiveAccess, roleGuid } from "../../../src/domain/access/access.ts";
import type { KeyOperation } from "../../../src/domain/databases/rules.ts";
import type { AccessPolicy } from "../../../src/domain/facts.ts";
import {
  aDeny,
  anAssignment,
  aRole,
  ENCRYPTION_ROLE,
  KEY_SCOPE,
  PRINCIPAL,
  SUBSCRIPTION,
  TENANT,
  VAULT_ID,
} from "../../support/builders.ts";

const ALL: KeyOperation[] = ["read", "wrap", "unwrap"];
const GROUP_OF_PRINCIPALS = "99999999-0000-4000-8000-000000000009";
const OTHER_ROLE = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/12338af0-0e69-4776-bea7-57ae8d297424`;

const ask = (over: Partial<AccessQuestion> = {}): AccessQuestion => ({
  model: "rbac",
  principalId: PRINCIPAL,
  memberOf: [],
  keyScope: KEY_SCOPE,
  operations: ALL,
  assignments: [anAssignment()],
  definitions: [aRole()],
  denies: [],
  policies: [],
  ...over,
});

const EVERYONE = { id: "00000000-0000-0000-0000-000000000000", type: "SystemDefined" };

describe("access by roles", () => {
  test.each<[string, Partial<AccessQuestion>, KeyOperation[]]>([
    // Microsoft Learn, "Azure built-in roles for Security": Key Vault Crypto Service Encryption User.
    ["the encryption role allows all a database needs", {}, []],
    ["no assignment allows nothing", { assignments: [] }, ALL],
    ["an assignment to somebody else allows nothing", { assignments: [anAssignment({ principalId: "other" })] }, ALL],
    // "Understand scope for Azure RBAC": scopes inherit downwards.
    ["an assignment at the key counts", { assignments: [anAssignment({ scope: KEY_SCOPE })] }, []],
    ["an assignment at the resource group counts", { assignments: [anAssignment({ scope: VAULT_ID.split("/providers")[0]! })] }, []],
    ["an assignment at the subscription counts", { assignments: [anAssignment({ scope: SUBSCRIPTION })] }, []],
    [
      "an assignment at a management group counts",
      { assignments: [anAssignment({ scope: "/providers/Microsoft.Management/managementGroups/m" })] },
      [],
    ],
    ["an assignment at the root counts", { assignments: [anAssignment({ scope: "/" })] }, []],
    ["an assignment at another vault does not", { assignments: [anAssignment({ scope: `${VAULT_ID}2` })] }, ALL],
    ["an assignment at another key does not", { assignments: [anAssignment({ scope: `${VAULT_ID}/keys/other` })] }, ALL],
    [
      "a group's assignment counts for its members",
      { memberOf: [GROUP_OF_PRINCIPALS.toUpperCase()], assignments: [anAssignment({ principalId: GROUP_OF_PRINCIPALS })] },
      [],
    ],
    ["a group's assignment counts for nobody else", { assignments: [anAssignment({ principalId: GROUP_OF_PRINCIPALS })] }, ALL],
    // "Understand Azure role definitions": DataActions, wildcards, NotDataActions.
    ["a wildcard in a role counts", { definitions: [aRole(ENCRYPTION_ROLE, ["Microsoft.KeyVault/vaults/*"])] }, []],
    ["data actions in another casing count", { definitions: [aRole(ENCRYPTION_ROLE, ["MICROSOFT.KEYVAULT/VAULTS/KEYS/*"])] }, []],
    [
      "a role that grants only reading lacks the rest",
      { definitions: [aRole(ENCRYPTION_ROLE, ["Microsoft.KeyVault/vaults/keys/read"])] },
      ["wrap", "unwrap"],
    ],
    [
      "what a role takes away again is lacking",
      { definitions: [aRole(ENCRYPTION_ROLE, ["*"], ["Microsoft.KeyVault/vaults/keys/unwrap/action"])] },
      ["unwrap"],
    ],
    [
      "what one role takes away another still grants: NotDataActions are no deny",
      {
        assignments: [anAssignment(), anAssignment({ name: "b", roleDefinitionId: OTHER_ROLE })],
        definitions: [
          aRole(ENCRYPTION_ROLE, ["*"], ["Microsoft.KeyVault/vaults/keys/unwrap/action"]),
          aRole(OTHER_ROLE, ["Microsoft.KeyVault/vaults/keys/unwrap/action"]),
        ],
      },
      [],
    ],
    [
      "several roles unite",
      {
        assignments: [anAssignment(), anAssignment({ name: "b", roleDefinitionId: OTHER_ROLE })],
        definitions: [
          aRole(ENCRYPTION_ROLE, ["Microsoft.KeyVault/vaults/keys/read"]),
          aRole(OTHER_ROLE, ["Microsoft.KeyVault/vaults/keys/*/action"]),
        ],
      },
      [],
    ],
    [
      "a definition is known by its GUID, wherever it was read",
      { definitions: [aRole("/providers/Microsoft.Authorization/roleDefinitions/E147488A-f6f5-4113-8e2d-b22465e65bf6")] },
      [],
    ],
    [
      "a definition that could not be read counts as nothing",
      { definitions: [{ id: ENCRYPTION_ROLE, roleName: "", permissions: null }] },
      ALL,
    ],
    ["a definition that was not read counts as nothing", { definitions: [] }, ALL],
    // "What is Azure attribute-based access control".
    [
      "a condition that can't be judged counts as nothing",
      { assignments: [anAssignment({ condition: "@Resource[x:y] StringEquals 'z'" })] },
      ALL,
    ],
    [
      "a condition about other actions does not matter",
      { assignments: [anAssignment({ condition: "!(ActionMatches{'Microsoft.Authorization/*'})" })] },
      [],
    ],
    // "Understand Azure deny assignments": they win over every assignment.
    ["a deny assignment wins", { denies: [aDeny()] }, ALL],
    ["a deny assignment for everyone wins", { denies: [aDeny({ principals: [EVERYONE] })] }, ALL],
    [
      "a deny assignment that excludes the principal does not matter",
      { denies: [aDeny({ principals: [EVERYONE], excludePrincipals: [{ id: PRINCIPAL, type: "ServicePrincipal" }] })] },
      [],
    ],
    [
      "a deny assignment that excludes its group does not matter",
      {
        memberOf: [GROUP_OF_PRINCIPALS],
        denies: [aDeny({ principals: [EVERYONE], excludePrincipals: [{ id: GROUP_OF_PRINCIPALS, type: "Group" }] })],
      },
      [],
    ],
    ["a deny assignment for others does not matter", { denies: [aDeny({ principals: [{ id: "other", type: "User" }] })] }, []],
    [
      "a deny assignment for other actions does not matter",
      { denies: [aDeny({ permissions: [{ actions: ["*"], notActions: [], dataActions: [], notDataActions: [] }] })] },
      [],
    ],
    [
      "a deny assignment that leaves wrapping out denies the rest",
      { denies: [aDeny({ permissions: [{ actions: [], notActions: [], dataActions: ["*"], notDataActions: ["*/wrap/action"] }] })] },
      ["read", "unwrap"],
    ],
    [
      "a deny assignment at the vault that spares child scopes does not reach the key",
      { denies: [aDeny({ doesNotApplyToChildScopes: true })] },
      [],
    ],
    [
      "a deny assignment at the key itself does, even if it spares child scopes",
      { denies: [aDeny({ doesNotApplyToChildScopes: true, scope: KEY_SCOPE })] },
      ALL,
    ],
    ["a deny assignment elsewhere does not matter", { denies: [aDeny({ scope: `${VAULT_ID}2` })] }, []],
    [
      "a deny assignment under a condition that can't be judged denies",
      { denies: [aDeny({ condition: "@Resource[x:y] StringEquals 'z'" })] },
      ALL,
    ],
    [
      "a deny assignment under a condition that is not met does not",
      { denies: [aDeny({ condition: "ActionMatches{'Microsoft.Storage/*'}" })] },
      [],
    ],
    // "Azure permissions for Security": vaults/keys/read covers listing.
    [
      "reading covers listing",
      { operations: ["list"], definitions: [aRole(ENCRYPTION_ROLE, ["Microsoft.KeyVault/vaults/keys/read"])] },
      [],
    ],
  ])("%s", (_what, over, lacking) => {
    const access = effectiveAccess(ask(over));
    expect(access.lacking).toEqual(lacking);
    expect(access.allowed).toBe(lacking.length === 0);
  });

  test.each<[string, Partial<AccessQuestion>, string, string]>([
    ["the assignment", {}, "granted", `granted by ${anAssignment().id}`],
    ["the lack of one", { assignments: [] }, "notGranted", "no role assignment grants it"],
    ["the deny assignment", { denies: [aDeny()] }, "denied", `denied by ${aDeny().id}`],
    [
      "the condition",
      { assignments: [anAssignment({ condition: "?" })] },
      "condition",
      "granted only under a condition that is not met or can't be judged:",
    ],
    ["the role that could not be read", { definitions: [] }, "definitionUnread", "a role that could not be read may grant it:"],
  ])("says why: %s", (_what, over, why, detail) => {
    const [read] = effectiveAccess(ask(over)).operations;
    expect(read!.why).toBe(why);
    expect(read!.detail).toContain(detail);
  });

  test("knows a role by the last part of its id", () => {
    expect(roleGuid(ENCRYPTION_ROLE.toUpperCase())).toBe("e147488a-f6f5-4113-8e2d-b22465e65bf6");
    expect(roleGuid("")).toBe("");
  });
});

describe("access by policies", () => {
  const policy = (keys: string[], over: Partial<AccessPolicy> = {}): AccessPolicy => ({
    tenantId: TENANT,
    objectId: PRINCIPAL,
    applicationId: null,
    keys,
    ...over,
  });

  test.each<[string, AccessPolicy[], KeyOperation[]]>([
    // Microsoft Learn, "Configure customer-managed keys": Get, Unwrap Key, Wrap Key.
    ["get, wrapKey and unwrapKey are enough", [policy(["get", "wrapKey", "unwrapKey"])], []],
    ["casing does not matter", [policy(["Get", "WRAPKEY", "unwrapkey"], { objectId: PRINCIPAL.toUpperCase() })], []],
    ["all stands for every permission", [policy(["all"])], []],
    ["no policy allows nothing", [], ALL],
    ["somebody else's policy allows nothing", [policy(["all"], { objectId: "other" })], ALL],
    ["a policy lacks what it does not name", [policy(["get", "list"])], ["wrap", "unwrap"]],
    // "Assign a Key Vault access policy": a compound policy is for an application on behalf of the principal.
    ["a compound policy is not for the principal itself", [policy(["all"], { applicationId: "app" })], ALL],
  ])("%s", (_what, policies, lacking) => {
    expect(effectiveAccess(ask({ model: "policies", policies })).lacking).toEqual(lacking);
  });

  test("roles do not count, and the answer says which policy does", () => {
    const [read] = effectiveAccess(ask({ model: "policies", policies: [policy(["get"])] })).operations;
    expect(read).toMatchObject({ allowed: true, by: [PRINCIPAL], detail: `granted by the access policy of ${PRINCIPAL}` });
    expect(effectiveAccess(ask({ model: "policies" })).operations[1]!.detail).toBe("no access policy grants wrapKey");
  });

  test("a cluster needs list as well", () => {
    const operations: KeyOperation[] = [...ALL, "list"];
    expect(effectiveAccess(ask({ model: "policies", operations, policies: [policy(["get", "wrapKey", "unwrapKey"])] })).lacking).toEqual([
      "list",
    ]);
  });
});
