/**
 * Deletes one role assignment by which a database reaches its key: the other documented way to revoke (Microsoft Learn, "Configure
 * customer-managed keys", How do I revoke an encryption key: the grant is taken away). Put back by RestoreRoleAssignment.
 */
import { isUnder, sameId } from "../arm-id.ts";
import { az } from "./az.ts";
import { CUTS_OFF } from "./intent-tag.ts";
import { actions, onId, type StepSpec, stale, touchesIntent } from "./spec.ts";
import type { StepParams } from "./step.ts";

const idOf = ({ scope, name }: StepParams["RemoveGrant"]): string => `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;

export const removeGrant: StepSpec<"RemoveGrant"> = {
  capability: "access",
  permission: () => actions("Microsoft.Authorization/roleAssignments/delete"),
  undo: ({ scope, name }) => `make role assignment ${name} on ${scope} again`,
  az: (params) => [az("role", "assignment", "delete", "--ids", idOf(params))],
  on: ({ scope }) => scope,
  touches: touchesIntent,
  about: ({ holder }) => holder,
  tells: () => CUTS_OFF,
  key: (params) => onId(idOf(params)),
  sets: null,
  precondition: (params, { access }) => {
    const reads = access.filter(
      ({ principalId, keyScope }) => principalId.toLowerCase() === params.holder.toLowerCase() && isUnder(params.scope, keyScope),
    );
    if (reads.length === 0 || reads.some(({ state }) => state !== "read")) return stale(`what ${params.holder} may do was not read`);
    const isThere = reads.some((one) => one.state === "read" && one.assignments.some(({ id }) => sameId(id, idOf(params))));
    return isThere ? "todo" : "done";
  },
  shows: null,
  beside: null,
  takenBackBy: null,
  merge: null,
  // No repair takes access away.
  forbids: () => "a grant is taken away only where somebody wants just that",
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
