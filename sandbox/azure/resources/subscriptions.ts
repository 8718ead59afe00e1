/** Microsoft.Resources: the tenant, the subscription. Shapes: azure-rest-api-specs Microsoft.Resources subscriptions.json, 2022-12-01. */
import { identitiesOf } from "../authorization/evaluate.ts";
import { covers } from "../authorization/scope.ts";
import type { Call, Route } from "../routes.ts";
import type { JsonObject, Subscription, World } from "../world.ts";

export const subscriptionRoutes: Route[] = [
  {
    method: "GET",
    pattern: "/subscriptions",
    // Nobody is refused: who has no role anywhere in a subscription doesn't see it.
    action: null,
    handle: (call) => {
      const value = [...call.world.subscriptions.values()].filter((one) => mayEnter(call, one));
      return { status: 200, body: { value: value.map((one) => subscriptionBody(call.world, one)) } };
    },
  },
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}",
    action: "Microsoft.Resources/subscriptions/read",
    handle: ({ world, url }) => ({
      status: 200,
      body: subscriptionBody(world, world.subscriptions.get(url.pathname.toLowerCase().replace(/\/$/, ""))!),
    }),
  },
  {
    method: "GET",
    pattern: "/tenants",
    action: null,
    handle: (call) => ({ status: 200, body: { value: [tenantBody(call.world)] } }),
  },
];

/** Who has a role at it, above it or anywhere in it. */
function mayEnter({ world, caller }: Call, { subscriptionId }: Subscription): boolean {
  const identities = identitiesOf(world, caller.oid);
  const subscription = `/subscriptions/${subscriptionId}`;
  return [...world.roleAssignments.values()].some(
    ({ principalId, scope }) => identities.has(principalId) && (covers(world, scope, subscription) || covers(world, subscription, scope)),
  );
}

function subscriptionBody(world: World, { subscriptionId, tenantId, displayName, tags }: Subscription): JsonObject {
  return {
    id: `/subscriptions/${subscriptionId}`,
    authorizationSource: "RoleBased",
    // Of one that is delegated (REST specification, Microsoft.Resources subscriptions: ManagedByTenant).
    managedByTenants: tenantId === world.tenantId ? [] : [{ tenantId: world.tenantId }],
    subscriptionId,
    tenantId,
    displayName,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
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
