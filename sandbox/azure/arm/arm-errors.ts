/** Refusals that ARM's front end makes itself, in its words. */
import { AzureError } from "../routes.ts";
import type { Caller } from "../world.ts";

/** Answers of the front end, not of a provider (recorded: Azure/azure-cli test_cosmosdb_system_identity_restore.yaml, 2023-07). */
const GATEWAY = { "x-ms-failure-cause": "gateway" };

function gateway(status: number, code: string, message: string, headers: Record<string, string> = {}): AzureError {
  return new AzureError(status, code, message, { headers: { ...GATEWAY, ...headers } });
}

/** Clients learn the tenant from the challenge. Seen in many public clients, e.g. Azure/aks-engine pkg/armhelpers mock server. */
export function missingToken(tenantId: string): AzureError {
  const why = `error="invalid_token", error_description="The authentication failed because of missing 'Authorization' header."`;
  return gateway(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", {
    "www-authenticate": `Bearer authorization_uri="https://login.windows.net/${tenantId}", ${why}`,
  });
}

type BadToken = { problem: "invalid" | "expired" | "audience"; audience: string; expiredAt: number; now: number };

/** Expiry as Azure Logic Apps documents it (create workflows, note on the action pane); times as "8/21/2018 3:22:00 PM". */
export function badToken(tenantId: string, { problem, audience, expiredAt, now }: BadToken): AzureError {
  const time = (ms: number): string => new Date(ms).toLocaleString("en-US", { timeZone: "UTC" }).replace(",", "").replace("\u202F", " ");
  const texts = {
    invalid: ["InvalidAuthenticationToken", "The access token is invalid."],
    expired: [
      "ExpiredAuthenticationToken",
      `The access token expiry UTC time '${time(expiredAt)}' is earlier than current UTC time '${time(now)}'.`,
    ],
    audience: [
      "InvalidAuthenticationTokenAudience",
      `The access token has been obtained for wrong audience or resource '${audience}'. It should exactly match with one of the allowed audiences ` +
        "'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.",
    ],
  } as const;
  const [code, message] = texts[problem];
  return gateway(401, code, message, {
    "www-authenticate": `Bearer authorization_uri="https://login.windows.net/${tenantId}", error="invalid_token", error_description="${message}"`,
  });
}

export function missingApiVersion(): AzureError {
  return gateway(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.");
}

export function invalidContent(problem: string): AzureError {
  return gateway(400, "InvalidRequestContent", `The request content was invalid and could not be deserialized: '${problem}'.`);
}

export function subscriptionNotFound(subscription: string): AzureError {
  return gateway(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
}

/** Recorded: Azure/azure-service-operator Test_Authorization_RoleAssignment_OnStorageAccount_CRUD.yaml; also for a child's DELETE. */
export function resourceGroupNotFound(group: string): AzureError {
  return gateway(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
}

/** Recorded: Azure/azure-powershell TestRestoreFailuresAccountCmdlets.json, 2021-10. */
export function resourceGroupBeingDeleted(group: string): AzureError {
  return gateway(
    409,
    "ResourceGroupBeingDeleted",
    `The resource group '${group}' is in deprovisioning state and cannot perform this operation.`,
  );
}

/** Text: Azure RBAC, troubleshooting.md; with an unmet condition as reported in microsoft/AzureTRE issue 4278 (2025). */
export function authorizationFailed(caller: Caller, action: string, scope: string, reason: "none" | "denied" | "condition"): AzureError {
  const who = `The client '${caller.appid || caller.name}' with object id '${caller.oid}'`;
  const what = `perform action '${action}' over scope '${scope}'`;
  const texts = {
    none: `${who} does not have authorization to ${what} or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    denied: `${who} has permission to ${what}; however, the access is denied because of the deny assignment at scope '${scope}'.`,
    condition: `${who} has an authorization with ABAC condition that is not fulfilled to ${what}.`,
  };
  return gateway(403, "AuthorizationFailed", texts[reason]);
}

/** Text: Azure/apiops issue 606. */
export function scopeLocked(scope: string, operation: "write" | "delete", locked: string): AzureError {
  const message = `The scope '${scope}' cannot perform ${operation} operation because following scope(s) are locked: '${locked}'. Please remove the lock and try again.`;
  return gateway(409, "ScopeLocked", message);
}

/** Azure Resource Manager, "Resolve errors for resource provider registration" and "invalid resource type". */
export function unknownRoute(path: string[], known: ReadonlySet<string>, apiVersion: string): AzureError {
  const at = path.findLastIndex((segment) => segment.toLowerCase() === "providers");
  const namespace = path[at + 1];
  if (at < 0 || namespace === undefined) {
    return gateway(404, "MissingSubscription", "The request did not have a subscription or a valid tenant level resource provider.");
  }
  const types = path.slice(at + 2).filter((_, index) => index % 2 === 0);
  if (![...known].some((type) => type.startsWith(`${namespace.toLowerCase()}/`))) {
    return gateway(404, "InvalidResourceNamespace", `The resource namespace '${namespace}' is invalid.`);
  }
  const type = types.join("/");
  const message = `The resource type '${type}' could not be found in the namespace '${namespace}' for api version '${apiVersion}'.`;
  return gateway(404, "InvalidResourceType", message);
}

export function methodNotAllowed(method: string, path: string): AzureError {
  return gateway(405, "MethodNotAllowed", `The requested resource does not support http method '${method}' (${path}).`);
}

/** Text and header: Azure Resource Manager, "Understand how Azure Resource Manager throttles requests". */
export function throttled(seconds: number): AzureError {
  const message = `Number of requests for this subscription exceeded the limit. Please try again after '${seconds}' seconds.`;
  return gateway(429, "SubscriptionRequestsThrottled", message, { "retry-after": String(seconds) });
}
