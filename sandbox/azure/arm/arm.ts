/**
 * Azure Resource Manager, the part common to all providers: who calls, may they, is there a lock, which provider answers,
 * with which headers; what was written is recorded and raised as an event. What a resource is, is the providers' matter.
 */
import type { JWTPayload } from "jose";
import { evaluateAction } from "../authorization/evaluate.ts";
import { lockConflict } from "../authorization/locks.ts";
import * as refusals from "./arm-errors.ts";
import { publish, whenEnded, type Poll } from "./arm-events.ts";
import type { Done } from "../change.ts";
import { armHeaders, createLimits, newTrace, type Limits, type Trace } from "./arm-headers.ts";
import type { Faults } from "../faults.ts";
import { objectAt } from "../json.ts";
import { logActivity } from "../monitor/activity-log.ts";
import { createMatcher, segmentsOf, type Match } from "../match.ts";
import { countRead } from "../reads.ts";
import { AzureError, type Call, type Reply, type Route } from "../routes.ts";
import { ARM_AUDIENCES, type Tokens } from "../entra/tokens.ts";
import { bearerOf, parseBody, recordedBody, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Caller, World } from "../world.ts";

export type Arm = { handle(request: AzureRequest): Promise<AzureReply | AzureFault> };

type Find = ReturnType<typeof createMatcher<Route>>;

/** What stays the same from request to request. `types`: the resource types that some route is for, in lower case. */
type Parts = { world: World; tokens: Tokens; faults: Faults; find: Find; types: ReadonlySet<string>; limits: Limits };

/** One request on its way through. */
type Exchange = {
  request: AzureRequest;
  trace: Trace;
  caller: Caller;
  claims: JWTPayload;
  scope: string;
  route?: Route;
  assignmentId: string | null;
};

export function createArm({ world, tokens, faults, routes }: { world: World; tokens: Tokens; faults: Faults; routes: Route[] }): Arm {
  const types = new Set(routes.map((route) => typeOf(route.pattern)).filter((type) => type !== ""));
  const parts: Parts = { world, tokens, faults, find: createMatcher(routes), types, limits: createLimits(world) };
  return {
    async handle(request) {
      const trace = newTrace(world, request);
      const bearer = bearerOf(request);
      if (bearer === undefined) return render(world, trace, errorReply(refusals.missingToken(world.tenantId)));
      const verified = await tokens.verify(bearer, ARM_AUDIENCES);
      if ("problem" in verified) {
        const { problem, claims } = verified;
        const seen = { problem, audience: String(claims?.aud ?? ""), expiredAt: (claims?.exp ?? 0) * 1000, now: world.clock.now() };
        return render(world, trace, errorReply(refusals.badToken(world.tenantId, seen)));
      }
      const exchange: Exchange = { request, trace, ...verified, scope: request.url.pathname, assignmentId: null };
      return faults.around(request, verified.caller, (refusal) => serve(parts, exchange, refusal));
    },
  };
}

async function serve(parts: Parts, exchange: Exchange, refusal: AzureError | undefined): Promise<AzureReply> {
  const { headers: left, retryAfter } = parts.limits.take(exchange.caller.oid, exchange.request);
  const throttled = retryAfter === undefined ? undefined : refusals.throttled(retryAfter);
  const reply = await run(parts, exchange, throttled ?? refusal).catch((error: unknown) => errorReply(error));
  record(parts.world, exchange, reply);
  raise(parts, exchange, reply);
  return render(parts.world, exchange.trace, { ...reply, headers: { ...(reply.status < 400 ? left : {}), ...reply.headers } });
}

