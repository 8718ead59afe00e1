import { describe, expect, test } from "vitest";
import { conditionHolds } from "../../../../sandbox/azure/authorization/condition.ts";

const WRITE = "Microsoft.Authorization/roleAssignments/write";
const DELETE = "Microsoft.Authorization/roleAssignments/delete";
const ENCRYPTION = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const SELF = "3f2c0000-0000-4000-8000-0000000000aa";
const roleId = (guid: string): string => `/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/${guid}`;

/** The portal's template "Constrain roles and principal types", with self-assignment kept out. */
const DELEGATION = `
(
 (
  !(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})
 )
 OR
 (
  @Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${ENCRYPTION}}
  AND
  @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal', 'Group'}
  AND
  @Request[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAllValues:GuidNotEquals {${SELF}}
 )
)
AND
(
 (
  !(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})
 )
 OR
 (
  @Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${ENCRYPTION}}
 )
)`;

const request = {
  roleDefinitionId: roleId(ENCRYPTION),
  principalId: "3f2c0000-0000-4000-8000-0000000000bb",
  principalType: "serviceprincipal",
};

describe("delegation of role assignments (Azure RBAC, delegate-role-assignments-examples.md)", () => {
  test.each([
    ["allows the named role to a named type of principal", WRITE, request, true],
    ["takes ids without regard to case", WRITE, { ...request, roleDefinitionId: roleId(ENCRYPTION.toUpperCase()) }, true],
    ["refuses another role", WRITE, { ...request, roleDefinitionId: roleId(OWNER) }, false],
    ["refuses another type of principal", WRITE, { ...request, principalType: "User" }, false],
    ["refuses a request that names no type", WRITE, { ...request, principalType: undefined }, false],
    ["refuses a grant to the principal itself", WRITE, { ...request, principalId: SELF.toUpperCase() }, false],
    ["allows removing the named role, whoever has it", DELETE, { ...request, principalType: "User" }, true],
    ["refuses removing another role", DELETE, { ...request, roleDefinitionId: roleId(OWNER) }, false],
    ["leaves other actions alone", "Microsoft.Authorization/roleAssignments/read", {}, true],
  ])("%s", (_, action, attributes, expected) => {
    expect(conditionHolds(DELEGATION, action, attributes)).toBe(expected);
  });

  test("an attribute of the request is not there when something is deleted, nor one of the resource when it is written", () => {
    const ofRequest = `@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] GuidEquals {${ENCRYPTION}}`;
    const ofResource = ofRequest.replace("@Request", "@Resource");

    expect(conditionHolds(ofRequest, DELETE, { roleDefinitionId: roleId(ENCRYPTION) })).toBe(false);
    expect(conditionHolds(ofResource, WRITE, { roleDefinitionId: roleId(ENCRYPTION) })).toBe(false);
  });
});

describe("syntax (Azure RBAC, conditions-format.md)", () => {
  const is = "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEquals 'User'";

  test.each([
    ["ActionMatches{'Microsoft.Authorization/roleAssignments/*'}", true],
    ["ActionMatches{'Microsoft.Authorization/roleDefinitions/*'}", false],
    [`NOT (${is})`, false],
    [`!(${is}) || ${is}`, true],
    [`${is} && !(ActionMatches{'*/read'})`, true],
    ["@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEquals 'user'", false],
    ["@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringNotEqualsIgnoreCase 'user'", false],
    ["@Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAllValues:StringNotEquals {'Group', 'Device'}", true],
  ])("%s is %s", (condition, expected) => {
    expect(conditionHolds(condition, WRITE, { principalType: "User" })).toBe(expected);
  });

  test.each([
    ["an unknown attribute", "@Request[Microsoft.Authorization/roleAssignments:Scope] StringEquals '/'"],
    ["an unknown operator", "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringSounds 'User'"],
    ["an unknown source", "@Environment[Microsoft.Authorization/roleAssignments:PrincipalType] StringEquals 'User'"],
    ["a missing parenthesis", "(ActionMatches{'*'}"],
    ["something left over", "ActionMatches{'*'} ActionMatches{'*'}"],
    ["a character of no meaning", "ActionMatches{'*'} # true"],
    ["nothing", ""],
  ])("a condition with %s holds for nobody", (_, condition) => {
    expect(conditionHolds(condition, WRITE, { principalType: "User" })).toBe(false);
  });
});
