/**
 * Role assignments through ARM: list, get, put, delete, with the refusals that clients meet.
 * Shapes: recorded, Azure/azure-cli test_role_assignment_no_graph.yaml (2025-11, 2022-04-01) and
 * Azure/azure-service-operator Test_Authorization_RoleAssignment_OnStorageAccount_CRUD.yaml.
 */
import { objectAt } from "../json.ts";
import { AzureError, same, type Call, type ConditionAttributes, type Reply, type Route } from "../routes.ts";
import type { JsonObject, RoleAssignmentState, World } from "../world.ts";
import { roleAssignmentId, roleDefinitionIdOf } from "./build.ts";
import { effectiveFrom, effectiveUntil } from "./propagation.ts";
import { checkedPrincipalType } from "./principal-type.ts";
import { isInList, parseFilter } from "./role-assignment-filter.ts";
import { depth, scopeOf } from "./scope.ts";
import { sevenDigits } from "./times.ts";
import { assignableRole } from "./role-definitions.ts";

const COLLECTION = "{scope}/providers/Microsoft.Authorization/roleAssignments";
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const roleAssignmentRoutes: Route[] = [
  { method: "GET", pattern: COLLECTION, action: "Microsoft.Authorization/roleAssignments/read", handle: list },
  { method: "GET", pattern: `${COLLECTION}/{name}`, action: "Microsoft.Authorization/roleAssignments/read", handle: get },
  {
    method: "PUT",
    pattern: `${COLLECTION}/{name}`,
    action: "Microsoft.Authorization/roleAssignments/write",
    event: "Microsoft.Authorization/roleAssignments/write",
    attributesOf: (call) => requestedAttributes(call),
    handle: put,
  },
  {
    method: "DELETE",
    pattern: `${COLLECTION}/{name}`,
    action: "Microsoft.Authorization/roleAssignments/delete",
    event: "Microsoft.Authorization/roleAssignments/delete",
    attributesOf: (call) => find(call) ?? {},
    handle: remove,
  },
];

/** In the PUT answer `createdBy` is null; read back it is there. */
function render(assignment: RoleAssignmentState, createdBy: string | null): JsonObject {
  const created = sevenDigits(assignment.createdOn);
  return {
    properties: {
      roleDefinitionId: assignment.roleDefinitionId,
      principalId: assignment.principalId,
      principalType: assignment.principalType,
      scope: assignment.scope,
      condition: assignment.condition,
      conditionVersion: assignment.conditionVersion,
      createdOn: created,
      updatedOn: created,
      createdBy,
      updatedBy: assignment.createdBy,
      delegatedManagedIdentityResourceId: null,
      description: assignment.description,
    },
    id: roleAssignmentId(assignment.scope, assignment.name),
    type: "Microsoft.Authorization/roleAssignments",
    name: assignment.name,
  };
}

export const renderRoleAssignment = (assignment: RoleAssignmentState): JsonObject => render(assignment, assignment.createdBy);

function idOf(call: Call): string {
  return roleAssignmentId(scopeOf(call), call.params["name"] ?? "").toLowerCase();
}

function find(call: Call): RoleAssignmentState | undefined {
  return call.world.roleAssignments.get(idOf(call));
}

/** One page whatever the size (recorded: 1,350 KB without nextLink), from the root down. */
function list(call: Call): Reply {
  const { world } = call;
  const filter = parseFilter(world, call.url.searchParams.get("$filter"));
  const at = scopeOf(call);
  const value = [...world.roleAssignments.values()]
    .filter((a) => isInList(world, filter, at, { scope: a.scope, principals: [a.principalId] }))
    .sort((a, b) => depth(a.scope) - depth(b.scope))
    .map((a) => renderRoleAssignment(a));
  return { status: 200, body: { value } };
}

function get(call: Call): Reply {
  const found = find(call);
  if (!found) throw new AzureError(404, "RoleAssignmentNotFound", `The role assignment '${call.params["name"]}' is not found.`);
  return { status: 200, body: renderRoleAssignment(found) };
}

function requestedAttributes(call: Call): ConditionAttributes {
  const properties = objectAt(objectAt(call.body)["properties"]);
  const text = (name: string): string | undefined => (typeof properties[name] === "string" ? properties[name] : undefined);
  return { roleDefinitionId: text("roleDefinitionId"), principalId: text("principalId"), principalType: text("principalType") };
}

