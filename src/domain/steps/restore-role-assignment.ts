/** Puts back a role assignment that was there before, under its old name and with its old condition. */
import { roleGuid } from "../access/access.ts";
import { sameId } from "../arm-id.ts";
import { az, azPrincipal, azText } from "./az.ts";
import { checkRole, granteeId, forbidsGrant } from "./grantee.ts";
import { actions, onId, type StepSpec, touchesPrincipal } from "./spec.ts";
import type { StepParams } from "./step.ts";

type Params = StepParams["RestoreRoleAssignment"];

/** As an assignment may be made: without a type a principal that was just created is refused (Microsoft Learn, "Troubleshoot Azure RBAC"). */
const PRINCIPAL_TYPES: readonly string[] = ["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"];

/** az refuses a condition's version without a condition. */
const conditionOf = ({ condition, conditionVersion }: Params): string[] =>
  condition === null ? [] : [azText("--condition", condition), azText("--condition-version", conditionVersion ?? "2.0")];

export const restoreRoleAssignment: StepSpec<"RestoreRoleAssignment"> = {
  capability: "access",
  permission: () => actions("Microsoft.Authorization/roleAssignments/write"),
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
      roleGuid(params.roleDefinitionId),
      "--scope",
      params.scope,
      ...conditionOf(params),
      ...(params.description === null ? [] : [azText("--description", params.description)]),
    ),
  ],
  on: ({ scope }) => scope,
  touches: touchesPrincipal,
  about: null,
  tells: null,
  key: (params) => [...onId(params.scope, params.roleDefinitionId), granteeId(params)],
  sets: ({ name }) => [name.toLowerCase()],
  precondition: (params, facts) => {
    const assignments = facts.access.flatMap((access) => (access.state === "read" ? access.assignments : []));
    if (assignments.some(({ scope, name }) => sameId(scope, params.scope) && name.toLowerCase() === params.name.toLowerCase()))
      return "done";
    return checkRole(params.scope, params, facts);
  },
  shows: null,
  beside: null,
  takenBackBy: null,
  merge: null,
  forbids: (params, { facts }) =>
    PRINCIPAL_TYPES.includes(params.principalType)
      ? forbidsGrant(params, facts)
      : `an assignment is not made for a principal of type ${params.principalType}`,
  grants: "role",
  widens: true,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
