/**
 * Data roles of an account, which are Cosmos DB's own and none of Azure RBAC's. Microsoft.DocumentDB swagger, sqlRoleDefinitions and
 * sqlRoleAssignments; what they allow: data.ts.
 */
import { objectAt, textAt } from "../json.ts";
import { AzureError, type Call, type Reply, type Route } from "../routes.ts";
import type { Account, JsonObject } from "../world.ts";
import { ACCOUNT_TYPE } from "./account-body.ts";
import { HEADERS, requireAccount } from "./account-find.ts";
import { DATA_ROLES, dataOf, type DataRoleAssignment } from "./data.ts";
import { badRequest } from "./errors.ts";

const ONE = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${ACCOUNT_TYPE}/{accountName}`;
const ASSIGNMENTS = `${ACCOUNT_TYPE}/sqlRoleAssignments`;
const DEFINITIONS = `${ACCOUNT_TYPE}/sqlRoleDefinitions`;

const shown = (body: JsonObject): Reply => ({ status: 200, headers: HEADERS, body });

const assignmentBody = ({ id }: Account, { name, roleDefinition, principalId, scope }: DataRoleAssignment): JsonObject => ({
  id: `${id}/sqlRoleAssignments/${name}`,
  name,
  type: ASSIGNMENTS,
  properties: { roleDefinitionId: `${id}/sqlRoleDefinitions/${roleDefinition}`, scope: scope === "/" ? id : `${id}${scope}`, principalId },
});

const definitionBody = ({ id }: Account, guid: string): JsonObject => ({
  id: `${id}/sqlRoleDefinitions/${guid}`,
  name: guid,
  type: DEFINITIONS,
  properties: {
    roleName: DATA_ROLES[guid]!.roleName,
    type: "BuiltInRole",
    assignableScopes: [id],
    permissions: [{ dataActions: DATA_ROLES[guid]!.dataActions, notDataActions: [] }],
  },
});

function put(call: Call): Reply {
  const account = requireAccount(call);
  const { roleDefinitionId, scope, principalId } = objectAt(objectAt(call.body)["properties"]);
  const roleDefinition = textAt(roleDefinitionId).split("/").at(-1)!.toLowerCase();
  if (!(roleDefinition in DATA_ROLES))
    throw badRequest(call.world, `The provided Role Definition [${textAt(roleDefinitionId)}] does not exist.`);
  const name = call.params["roleAssignmentId"]!.toLowerCase();
  const within = textAt(scope).slice(account.id.length);
  const assignment = { name, roleDefinition, principalId: textAt(principalId), scope: within === "" ? "/" : within };
  dataOf(account).roles.set(name, assignment);
  return shown(assignmentBody(account, assignment));
}

function get(call: Call): Reply {
  const account = requireAccount(call);
  const found = dataOf(account).roles.get(call.params["roleAssignmentId"]!.toLowerCase());
  if (found) return shown(assignmentBody(account, found));
  throw new AzureError(404, "NotFound", `The Role Assignment with ID [${call.params["roleAssignmentId"]}] does not exist.`, {
    unwrapped: true,
  });
}

function remove(call: Call): Reply {
  const isThere = dataOf(requireAccount(call)).roles.delete(call.params["roleAssignmentId"]!.toLowerCase());
  return { status: isThere ? 200 : 204, headers: HEADERS };
}

export const dataRoleRoutes: Route[] = [
  {
    method: "GET",
    pattern: `${ONE}/sqlRoleDefinitions`,
    action: `${DEFINITIONS}/read`,
    handle: (call) => shown({ value: Object.keys(DATA_ROLES).map((guid) => definitionBody(requireAccount(call), guid)) }),
  },
  {
    method: "GET",
    pattern: `${ONE}/sqlRoleAssignments`,
    action: `${ASSIGNMENTS}/read`,
    handle: (call) => {
      const account = requireAccount(call);
      return shown({ value: [...dataOf(account).roles.values()].map((one) => assignmentBody(account, one)) });
    },
  },
  { method: "GET", pattern: `${ONE}/sqlRoleAssignments/{roleAssignmentId}`, action: `${ASSIGNMENTS}/read`, handle: get },
  {
    method: "PUT",
    pattern: `${ONE}/sqlRoleAssignments/{roleAssignmentId}`,
    action: `${ASSIGNMENTS}/write`,
    event: `${ASSIGNMENTS}/write`,
    handle: put,
  },
  {
    method: "DELETE",
    pattern: `${ONE}/sqlRoleAssignments/{roleAssignmentId}`,
    action: `${ASSIGNMENTS}/delete`,
    event: `${ASSIGNMENTS}/delete`,
    handle: remove,
  },
];
