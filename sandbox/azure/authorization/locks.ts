/**
 * Management locks: what they forbid, and how they are managed. They act on the management plane only and are inherited;
 * CanNotDelete forbids deleting, ReadOnly writing as well.
 * Source: MicrosoftDocs/azure-docs azure-resource-manager/management/lock-resources.md;
 * shapes: recorded, cloud-custodian LockActionTest.test_lock_action_resource.json (2016-09-01).
 */
import { objectAt, textAt } from "../json.ts";
import { AzureError, type Call, type Reply, type Route } from "../routes.ts";
import type { JsonObject, Lock, World } from "../world.ts";
import { addLock } from "./build.ts";
import { covers, scopeOf } from "./scope.ts";

const COLLECTION = "{scope}/providers/Microsoft.Authorization/locks";
const TYPE = "Microsoft.Authorization/locks";
const LEVELS: Lock["level"][] = ["CanNotDelete", "ReadOnly"];

export const lockRoutes: Route[] = [
  { method: "GET", pattern: COLLECTION, action: `${TYPE}/read`, handle: list },
  { method: "GET", pattern: `${COLLECTION}/{name}`, action: `${TYPE}/read`, handle: get },
  { method: "PUT", pattern: `${COLLECTION}/{name}`, action: `${TYPE}/write`, event: `${TYPE}/write`, handle: put },
  { method: "DELETE", pattern: `${COLLECTION}/{name}`, action: `${TYPE}/delete`, event: `${TYPE}/delete`, handle: remove },
];

/** The locked scope that stands in the way of the operation, or undefined. Managing locks is not to be asked about: nothing is in its way. */
export function lockConflict(world: World, scope: string, operation: "write" | "delete"): string | undefined {
  for (const lock of world.locks.values()) {
    if (covers(world, lock.scope, scope) && (lock.level === "ReadOnly" || operation === "delete")) return lock.scope;
  }
  return undefined;
}

function render(lock: Lock): JsonObject {
  return { properties: { level: lock.level, notes: lock.notes }, id: lock.id, type: TYPE, name: lock.name };
}

/** At a resource also the inherited ones; a group or subscription also shows those below it. */
function list(call: Call): Reply {
  const { world } = call;
  const at = scopeOf(call);
  const atScopeOnly = /^atscope\(\)$/i.test(call.url.searchParams.get("$filter") ?? "");
  const value = [...world.locks.values()]
    .filter((l) => covers(world, l.scope, at) || (!atScopeOnly && covers(world, at, l.scope)))
    .map((l) => render(l));
  return { status: 200, body: { value } };
}

function idOf(call: Call): string {
  return `${scopeOf(call)}/providers/${TYPE}/${call.params["name"]}`.toLowerCase();
}

function get(call: Call): Reply {
  const lock = call.world.locks.get(idOf(call));
  if (!lock) throw new AzureError(404, "LockNotFound", `The lock '${call.params["name"]}' could not be found.`);
  return { status: 200, body: render(lock) };
}

function put(call: Call): Reply {
  const properties = objectAt(objectAt(call.body)["properties"]);
  const level = LEVELS.find((l) => l === properties["level"]);
  if (!level)
    throw new AzureError(400, "InvalidRequestContent", "The lock level is not valid. Supported levels are 'CanNotDelete,ReadOnly'.");
  const isNew = !call.world.locks.has(idOf(call));
  const lock = addLock(call.world, { scope: scopeOf(call), name: call.params["name"] ?? "", level, notes: textAt(properties["notes"]) });
  return { status: isNew ? 201 : 200, body: render(lock) };
}

function remove(call: Call): Reply {
  return call.world.locks.delete(idOf(call)) ? { status: 200 } : { status: 204 };
}
