/**
 * Role definitions through ARM: the built-in ones, and custom roles that can be written and removed.
 * Source: Microsoft.Authorization 2022-04-01, Role Definitions; MicrosoftDocs/azure-docs role-based-access-control/custom-roles.md.
 */
import { listAt, objectAt, textAt } from "../json.ts";
import { AzureError, same, type Call, type Reply, type Route } from "../routes.ts";
import type { Json, JsonObject, RoleDefinitionState, World } from "../world.ts";
import { covers, scopeOf } from "./scope.ts";

const COLLECTION = "{scope}/providers/Microsoft.Authorization/roleDefinitions";
const TYPE = "Microsoft.Authorization/roleDefinitions";

export const roleDefinitionRoutes: Route[] = [
  { method: "GET", pattern: COLLECTION, action: `${TYPE}/read`, handle: list },
  { method: "GET", pattern: `${COLLECTION}/{name}`, action: `${TYPE}/read`, handle: get },
  { method: "PUT", pattern: `${COLLECTION}/{name}`, action: `${TYPE}/write`, event: `${TYPE}/write`, handle: put },
  { method: "DELETE", pattern: `${COLLECTION}/{name}`, action: `${TYPE}/delete`, event: `${TYPE}/delete`, handle: remove },
];

/** Conditions of roles came with 2022-05-01-preview: Microsoft.Authorization, Permission. */
export function renderRoleDefinition(role: RoleDefinitionState, scope: string, apiVersion: string): JsonObject {
  return {
    properties: {
      roleName: role.roleName,
      type: role.type,
      description: role.description,
      assignableScopes: role.assignableScopes,
      permissions: role.permissions.map(({ condition, conditionVersion, ...lists }) =>
        condition !== undefined && apiVersion > "2022-04-01" ? { ...lists, conditionVersion, condition } : lists,
      ),
    },
    id: `${scope === "/" ? "" : subscriptionOf(scope)}/providers/${TYPE}/${role.name}`,
    type: TYPE,
    name: role.name,
  };
}

/** Ids say the subscription at most, never the group or resource that was asked about. */
function subscriptionOf(scope: string): string {
  return /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? "";
}

function doesNotExist(status: number, id: string): AzureError {
  return new AzureError(
    status,
    "RoleDefinitionDoesNotExist",
    `The specified role definition with ID '${id.replaceAll("-", "")}' does not exist.`,
  );
}

/** Built-in roles are every tenant's; a custom role is its own tenant's (Microsoft Learn, "Azure custom roles"). */
const isAssignable = (world: World, { type, assignableScopes }: RoleDefinitionState, scope: string): boolean =>
  type === "BuiltInRole" || assignableScopes.some((assignable) => covers(world, assignable, scope));

/** The role that an assignment names, if it may be assigned at that scope: a custom role only at and below its assignable scopes. */
export function assignableRole(world: World, roleDefinitionId: string, scope: string): RoleDefinitionState {
  const guid = roleDefinitionId.split("/").at(-1) ?? "";
  const role = world.roleDefinitions.get(guid.toLowerCase());
  if (!role || !isAssignable(world, role, scope)) throw doesNotExist(404, guid);
  return role;
}

/** Filters: `roleName eq 'x'`, `type eq 'BuiltInRole'`, and atScopeAndBelow(), which adds nothing here. */
function list(call: Call): Reply {
  const scope = scopeOf(call);
  const filter = call.url.searchParams.get("$filter") ?? "";
  const roleName = /rolename\s+eq\s+'((?:[^']|'')*)'/i.exec(filter)?.[1]?.replaceAll("''", "'");
  const type = /\btype\s+eq\s+'([^']*)'/i.exec(filter)?.[1];
  const value = [...call.world.roleDefinitions.values()]
    .filter((role) => isAssignable(call.world, role, scope))
    .filter((r) => roleName === undefined || same(r.roleName, roleName))
    .filter((r) => type === undefined || same(r.type, type))
    .map((r) => renderRoleDefinition(r, scope, call.apiVersion));
  return { status: 200, body: { value } };
}

function get(call: Call): Reply {
  const name = call.params["name"] ?? "";
  const role = call.world.roleDefinitions.get(name.toLowerCase());
  if (!role) throw doesNotExist(404, name);
  return { status: 200, body: renderRoleDefinition(role, scopeOf(call), call.apiVersion) };
}

const texts = (value: Json | undefined): string[] => listAt(value).map((item) => textAt(item));

function put(call: Call): Reply {
  const { world } = call;
  const name = call.params["name"] ?? "";
  const properties = objectAt(objectAt(call.body)["properties"]);
  if (world.roleDefinitions.get(name.toLowerCase())?.type === "BuiltInRole") {
    throw new AzureError(400, "RoleDefinitionWithBuiltInRoleTypeNotAllowed", "Built-in role definitions can't be changed.");
  }
  const role: RoleDefinitionState = {
    name,
    roleName: textAt(properties["roleName"]),
    type: "CustomRole",
    description: textAt(properties["description"]),
    assignableScopes: texts(properties["assignableScopes"]),
    permissions: listAt(properties["permissions"]).map((p) => {
      const permission = objectAt(p);
      return {
        actions: texts(permission["actions"]),
        notActions: texts(permission["notActions"]),
        dataActions: texts(permission["dataActions"]),
        notDataActions: texts(permission["notDataActions"]),
      };
    }),
  };
  if (role.roleName === "" || role.assignableScopes.length === 0) {
    throw new AzureError(400, "BadRequestFormat", "The request was incorrectly formatted.");
  }
  const twin = [...world.roleDefinitions.values()].find((r) => same(r.roleName, role.roleName) && !same(r.name, name));
  if (twin) {
    throw new AzureError(
      409,
      "RoleDefinitionWithSameNameExists",
      `A custom role with the same name already exists in this directory. Use a different name.`,
    );
  }
  world.roleDefinitions.set(name.toLowerCase(), role);
  return { status: 201, body: renderRoleDefinition(role, scopeOf(call), call.apiVersion) };
}

/** Source: custom-roles.md: a role that is assigned can't be deleted. */
function remove(call: Call): Reply {
  const { world } = call;
  const name = (call.params["name"] ?? "").toLowerCase();
  const role = world.roleDefinitions.get(name);
  if (!role || role.type === "BuiltInRole") return { status: 204 };
  if ([...world.roleAssignments.values()].some((a) => a.roleDefinitionId.toLowerCase().endsWith(`/${name}`))) {
    throw new AzureError(
      400,
      "RoleDefinitionHasAssignments",
      "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).",
    );
  }
  world.roleDefinitions.delete(name);
  return { status: 200, body: renderRoleDefinition(role, scopeOf(call), call.apiVersion) };
}
