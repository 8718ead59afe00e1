/**
 * Deny assignments through ARM: read only, since only Azure itself makes them.
 * Source: Microsoft.Authorization 2022-04-01, Deny Assignments; MicrosoftDocs/azure-docs role-based-access-control/deny-assignments.md.
 */
import { AzureError, same, type Call, type Reply, type Route } from "../routes.ts";
import type { DenyAssignmentState, JsonObject } from "../world.ts";
import { isInList, parseFilter } from "./role-assignment-filter.ts";
import { scopeOf } from "./scope.ts";

const COLLECTION = "{scope}/providers/Microsoft.Authorization/denyAssignments";
const TYPE = "Microsoft.Authorization/denyAssignments";
const EVERYONE = "00000000-0000-0000-0000-000000000000";

export const denyAssignmentRoutes: Route[] = [
  { method: "GET", pattern: COLLECTION, action: `${TYPE}/read`, handle: list },
  { method: "GET", pattern: `${COLLECTION}/{name}`, action: `${TYPE}/read`, handle: get },
];

function render(deny: DenyAssignmentState): JsonObject {
  return {
    properties: {
      denyAssignmentName: deny.displayName,
      description: "",
      permissions: deny.permissions,
      scope: deny.scope,
      doNotApplyToChildScopes: deny.doNotApplyToChildScopes,
      principals: deny.principals,
      excludePrincipals: deny.excludePrincipals,
      isSystemProtected: true,
      createdOn: deny.createdOn,
      updatedOn: deny.createdOn,
    },
    id: `${deny.scope === "/" ? "" : deny.scope}/providers/${TYPE}/${deny.name}`,
    type: TYPE,
    name: deny.name,
  };
}

/** A filter by principal also finds what denies everyone: it applies to that principal too. */
function list(call: Call): Reply {
  const { world } = call;
  const filter = parseFilter(world, call.url.searchParams.get("$filter"));
  if (filter.principals) filter.principals.add(EVERYONE);
  const value = world.denyAssignments
    .filter((d) => isInList(world, filter, scopeOf(call), { scope: d.scope, principals: d.principals.map((p) => p.id) }))
    .map((d) => render(d));
  return { status: 200, body: { value } };
}

function get(call: Call): Reply {
  const name = call.params["name"] ?? "";
  const found = call.world.denyAssignments.find((d) => same(d.name, name) && same(d.scope, scopeOf(call)));
  if (!found) throw new AzureError(404, "DenyAssignmentNotFound", `The deny assignment '${name}' is not found.`);
  return { status: 200, body: render(found) };
}