function put(call: Call): Reply {
  const { world } = call;
  const name = call.params["name"] ?? "";
  const scope = scopeOf(call);
  if (!GUID.test(name)) {
    throw new AzureError(
      400,
      "InvalidRoleAssignmentId",
      `The role assignment ID '${name}' is not valid. The role assignment ID must be a GUID.`,
    );
  }
  const { roleDefinitionId, principalId, principalType } = requestedAttributes(call);
  if (roleDefinitionId === undefined || principalId === undefined) {
    throw new AzureError(400, "BadRequestFormat", "The request was incorrectly formatted.");
  }
  const role = assignableRole(world, roleDefinitionId, scope);
  const wanted = { name, scope, roleDefinitionId: roleDefinitionIdOf(world, role.name, scope), principalId: principalId.toLowerCase() };
  const existing = conflictingOrSame(world, wanted);
  const type = checkedPrincipalType(world, principalId, principalType);
  const assignment: RoleAssignmentState = {
    ...wanted,
    principalType: type,
    ...optionalTexts(objectAt(objectAt(call.body)["properties"])),
    createdOn: existing?.createdOn ?? world.clock.now(),
    createdBy: existing?.createdBy ?? call.caller.oid,
    effectiveAt: existing?.effectiveAt ?? effectiveFrom(world, scope),
  };
  world.roleAssignments.set(idOf(call), assignment);
  return { status: existing ? 200 : 201, body: render(assignment, null) };
}

function optionalTexts(properties: JsonObject): Pick<RoleAssignmentState, "condition" | "conditionVersion" | "description"> {
  const text = (name: string): string | null => (typeof properties[name] === "string" ? properties[name] : null);
  const condition = text("condition");
  return { condition, conditionVersion: condition === null ? null : (text("conditionVersion") ?? "2.0"), description: text("description") };
}

type Wanted = Pick<RoleAssignmentState, "name" | "scope" | "roleDefinitionId" | "principalId">;

const isSameGrant = (a: Wanted, b: Wanted): boolean =>
  same(a.scope, b.scope) && same(a.principalId, b.principalId) && same(a.roleDefinitionId, b.roleDefinitionId);

/**
 * Names are unique in the whole tenant and fixed to what they grant; the same grant under a second name is a conflict.
 * Source: MicrosoftDocs/azure-docs role-based-access-control/troubleshooting.md; text of the 409: hashicorp/terraform-provider-azurerm and others.
 */
function conflictingOrSame(world: World, wanted: Wanted): RoleAssignmentState | undefined {
  const all = [...world.roleAssignments.values()];
  const named = all.find((a) => same(a.name, wanted.name));
  if (named && !isSameGrant(named, wanted)) {
    throw new AzureError(
      400,
      "RoleAssignmentUpdateNotPermitted",
      "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    );
  }
  const twin = all.find((a) => !same(a.name, wanted.name) && isSameGrant(a, wanted));
  if (twin) {
    const id = twin.name.replaceAll("-", "");
    throw new AzureError(
      409,
      "RoleAssignmentExists",
      `The role assignment already exists. The ID of the existing role assignment is ${id}.`,
    );
  }
  return named;
}

/** 204 where there is nothing: "already deleted or does not exist". */
function remove(call: Call): Reply {
  const found = find(call);
  if (!found) return { status: 204 };
  removeRoleAssignment(call.world, found);
  return { status: 200, body: renderRoleAssignment(found) };
}

/** The management plane forgets at once, the data plane later. Also for vaults whose deletion takes their assignments along. */
function removeRoleAssignment(world: World, assignment: RoleAssignmentState): void {
  world.roleAssignments.delete(roleAssignmentId(assignment.scope, assignment.name).toLowerCase());
  const endsAt = effectiveUntil(world, assignment.scope);
  const { fadingAssignments: fading } = world;
  fading.splice(0, fading.length, ...fading.filter((a) => (a.endsAt ?? 0) > world.clock.now()));
  if (endsAt > world.clock.now()) fading.push({ ...assignment, endsAt });
}