/** Up to the provider's answer; every refusal is thrown. */
async function run({ world, find, types }: Parts, exchange: Exchange, refusal: AzureError | undefined): Promise<Reply> {
  const { request, caller } = exchange;
  const { method, url, headers } = request;
  const apiVersion = url.searchParams.get("api-version") ?? "";
  if (apiVersion === "") throw refusals.missingApiVersion();
  requireSubscription(world, request);
  const found = find(method, segmentsOf(url.pathname));
  if ("methods" in found) {
    if (found.methods.length > 0) throw refusals.methodNotAllowed(method, url.pathname);
    throw refusals.unknownRoute(segmentsOf(url.pathname), types, apiVersion);
  }
  const { route, params } = found;
  exchange.route = route;
  const call: Call = {
    world,
    method,
    url,
    params,
    apiVersion,
    headers,
    body: undefined,
    caller,
    claims: exchange.claims,
    correlationId: exchange.trace.correlationId,
  };
  exchange.scope = route.scopeOf?.(call) ?? scopeOf(found, request);
  call.body = isMutating(route) || method === "POST" ? parseBody(request.body, refusals.invalidContent) : undefined;
  authorize(world, exchange, call);
  requireGroup(world, request, route);
  requireUnlocked(world, exchange);
  if (refusal) throw refusal;
  return route.handle(call);
}

/** `microsoft.keyvault/vaults` of `.../providers/Microsoft.KeyVault/vaults/{name}`. */
function typeOf(pattern: string): string {
  const segments = segmentsOf(pattern);
  const at = segments.lastIndexOf("providers");
  return at < 0
    ? ""
    : segments
        .slice(at + 1, at + 3)
        .join("/")
        .toLowerCase();
}

function requireSubscription(world: World, request: AzureRequest): void {
  const [first, subscription] = segmentsOf(request.url.pathname);
  if (first?.toLowerCase() !== "subscriptions" || subscription === undefined) return;
  if (!world.subscriptions.has(`/subscriptions/${subscription}`.toLowerCase())) throw refusals.subscriptionNotFound(subscription);
}

/** Of a resource: its path. Of a list or an action: the path without the type or verb, as ARM's own messages name it. */
function scopeOf({ route, params }: Match<Route>, request: AzureRequest): string {
  if (params["scope"] !== undefined && !route.pattern.endsWith("}")) return params["scope"] === "" ? "/" : params["scope"];
  const segments = segmentsOf(request.url.pathname);
  const at = segments.findLastIndex((segment) => segment.toLowerCase() === "providers");
  const beyond = segments.length - at - 2;
  const bare = at >= 0 && beyond % 2 === 1 ? segments.slice(0, -1) : segments;
  return `/${bare.join("/")}`;
}

function authorize(world: World, exchange: Exchange, call: Call): void {
  const { route, caller, scope } = exchange;
  if (!route?.action || route.isAsked?.(world) === false) return;
  const decision = evaluateAction(world, caller.oid, route.action, scope, route.attributesOf?.(call) ?? {});
  exchange.assignmentId = decision.assignmentId;
  if (!decision.allowed) {
    throw refusals.authorizationFailed(caller, route.action, scope, decision.reason === "ok" ? "none" : decision.reason);
  }
}

function requireGroup(world: World, request: AzureRequest, route: Route): void {
  const [, subscription, word, group] = segmentsOf(request.url.pathname);
  if (word?.toLowerCase() !== "resourcegroups" || group === undefined) return;
  const known = world.resourceGroups.get(`/subscriptions/${subscription}/resourcegroups/${group}`.toLowerCase());
  if (known?.deleting && isMutating(route) && route.method !== "DELETE") throw refusals.resourceGroupBeingDeleted(group);
  if (known) return;
  // Asking whether a group exists is the one question that its absence answers; making one is the other.
  if (segmentsOf(route.pattern).length === 4 && (route.method === "HEAD" || route.method === "PUT")) return;
  throw refusals.resourceGroupNotFound(group);
}

function requireUnlocked(world: World, { route, scope }: Exchange): void {
  if (!route || !isMutating(route) || route.action?.toLowerCase().startsWith("microsoft.authorization/locks/")) return;
  const operation = route.method === "DELETE" ? "delete" : "write";
  const locked = lockConflict(world, scope, operation);
  if (locked !== undefined) throw refusals.scopeLocked(scope, operation, locked);
}

