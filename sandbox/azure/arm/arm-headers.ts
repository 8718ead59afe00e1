/** The headers that every answer of ARM carries, and what is left of the caller's limits. */
import { switchOf } from "../switches.ts";
import type { AzureRequest } from "../wire.ts";
import type { World } from "../world.ts";

export type Trace = { requestId: string; correlationId: string };

export function newTrace(world: World, request: AzureRequest): Trace {
  const correlationId = request.headers["x-ms-correlation-request-id"] ?? world.random.guid("arm.correlation");
  return { requestId: correlationId, correlationId };
}

/**
 * As recorded (azure-powershell TestAnalyticalStorageSchemaTypeUpdateAccount.json, 2024-09; azure-cli test_role_assignment_no_graph.yaml,
 * 2025-11). A provider that sets its own cache-control sends no `expires`: databaseAccounts don't.
 */
export function armHeaders(world: World, trace: Trace, own: Record<string, string>): Record<string, string> {
  const now = new Date(world.clock.now());
  const compact = now.toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
  return {
    "cache-control": "no-cache",
    pragma: "no-cache",
    ...(own["cache-control"] === undefined ? { expires: "-1" } : {}),
    "x-ms-request-id": trace.requestId,
    "x-ms-correlation-request-id": trace.correlationId,
    "x-ms-routing-request-id": `WESTUS2:${compact}:${trace.correlationId}`,
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-cache": "CONFIG_NOCACHE",
    date: now.toUTCString(),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, asciiOf(value)])),
  };
}

/** A name with letters beyond ASCII is percent-encoded in an address (RFC 9110 section 10.2.2: Location is a URI reference). */
const asciiOf = (value: string): string => value.replace(/[^\x20-\x7e]+/g, (text) => encodeURIComponent(text));

type Kind = "reads" | "writes" | "deletes";

const kindOf = (method: string): Kind => (method === "DELETE" ? "deletes" : method === "GET" || method === "HEAD" ? "reads" : "writes");

/**
 * Token buckets per caller and subscription, and per caller for what names no subscription, as Azure Resource Manager documents them
 * ("Understand how Azure Resource Manager throttles requests"): how many fit, how many come back per second. The global limit, of a
 * subscription alone, is 15 times one region's.
 */
const BUCKETS: Record<Kind, { size: number; perSecond: number }> = {
  reads: { size: 250, perSecond: 25 },
  writes: { size: 200, perSecond: 10 },
  deletes: { size: 200, perSecond: 10 },
};

const subscriptionOf = (path: string): string | undefined => /^\/subscriptions\/([^/]+)/i.exec(path)?.[1]?.toLowerCase();

export type Limits = { take(oid: string, request: AzureRequest): { headers: Record<string, string>; retryAfter: number | undefined } };

/** Counts always; refuses unless the switch `arm.throttles` is off: buckets fill by virtual time. */
export function createLimits(world: World): Limits {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(oid, { method, url }) {
      const kind = kindOf(method);
      const { size, perSecond } = BUCKETS[kind];
      const now = world.clock.now();
      const subscription = subscriptionOf(url.pathname);
      const key = `${oid} ${kind} ${subscription ?? "tenant"}`;
      const bucket = buckets.get(key) ?? { left: size, at: now };
      buckets.set(key, bucket);
      bucket.left = Math.min(size, bucket.left + ((now - bucket.at) / 1000) * perSecond);
      bucket.at = now;
      const empty = bucket.left < 1;
      if (!empty) bucket.left -= 1;
      const left = Math.floor(bucket.left);
      const headers: Record<string, string> =
        subscription === undefined
          ? { [`x-ms-ratelimit-remaining-tenant-${kind}`]: String(left) }
          : {
              [`x-ms-ratelimit-remaining-subscription-${kind}`]: String(left),
              [`x-ms-ratelimit-remaining-subscription-global-${kind}`]: String(size * 15 - (size - left)),
            };
      return { headers, retryAfter: empty && switchOf(world, "arm.throttles") ? Math.ceil((1 - bucket.left) / perSecond) : undefined };
    },
  };
}
