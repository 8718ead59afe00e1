/**
 * Microsoft.Resources: the resource providers, which types they have and by which api-versions they are asked. `az resource` and
 * templates look here first. Shape: azure-rest-api-specs Microsoft.Resources resources.json, Providers_Get, 2021-04-01.
 */
import { AzureError, type Call, same, type Route, subscriptionOf } from "../routes.ts";
import type { JsonObject } from "../world.ts";

/** Newest first. Only the stable versions that current clients send; the pipeline takes any. */
const TYPES: Record<string, Record<string, string[]>> = {
  "Microsoft.Authorization": {
    denyAssignments: ["2022-04-01"],
    locks: ["2020-05-01", "2016-09-01"],
    roleAssignments: ["2022-04-01"],
    roleDefinitions: ["2022-04-01"],
  },
  "Microsoft.DocumentDB": { databaseAccounts: ["2026-03-15"], mongoClusters: ["2026-06-01", "2025-09-01", "2024-07-01"] },
  "Microsoft.EventGrid": { systemTopics: ["2025-02-15"], "systemTopics/eventSubscriptions": ["2025-02-15"] },
  "Microsoft.Insights": { eventtypes: ["2015-04-01"], metrics: ["2018-01-01"] },
  "Microsoft.KeyVault": { vaults: ["2026-02-01", "2025-05-01"], "vaults/keys": ["2026-02-01"], deletedVaults: ["2026-02-01"] },
  "Microsoft.ManagedIdentity": { userAssignedIdentities: ["2024-11-30"] },
  "Microsoft.ResourceGraph": { resources: ["2024-04-01"] },
  "Microsoft.Resources": { resourceGroups: ["2021-04-01"], subscriptions: ["2022-12-01"], tags: ["2021-04-01"] },
};

export const providerRoutes: Route[] = [
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}/providers",
    action: null,
    handle: (call) => ({ status: 200, body: { value: Object.keys(TYPES).map((namespace) => bodyOf(call, namespace)) } }),
  },
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}/providers/{namespace}",
    action: null,
    handle: (call) => {
      const asked = call.params["namespace"] ?? "";
      const namespace = Object.keys(TYPES).find((known) => same(known, asked));
      if (namespace === undefined) throw new AzureError(404, "InvalidResourceNamespace", `The resource namespace '${asked}' is invalid.`);
      return { status: 200, body: bodyOf(call, namespace) };
    },
  },
];

function bodyOf(call: Call, namespace: string): JsonObject {
  const resourceTypes = Object.entries(TYPES[namespace] ?? {}).map(([resourceType, apiVersions]) => ({
    resourceType,
    locations: ["West US 2"],
    apiVersions,
    capabilities: "None",
  }));
  return {
    id: `/subscriptions/${subscriptionOf(call)}/providers/${namespace}`,
    namespace,
    resourceTypes,
    registrationState: "Registered",
    registrationPolicy: "RegistrationRequired",
  };
}
