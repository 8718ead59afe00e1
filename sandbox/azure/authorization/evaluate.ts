/**
 * May a principal do this here? Deny assignments first, then role assignments at the scope or above, direct or through groups,
 * with their conditions. On the data plane a change counts only once it has propagated. Decides; changes nothing.
 */
import type { ConditionAttributes } from "../routes.ts";
import type { DenyAssignmentState, RoleAssignmentState, RoleDefinitionState, World } from "../world.ts";
import { switchOf } from "../switches.ts";
import { conditionHolds } from "./condition.ts";
import { permits } from "./pattern.ts";
import { covers, normalizeScope } from "./scope.ts";

export type Decision = {
  allowed: boolean;
  /** Name (GUID) of the assignment that allowed it; what `x-ms-keyvault-rbac-assignment-id` shows. */
  assignmentId: string | null;
  reason: "ok" | "none" | "denied" | "condition";
};

type Question = {
  plane: "management" | "data";
  operation: string;
  scope: string;
  attributes: ConditionAttributes;
};

/** "Everyone" in deny assignments. Source: Azure RBAC, deny assignments, "System-Defined Principal". */
const EVERYONE = "00000000-0000-0000-0000-000000000000";

export function evaluateAction(
  world: World,
  principalOid: string,
  action: string,
  scope: string,
  attributes: ConditionAttributes = {},
): Decision {
  return evaluate(world, principalOid, { plane: "management", operation: action, scope: normalizeScope(scope), attributes });
}

export function evaluateDataAction(world: World, principalOid: string, dataAction: string, scope: string): Decision {
  return evaluate(world, principalOid, { plane: "data", operation: dataAction, scope: normalizeScope(scope), attributes: {} });
}

/** The principal itself and every group it is in, also through groups. */
export function identitiesOf(world: World, principalOid: string): Set<string> {
  const found = new Set<string>();
  const open = [principalOid];
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    if (found.has(oid)) continue;
    found.add(oid);
    open.push(...(world.principals.get(oid)?.memberOf ?? []));
  }
  return found;
}

export function roleOf(world: World, assignment: RoleAssignmentState): RoleDefinitionState | undefined {
  return world.roleDefinitions.get(assignment.roleDefinitionId.split("/").at(-1)!.toLowerCase());
}

/** The same for many scopes at once: what the principal holds is gathered only once. */
export function reader(world: World, principalOid: string): (action: string, scope: string) => boolean {
  const identities = identitiesOf(world, principalOid);
  const held = [...world.roleAssignments.values()].filter((a) => identities.has(a.principalId));
  return (operation, scope) => decide(world, identities, held, { plane: "management", operation, scope, attributes: {} }).allowed;
}

function evaluate(world: World, principalOid: string, question: Question): Decision {
  return decide(world, identitiesOf(world, principalOid), world.roleAssignments.values(), question);
}

function decide(world: World, identities: Set<string>, assignments: Iterable<RoleAssignmentState>, question: Question): Decision {
  if (world.denyAssignments.some((deny) => denies(world, deny, identities, question))) {
    return { allowed: false, assignmentId: null, reason: "denied" };
  }
  let unmet = false;
  for (const source of [assignments, question.plane === "data" ? world.fadingAssignments : []]) {
    for (const assignment of source) {
      if (!identities.has(assignment.principalId) || !isInForce(world, assignment, question.plane)) continue;
      if (!covers(world, assignment.scope, question.scope)) continue;
      const verdict = grants(world, assignment, question);
      if (verdict === "ok") return { allowed: true, assignmentId: assignment.name, reason: "ok" };
      if (verdict === "condition") unmet = true;
    }
  }
  return { allowed: false, assignmentId: null, reason: unmet ? "condition" : "none" };
}

function isInForce(world: World, assignment: RoleAssignmentState, plane: Question["plane"]): boolean {
  if (plane === "management") return true;
  const now = world.clock.now();
  return assignment.effectiveAt <= now && (assignment.endsAt === undefined || now < assignment.endsAt);
}

function grants(world: World, assignment: RoleAssignmentState, question: Question): "ok" | "no" | "condition" {
  let unmet = false;
  for (const permission of roleOf(world, assignment)?.permissions ?? []) {
    if (!permits(permission, question.operation, question.plane)) continue;
    const conditions = [assignment.condition, permission.condition].filter((c) => isCondition(world, c));
    if (conditions.every((c) => conditionHolds(c, question.operation, question.attributes))) return "ok";
    unmet = true;
  }
  return unmet ? "condition" : "no";
}

/** Whether an empty one is none is not documented: a switch. */
const isCondition = (world: World, condition: string | null | undefined): condition is string =>
  typeof condition === "string" && (condition.trim() !== "" || !switchOf(world, "rbacEmptyConditionHolds"));

function denies(world: World, deny: DenyAssignmentState, identities: Set<string>, question: Question): boolean {
  const here = deny.doNotApplyToChildScopes
    ? normalizeScope(deny.scope).toLowerCase() === question.scope.toLowerCase()
    : covers(world, deny.scope, question.scope);
  if (!here) return false;
  if (deny.excludePrincipals.some((p) => identities.has(p.id))) return false;
  if (!deny.principals.some((p) => p.id === EVERYONE || identities.has(p.id))) return false;
  return deny.permissions.some((permission) => permits(permission, question.operation, question.plane));
}
