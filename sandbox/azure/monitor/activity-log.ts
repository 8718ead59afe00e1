/**
 * The activity log: who changed what through Resource Manager, and when. An entry as a request begins and one as it has ended; reads and
 * data planes are not in it. Shapes: MicrosoftDocs/azure-monitor-docs articles/azure-monitor/platform/activity-log-schema.md, Administrative
 * category, with what ARM adds there today: tenantId, and eventCategory, entity, message, hierarchy in `properties`.
 */
import { claimsOf, subscriptionOfChange, type Done } from "../change.ts";
import { textAt } from "../json.ts";
import { recordedBody } from "../wire.ts";
import { switchOf } from "../switches.ts";
import { type ActivityEntry, type JsonObject, type World, subscriptionIn, tenantOf } from "../world.ts";

type Ending = { status: "Started" | "Accepted" | "Succeeded" | "Failed"; httpStatus?: number; body?: string };

const TICKS_AT_EPOCH = 621_355_968_000_000_000n;

/** .NET's names of HTTP statuses, with the words of the schema's subStatus where they differ. */
const STATUS_NAMES: Record<number, string> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "NoContent",
  400: "BadRequest",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  412: "PreconditionFailed",
  429: "TooManyRequests",
  500: "InternalServerError",
  503: "ServiceUnavailable",
};

/** Azure RBAC, "View activity logs for Azure RBAC changes"; other operations are shown by their name here. */
const OPERATION_TEXTS: Record<string, string> = {
  "microsoft.authorization/roleassignments/write": "Create role assignment",
  "microsoft.authorization/roleassignments/delete": "Delete role assignment",
  "microsoft.authorization/roledefinitions/write": "Create or update custom role definition",
  "microsoft.authorization/roledefinitions/delete": "Delete custom role definition",
};

const spoken = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, " ");
const localizable = (value: string, localizedValue = value): JsonObject => ({ value, localizedValue });

/** One entry; it becomes visible later. */
export function logActivity(world: World, done: Done, ending: Ending): void {
  if (subscriptionOfChange(done) === undefined) return;
  const at = world.clock.now();
  // Entries of one moment keep their order: so many ticks of 100 ns apart.
  const ticks = BigInt(at) * 10_000n + BigInt(world.activityLog.length % 10_000);
  world.activityLog.push({ at, lag: world.random.next("activity-log.lag"), ticks, event: eventOf(world, done, ending, ticks) });
}

/** activity-log.md: "usually available within 3 to 20 minutes". Asked when somebody reads the entry: before that it makes no difference. */
export function visibleAt(world: World, { at, lag }: ActivityEntry): number {
  const [least, most] = [switchOf(world, "activityLogLagMinMinutes"), switchOf(world, "activityLogLagMaxMinutes")];
  return at + (least * 60 + Math.floor(lag * (Math.max(0, most - least) * 60 + 1))) * 1000;
}

/** As it is read. */
export const shownEvent = (world: World, entry: ActivityEntry): JsonObject => ({
  ...entry.event,
  submissionTimestamp: isoOf(BigInt(visibleAt(world, entry)) * 10_000n),
});

/** Seven fraction digits. */
const isoOf = (ticks: bigint): string => {
  const fraction = String(ticks % 10_000_000n).padStart(7, "0");
  return new Date(Number(ticks / 10_000n)).toISOString().replace(/\.\d+Z/, `.${fraction}Z`);
};

