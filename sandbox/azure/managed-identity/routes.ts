/**
 * User-assigned identities through ARM. Creating is synchronous, but the new principal reaches the directory a little later;
 * deleting takes the principal away and leaves role assignments and references behind.
 * Shapes: recorded, Azure/azure-cli test_identity_management.yaml (2021-09-30-preview), test_cosmosdb_system_identity_restore.yaml (2023-01-31).
 */
import { isObject, objectAt, textAt } from "../json.ts";
import { resourceNotFound } from "../arm/not-found.ts";
import { AzureError, same, type Call, type Reply, type Route, isHere, subscriptionOf } from "../routes.ts";
import { switchOf } from "../switches.ts";
import type { Json, ManagedIdentityState, World } from "../world.ts";
import { addIdentity, identityId } from "./build.ts";
import { IDENTITY_TYPE as TYPE, renderIdentity } from "./identity-body.ts";

const ALL = `/subscriptions/{subscription}/providers/${TYPE}`;
const GROUP = `/subscriptions/{subscription}/resourceGroups/{group}/providers/${TYPE}`;
const ONE = `${GROUP}/{name}`;

export const managedIdentityRoutes: Route[] = [
  { method: "GET", pattern: ALL, action: `${TYPE}/read`, handle: (call) => list(call, ({ id }) => isHere(call, id)) },
  {
    method: "GET",
    pattern: GROUP,
    action: `${TYPE}/read`,
    handle: (call) => list(call, (i) => isHere(call, i.id) && same(groupOf(i), call.params["group"] ?? "")),
  },
  {
    method: "GET",
    pattern: ONE,
    action: `${TYPE}/read`,
    handle: (call) => ({ status: 200, body: renderIdentity(call.world, found(call), call.apiVersion) }),
  },
  { method: "PUT", pattern: ONE, action: `${TYPE}/write`, event: `${TYPE}/write`, handle: put },
  { method: "PATCH", pattern: ONE, action: `${TYPE}/write`, event: `${TYPE}/write`, handle: patch },
  { method: "DELETE", pattern: ONE, action: `${TYPE}/delete`, event: `${TYPE}/delete`, handle: remove },
  { method: "POST", pattern: `${ONE}/listAssociatedResources`, action: `${TYPE}/listAssociatedResources/action`, handle: listAssociated },
];

const groupOf = (identity: ManagedIdentityState): string => identity.id.split("/")[4] ?? "";

function idOf(call: Call): string {
  return identityId(subscriptionOf(call), call.params["group"] ?? "", call.params["name"] ?? "");
}

function found(call: Call): ManagedIdentityState {
  const identity = call.world.identities.get(idOf(call).toLowerCase());
  if (!identity) throw resourceNotFound(TYPE, call.params["name"] ?? "", call.params["group"] ?? "");
  return identity;
}

function list(call: Call, wanted: (identity: ManagedIdentityState) => boolean): Reply {
  const value = [...call.world.identities.values()].filter((i) => wanted(i)).map((i) => renderIdentity(call.world, i, call.apiVersion));
  return { status: 200, body: { value } };
}

function tagsOf(value: Json | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(objectAt(value)).map(([k, v]) => [k, textAt(v)]));
}

/** Putting an identity that is there changes its tags and keeps its principal; the Location header comes only with a new one. */
function put(call: Call): Reply {
  const { world } = call;
  const body = objectAt(call.body);
  const location = textAt(body["location"]).replaceAll(" ", "").toLowerCase();
  if (location === "") throw new AzureError(400, "LocationRequired", "The location property is required for this definition.");
  const existing = world.identities.get(idOf(call).toLowerCase());
  if (existing) {
    if (!same(existing.location, location)) throw wrongLocation(existing, location);
    if (isObject(body["tags"])) existing.tags = tagsOf(body["tags"]);
    return { status: 200, body: renderIdentity(world, existing, call.apiVersion) };
  }
  const identity = addIdentity(world, {
    subscriptionId: subscriptionOf(call),
    resourceGroup: call.params["group"] ?? "",
    name: call.params["name"] ?? "",
    location,
    tags: tagsOf(body["tags"]),
  });
  replicateLater(world, identity);
  return {
    status: 201,
    headers: { location: `${identity.id}?api-version=${call.apiVersion}` },
    body: renderIdentity(world, identity, call.apiVersion),
  };
}

/**
 * Role assignments that do not name the principal's type fail until then.
 * Source: MicrosoftDocs/azure-docs role-based-access-control/troubleshooting.md. No figure is given.
 */
function replicateLater(world: World, identity: ManagedIdentityState): void {
  const principal = world.principals.get(identity.principalId);
  const most = switchOf(world, "identityReplicationMaxSeconds");
  if (principal) principal.replicatedAt = world.clock.now() + world.random.int("identity-replication", 0, most) * 1000;
}

function wrongLocation(existing: ManagedIdentityState, location: string): AzureError {
  return new AzureError(
    409,
    "InvalidResourceLocation",
    `The resource '${existing.name}' already exists in location '${existing.location}' in resource group '${groupOf(existing)}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
  );
}

function patch(call: Call): Reply {
  const identity = found(call);
  const body = objectAt(call.body);
  if (isObject(body["tags"])) identity.tags = tagsOf(body["tags"]);
  return { status: 200, body: renderIdentity(call.world, identity, call.apiVersion) };
}

/**
 * Nothing that refers to it changes; there is no way back, and the same name again is another principal.
 * Source: MicrosoftDocs/azure-docs active-directory/managed-identities-azure-resources/how-manage-user-assigned-managed-identities.md.
 */
function remove(call: Call): Reply {
  const { world } = call;
  const identity = world.identities.get(idOf(call).toLowerCase());
  if (!identity) return { status: 204 };
  world.identities.delete(identity.id.toLowerCase());
  world.principals.delete(identity.principalId);
  return { status: 200 };
}

/** Source: Microsoft.ManagedIdentity 2021-09-30-preview, List Associated Resources. */
function listAssociated(call: Call): Reply {
  const { world } = call;
  const { id } = found(call);
  const users = [...world.accounts.values(), ...world.clusters.values()].filter((d) =>
    [...d.identity.userAssigned.keys()].some((k) => same(k, id)),
  );
  const value = users.map((user) => {
    const [, , subscriptionId = "", , resourceGroup = "", , namespace = "", type = ""] = user.id.split("/");
    return {
      id: user.id,
      name: user.name,
      type: `${namespace}/${type}`.toLowerCase(),
      resourceGroup,
      subscriptionId,
      subscriptionDisplayName: "Contoso",
    };
  });
  return { status: 200, body: { totalCount: value.length, value } };
}
