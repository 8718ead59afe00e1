/** Puts back a role assignment that was there before, under its old name and with its old condition. */
import { sameId } from "../arm-id.ts";
import { az, azPrincipal } from "./az.ts";
import { checkRole, granteeId } from "./grantee.ts";
import { onId, type StepSpec } from "./spec.ts";

const optional = (flag: string, value: string | null): string[] => (value === null ? [] : [flag, value]);

export const restoreRoleAssignment: StepSpec<"RestoreRoleAssignment"> = {
  permission: () => "Microsoft.Authorization/roleAssignments/write",
  undo: ({ scope, name }) => `delete role assignment ${name} on ${scope}`,
  az: (params) => [
    az(
      "role",
      "assignment",
      "create",
      "--name",
      params.name,
      "--assignee-object-id",
      azPrincipal(params),
      "--assignee-principal-type",
      params.principalType,
      "--role",
      params.roleDefinitionId,
      "--scope",
      params.scope,
      ...optional("--condition", params.condition),
      ...optional("--condition-version", params.conditionVersion),
      ...optional("--description", params.description),
    ),
  ],
  on: ({ scope }) => scope,
  key: (params) => [...onId(params.scope, params.roleDefinitionId), granteeId(params)],
  sets: ({ name }) => [name.toLowerCase()],
  precondition: (params, facts) => {
    const assignments = facts.access.flatMap((access) => (access.state === "read" ? access.assignments : []));
    if (assignments.some(({ scope, name }) => sameId(scope, params.scope) && name.toLowerCase() === params.name.toLowerCase()))
      return "done";
    return checkRole(params.scope.replace(/\/keys\/[^/]+$/i, ""), params.scope, params, facts);
  },
};