function eventOf(world: World, done: Done, ending: Ending, ticks: bigint): JsonObject {
  const { operation, scope: resourceId, correlationId } = done;
  const eventDataId = world.random.guid("activity-log.event");
  const claims = callerClaims(world, done);
  const began = ending.status === "Started";
  return {
    authorization: { action: operation, scope: authorizationScopeOf(resourceId) },
    caller: textAt(claims[UPN]) || textAt(claims[OBJECT_ID]),
    channels: "Operation",
    claims,
    correlationId,
    description: "",
    eventDataId,
    eventName: began ? localizable("BeginRequest", "Begin request") : localizable("EndRequest", "End request"),
    category: localizable("Administrative"),
    httpRequest: httpRequestOf(done),
    eventTimestamp: isoOf(ticks),
    id: `${resourceId}/events/${eventDataId}/ticks/${TICKS_AT_EPOCH + ticks}`,
    level: ending.status === "Failed" ? "Error" : "Informational",
    operationId: correlationId,
    operationName: localizable(operation, OPERATION_TEXTS[operation.toLowerCase()]),
    ...resourceOf(resourceId, operation),
    status: localizable(ending.status),
    subStatus: subStatusOf(ending),
    subscriptionId: subscriptionIn(resourceId),
    tenantId: tenantOf(world, resourceId),
    properties: {
      ...(began ? requestBodyOf(done) : resultOf(ending, correlationId)),
      eventCategory: "Administrative",
      entity: resourceId,
      message: operation,
      hierarchy: `${tenantOf(world, resourceId)}/${subscriptionIn(resourceId)}`,
    },
    relatedEvents: [],
  };
}

const httpRequestOf = ({ request, correlationId }: Done): JsonObject => ({
  clientRequestId: request.headers["x-ms-client-request-id"] ?? correlationId,
  clientIpAddress: "203.0.113.5",
  method: request.method,
});

const resourceOf = (resourceId: string, operation: string): JsonObject => ({
  resourceGroupName: /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)/i.exec(resourceId)?.[1] ?? "",
  resourceProviderName: localizable(operation.split("/")[0] ?? ""),
  resourceType: localizable(resourceTypeOf(resourceId)),
  resourceId,
});

const statusName = (httpStatus: number): string => STATUS_NAMES[httpStatus] ?? String(httpStatus);

function subStatusOf({ status, httpStatus }: Ending): JsonObject {
  if (status === "Started" || httpStatus === undefined) return localizable("");
  const name = statusName(httpStatus);
  return localizable(name, `${spoken(name)} (HTTP Status Code: ${httpStatus})`);
}

const resultOf = ({ httpStatus, body = "" }: Ending, serviceRequestId: string): JsonObject => ({
  ...(httpStatus === undefined ? {} : { statusCode: statusName(httpStatus), serviceRequestId }),
  ...(body === "" ? {} : { statusMessage: body }),
});

/** Only as a request begins, and where one came (Azure RBAC, "View activity logs for Azure RBAC changes", properties of a role's write). */
function requestBodyOf({ request }: Done): JsonObject {
  const body = recordedBody(request.body);
  return body === null ? {} : { requestbody: JSON.stringify(body) };
}

const OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";

/**
 * The event's claims, and what marks an application: `idtyp`, and of a managed identity the resource that it belongs to, `xms_mirid`
 * (Microsoft identity platform, "Access token claims"). The caller of an application is its object id (MicrosoftDocs/azure-docs issue 56412).
 */
function callerClaims(world: World, { claims }: Done): JsonObject {
  const identity = [...world.identities.values()].find(({ principalId }) => principalId === claims["oid"]);
  const app = claims["idtyp"] !== "user";
  return { ...claimsOf(world, claims), ...(app ? { idtyp: "app" } : {}), ...(identity ? { xms_mirid: identity.id } : {}) };
}

/** `Microsoft.KeyVault/vaults/keys`, of an extension its own type; a group's is Microsoft.Resources/subscriptions/resourceGroups. */
function resourceTypeOf(id: string): string {
  const at = id.toLowerCase().lastIndexOf("/providers/");
  if (at < 0) return id.split("/").length > 3 ? "Microsoft.Resources/subscriptions/resourceGroups" : "Microsoft.Resources/subscriptions";
  const [namespace = "", ...rest] = id.slice(at + "/providers/".length).split("/");
  return [namespace, ...rest.filter((_, index) => index % 2 === 0)].join("/");
}

/** A role is assigned over a scope: that one is named, not the assignment's id. */
const authorizationScopeOf = (id: string): string => id.replace(/\/providers\/Microsoft\.Authorization\/roleAssignments\/[^/]+$/i, "");
