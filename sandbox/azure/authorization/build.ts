/** Lays out who is who and who may what, for estates, stories and tests. Nothing here is checked or delayed unless asked for. */
import {
  type DenyAssignmentState,
  type Lock,
  type Principal,
  type RoleAssignmentState,
  type RoleDefinitionState,
  subscriptionIn,
  type World,
} from "../world.ts";
import { effectiveFrom } from "./propagation.ts";
import { normalizeScope } from "./scope.ts";

type PrincipalSpec = {
  name: string;
  oid?: string;
  appid?: string;
  type?: Principal["type"];
  secret?: string;
  appRoles?: string[];
  keymend?: boolean;
  memberOf?: string[];
};

export function addPrincipal(world: World, spec: PrincipalSpec): Principal {
  const principal: Principal = {
    oid: spec.oid ?? world.random.guid("principal"),
    appid: spec.appid ?? world.random.guid("principal"),
    name: spec.name,
    type: spec.type ?? "ServicePrincipal",
    ...(spec.secret === undefined ? {} : { secret: spec.secret }),
    appRoles: spec.appRoles ?? [],
    keymend: spec.keymend ?? false,
    memberOf: spec.memberOf ?? [],
  };
  world.principals.set(principal.oid, principal);
  return principal;
}

/** Whoever set the tenant up; no longer in the directory. */
const FIRST_ADMINISTRATOR = "0a5e7000-0000-4000-8000-000000000001";

/** Longer than any propagation. */
const LONG_AGO_MS = 40 * 86_400_000;

type AssignmentSpec = {
  principalId: string;
  /** GUID of the role definition. */
  role: string;
  scope: string;
  condition?: string;
  createdBy?: string;
  description?: string;
  /** Default true: as if it had been there for long. False: it still has to propagate. */
  effectiveNow?: boolean;
};

export function assignRole(world: World, spec: AssignmentSpec): RoleAssignmentState {
  const scope = normalizeScope(spec.scope);
  const name = world.random.guid("role-assignment");
  const assignment: RoleAssignmentState = {
    name,
    scope,
    roleDefinitionId: roleDefinitionIdOf(world, spec.role, scope),
    principalId: spec.principalId,
    principalType: world.principals.get(spec.principalId)?.type ?? "ServicePrincipal",
    condition: spec.condition ?? null,
    conditionVersion: spec.condition === undefined ? null : "2.0",
    description: spec.description ?? null,
    createdOn: world.clock.now() - (spec.effectiveNow === false ? 0 : LONG_AGO_MS),
    createdBy: spec.createdBy ?? FIRST_ADMINISTRATOR,
    effectiveAt: spec.effectiveNow === false ? effectiveFrom(world, scope) : world.clock.now(),
  };
  world.roleAssignments.set(roleAssignmentId(scope, name).toLowerCase(), assignment);
  return assignment;
}

/** Always in the form of the scope's subscription, at whatever scope (recorded: Azure/azure-cli test_role_assignment_no_graph.yaml, 2025-11). */
export function roleDefinitionIdOf(world: World, guid: string, scope = ""): string {
  return `/subscriptions/${subscriptionIn(scope) ?? world.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
}

export function roleAssignmentId(scope: string, name: string): string {
  return `${scope === "/" ? "" : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
}

export function addCustomRole(
  world: World,
  spec: Partial<RoleDefinitionState["permissions"][number]> & { roleName: string; assignableScopes?: string[]; name?: string },
): RoleDefinitionState {
  const { roleName, assignableScopes, name, ...permission } = spec;
  const role: RoleDefinitionState = {
    name: name ?? world.random.guid("role-definition"),
    roleName,
    type: "CustomRole",
    description: "",
    assignableScopes: assignableScopes ?? [`/subscriptions/${world.subscriptionId}`],
    permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...permission }],
  };
  world.roleDefinitions.set(role.name.toLowerCase(), role);
  return role;
}

/** Only Azure itself makes these (deployment stacks, managed applications): there is no API to write one. */
export function addDenyAssignment(
  world: World,
  spec: Partial<DenyAssignmentState> & Pick<DenyAssignmentState, "scope">,
): DenyAssignmentState {
  const deny: DenyAssignmentState = {
    name: world.random.guid("deny-assignment"),
    displayName: "Deny assignment made by a deployment stack",
    permissions: [{ actions: ["*/write", "*/delete"], notActions: [], dataActions: [], notDataActions: [] }],
    principals: [{ id: "00000000-0000-0000-0000-000000000000", type: "SystemDefined" }],
    excludePrincipals: [],
    doNotApplyToChildScopes: false,
    createdOn: world.clock.iso(),
    ...spec,
    scope: normalizeScope(spec.scope),
  };
  world.denyAssignments.push(deny);
  return deny;
}

export function addLock(world: World, spec: { scope: string; name: string; level: Lock["level"]; notes?: string }): Lock {
  const scope = normalizeScope(spec.scope);
  const id = `${scope}/providers/Microsoft.Authorization/locks/${spec.name}`;
  const lock: Lock = { id, name: spec.name, scope, level: spec.level, notes: spec.notes ?? "" };
  world.locks.set(id.toLowerCase(), lock);
  return lock;
}
