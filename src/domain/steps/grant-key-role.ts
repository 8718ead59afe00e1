/** Grants a role at one key. The assignment's name is derived from scope, principal and role, so a repetition is no second grant. */
import { roleGuid } from "../access/access.ts";
import { az, azPrincipal } from "./az.ts";
import { checkRole, granteeId, forbidsGrant } from "./grantee.ts";
import { actions, onId, type StepSpec, touchesPrincipal } from "./spec.ts";

export const grantKeyRole: StepSpec<"GrantKeyRole"> = {
  capability: "access",
  permission: () => actions("Microsoft.Authorization/roleAssignments/write"),
  undo: ({ scope }) => `delete the role assignment that was made on ${scope}`,
  // Without the principal type a new principal is refused with PrincipalNotFound (Microsoft Learn, "Troubleshoot Azure RBAC").
  az: (params) => [
    az(
      "role",
      "assignment",
      "create",
      "--assignee-object-id",
      azPrincipal(params),
      "--assignee-principal-type",
      "ServicePrincipal",
      "--role",
      // az takes a role's id only with a subscription in front, its bare name always.
      roleGuid(params.roleDefinitionId),
      "--scope",
      params.scope,
    ),
  ],
  on: ({ scope }) => scope,
  touches: touchesPrincipal,
  about: null,
  tells: null,
  key: (params) => [...onId(params.scope, params.roleDefinitionId), granteeId(params)],
  sets: null,
  precondition: (params, facts) => checkRole(params.scope, params, facts),
  shows: null,
  beside: null,
  takenBackBy: null,
  merge: null,
  forbids: (params, { facts }) => forbidsGrant(params, facts),
  grants: "role",
  widens: true,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
