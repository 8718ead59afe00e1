/** Microsoft.Resources: the tenant, the subscription. Shapes: azure-rest-api-specs Microsoft.Resources subscriptions.json, 2022-12-01. */
import { identitiesOf } from "../authorization/evaluate.ts";
import type { Call, Route } from "../routes.ts";
import type { Json, JsonObject, World } from "../world.ts";

export const subscriptionRoutes: Route[] = [
  {
    method: "GET",
    pattern: "/subscriptions",
    // Nobody is refused: who has no role anywhere in a subscription doesn't see it.
    action: null,
    handle: (call) => ({ status: 200, body: { value: mayEnter(call) ? [subscriptionBody(call.world)] : [] } }),
  },
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}",
    action: "Microsoft.Resources/subscriptions/read",
    handle: (call) => ({ status: 200, body: subscriptionBody(call.world) }),
  },
  {
    method: "GET",
    pattern: "/tenants",
    action: null,
    handle: (call) => ({ status: 200, body: { value: [tenantBody(call.world)] } }),
  },
];

function mayEnter({ world, caller }: Call): boolean {
  const identities = identitiesOf(world, caller.oid);
  return [...world.roleAssignments.values()].some((assignment) => identities.has(assignment.principalId));
}

function subscriptionBody(world: World): JsonObject {
  const { subscriptionId, tenantId } = world;
  return {
    id: `/subscriptions/${subscriptionId}`,
    authorizationSource: "RoleBased",
    managedByTenants: [] as Json[],
    subscriptionId,
    tenantId,
    displayName: "Keymend sandbox",
    ...(Object.keys(world.subscription.tags).length === 0 ? {} : { tags: world.subscription.tags }),
    state: "Enabled",
    subscriptionPolicies: { locationPlacementId: "Internal_2014-09-01", quotaId: "Internal_2014-09-01", spendingLimit: "Off" },
  };
}

function tenantBody({ tenantId }: World): JsonObject {
  return {
    id: `/tenants/${tenantId}`,
    tenantId,
    tenantCategory: "Home",
    country: "United States",
    countryCode: "US",
    displayName: "Contoso",
    domains: ["contoso.onmicrosoft.com"],
    defaultDomain: "contoso.onmicrosoft.com",
    tenantType: "AAD",
  };
}
