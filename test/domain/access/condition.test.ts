import { describe, expect, test } from "vitest";
import { type ConditionVerdict, judgeCondition, matchesAction } from "../../../src/domain/access/condition.ts";

const WRAP = "Microsoft.KeyVault/vaults/keys/wrap/action";
const WRITE = "Microsoft.Authorization/roleAssignments/write";
const ROLES = `@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {e147488a-f6f5-4113-8e2d-b22465e65bf6}`;

describe("a condition of a role assignment", () => {
  test.each<[string, string, ConditionVerdict]>([
    // Key Vault Data Access Administrator, as its built-in definition writes it: it concerns role assignments only.
    [
      "that concerns only other actions is met",
      `((!(ActionMatches{'${WRITE}'})) OR (${ROLES})) AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})))`,
      "met",
    ],
    [
      "that concerns this action and hangs on an attribute is unknown",
      `(!(ActionMatches{'${WRAP}'}) OR @Principal[Microsoft.Directory/x:y] StringEquals 'a OR b')`,
      "unknown",
    ],
    ["that leaves this action out is not met", `!(ActionMatches{'${WRAP}'})`, "unmet"],
    ["written with words is read the same", `NOT ActionMatches{'${WRAP}'} AND ActionMatches{'*'}`, "unmet"],
    ["with signs for and and or", `ActionMatches{'Microsoft.KeyVault/*'} && (ActionMatches{'x/y'} || ActionMatches{'${WRAP}'})`, "met"],
    ["that is unmet on one side is unmet, whatever is unknown", `ActionMatches{'x/y'} AND ${ROLES}`, "unmet"],
    ["that is met on one side is met, whatever is unknown", `${ROLES} OR ActionMatches{'${WRAP}'}`, "met"],
    ["with sub-operations is unknown", `ActionMatches{'${WRAP}'} AND SubOperationMatches{'Blob.List'}`, "unknown"],
    ["that negates what is unknown stays unknown", `!(${ROLES})`, "unknown"],
    ["with more behind an action is unknown", `ActionMatches{'${WRAP}'} 'x'`, "unknown"],
    ["that is empty is none", " ", "met"],
    ["that is a stray quote is unknown", "'", "unknown"],
    ["that is no condition is unknown", `ActionMatches{'${WRAP}'}) OR (`, "unknown"],
  ])("%s", (_what, condition, verdict) => {
    expect(judgeCondition(condition, WRAP)).toBe(verdict);
  });

  // Learn, "Azure role assignment condition format and syntax": cross product comparison operators; "Authorization actions and attributes".
  test.each<[string, string, ConditionVerdict]>([
    ["one of the values", "PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'user', 'serviceprincipal'}", "met"],
    ["none of the values", "PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'User', 'Group'}", "unmet"],
    ["casing that counts", "PrincipalType] StringEquals 'serviceprincipal'", "unmet"],
    ["the very text", "PrincipalType] StringEquals 'ServicePrincipal'", "met"],
    ["a GUID in another casing", "PrincipalId] GuidEquals {AAAA}", "met"],
    ["all values, of which one is not another", "PrincipalId] ForAnyOfAllValues:GuidNotEquals {bbbb, aaaa}", "unmet"],
    ["all values, which are others", "PrincipalId] ForAllOfAllValues:GuidNotEquals {bbbb, cccc}", "met"],
    ["any value that is another", "PrincipalId] ForAnyOfAnyValues:GuidNotEquals {bbbb, aaaa}", "met"],
    ["an operator that nobody here knows", "PrincipalType] StringLike 'Service*'", "unknown"],
    ["no value", "PrincipalId] ForAnyOfAnyValues:GuidEquals {}", "unknown"],
    ["more behind it", "PrincipalId] GuidEquals {aaaa} {bbbb}", "unknown"],
    ["another attribute", "Description] StringEquals 'a'", "unknown"],
    ["nothing behind it", "PrincipalId]", "unknown"],
  ])("that compares what is asked for with %s", (_what, compared, verdict) => {
    const attributes = { RoleDefinitionId: "r", PrincipalId: "aaaa", PrincipalType: "ServicePrincipal" };
    const condition = `@Request[Microsoft.Authorization/roleAssignments:${compared}`;
    expect(judgeCondition(condition, WRITE, attributes)).toBe(verdict);
    expect(judgeCondition(condition, WRITE)).toBe("unknown");
    // What goes is told by what is there, and of another action there is nothing to tell.
    const remove = WRITE.replace("write", "delete");
    expect(judgeCondition(condition.replace("@Request", "@Resource"), remove, attributes)).toBe(verdict);
    expect(judgeCondition(condition, remove, attributes)).toBe("unknown");
    expect(judgeCondition("@Request", WRITE, attributes)).toBe("unknown");
  });

  test("matches actions with wildcards across slashes and in any casing, and nothing by accident", () => {
    expect(matchesAction("microsoft.keyvault/*/action", WRAP)).toBe(true);
    expect(matchesAction("*", WRAP)).toBe(true);
    expect(matchesAction("Microsoft.KeyVault/vaults/keys/wrap", WRAP)).toBe(false);
    expect(matchesAction("MicrosoftXKeyVault/vaults/keys/wrap/action", WRAP)).toBe(false);
  });
});