/** Some POSTs only read: those have no event. */
function isMutating(route: Pick<Route, "method" | "event">): boolean {
  return route.method === "GET" || route.method === "HEAD" ? false : route.method !== "POST" || route.event !== undefined;
}

function errorReply(error: unknown): Reply {
  if (!(error instanceof AzureError)) throw error;
  const { innererror, details, headers, unwrapped, body: own } = error.extra;
  const body = {
    code: error.code,
    message: error.message,
    ...(details === undefined ? {} : { details }),
    ...(innererror ? { innererror } : {}),
  };
  return { status: error.status, headers: headers ?? {}, body: own ?? (unwrapped ? body : { error: body }) };
}

function render(world: World, trace: Trace, reply: Reply): AzureReply {
  const body = reply.text ?? (reply.body === undefined ? "" : JSON.stringify(reply.body));
  const type = body === "" ? {} : { "content-type": "application/json; charset=utf-8" };
  return { status: reply.status, headers: armHeaders(world, trace, { ...type, ...reply.headers }), body };
}

function record(world: World, exchange: Exchange, reply: Reply): void {
  const { request, caller, route } = exchange;
  if (route && !isMutating(route)) countRead(world, caller, route);
  if (route ? !isMutating(route) : ["GET", "HEAD", "POST"].includes(request.method)) return;
  world.writes.push({
    at: world.clock.iso(),
    caller: caller.name,
    oid: caller.oid,
    keymend: caller.keymend,
    method: request.method,
    url: request.url.href,
    action: route?.action ?? "",
    status: reply.status,
    body: recordedBody(request.body),
  });
}

function raise({ world, find }: Parts, exchange: Exchange, reply: Reply): void {
  const { route, request, claims, trace, assignmentId, scope } = exchange;
  if (route?.event === undefined) return;
  const done: Done = { request, operation: route.event, scope, claims, correlationId: trace.correlationId, assignmentId };
  logActivity(world, done, { status: "Started" });
  const failed = reply.status >= 400;
  const poll = failed ? undefined : followed(world, exchange, find, reply);
  const body = failed ? (reply.text ?? JSON.stringify(reply.body ?? "")) : "";
  logActivity(world, done, { status: failed ? "Failed" : poll ? "Accepted" : "Succeeded", httpStatus: reply.status, body });
  if (!poll) {
    publish(world, done, failed ? "Failure" : "Success");
    return;
  }
  whenEnded(world, done, poll, (ending) => {
    logActivity(world, done, { status: ending === "Success" ? "Succeeded" : "Failed" });
    publish(world, done, ending);
  });
}

/** What goes on after the answer; undefined: nothing. */
function followed(world: World, exchange: Exchange, find: Find, { status, headers }: Reply): Poll | undefined {
  const url = headers?.["azure-asyncoperation"] ?? (status === 202 ? headers?.["location"] : undefined);
  return url === undefined ? undefined : pollOf(world, exchange, find, new URL(url, "https://management.azure.com"));
}

/** ARM asks the provider for the operation, not through its own front door. */
function pollOf(world: World, { caller, request }: Exchange, find: Find, url: URL): Poll | undefined {
  const found = find("GET", segmentsOf(url.pathname));
  if ("methods" in found) return undefined;
  const apiVersion = url.searchParams.get("api-version") ?? "";
  return async () => {
    const call: Call = { world, method: "GET", url, params: found.params, apiVersion, headers: request.headers, body: undefined, caller };
    const reply = await found.route.handle(call);
    if (reply.status === 202) return undefined;
    const { status } = objectAt(reply.body ?? recordedBody(reply.text ?? ""));
    if (status === "Failed" || status === "Canceled") return "Failure";
    // The result of an operation, asked for at its location, has no status: being there is enough.
    return status === "Succeeded" || status === undefined ? "Success" : undefined;
  };
}
