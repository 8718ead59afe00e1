/**
 * When a delivery is tried again and when it is given up.
 * Source: MicrosoftDocs/azure-docs articles/event-grid/delivery-and-retry.md: 10 s, 30 s, 1, 5, 10, 30 min, 1, 3, 6 h, then every 12 h,
 * each with a small randomization, up to 30 attempts and 24 hours.
 */
import { objectAt } from "../json.ts";
import type { EventSubscription, World } from "../world.ts";

const STEPS_S = [10, 30, 60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600];

/** "Retry after ... or more". */
const AT_LEAST_S: Record<number, number> = { 401: 300, 404: 300, 408: 120, 503: 30 };

/** No retry: the event is dead-lettered or dropped at once. */
const FINAL_FOR_RESOURCES = [400, 413, 403];
const FINAL_FOR_WEBHOOKS = [...FINAL_FOR_RESOURCES, 401];

type RetryPolicy = { maxDeliveryAttempts: number; timeToLiveMs: number };

export function retryPolicyOf(subscription: EventSubscription): RetryPolicy {
  const policy = objectAt(subscription.properties["retryPolicy"]);
  return {
    maxDeliveryAttempts: Number(policy["maxDeliveryAttempts"] ?? 30),
    timeToLiveMs: Number(policy["eventTimeToLiveInMinutes"] ?? 1440) * 60_000,
  };
}

export function isDelivered(status: number | null): boolean {
  return status !== null && status >= 200 && status <= 204;
}

export function isFinal(status: number | null, endpointType: string): boolean {
  const final = endpointType.toLowerCase() === "webhook" ? FINAL_FOR_WEBHOOKS : FINAL_FOR_RESOURCES;
  return status !== null && final.includes(status);
}

/** Milliseconds until the next attempt, after `attempts` of them. */
export function waitAfter(world: World, attempts: number, status: number | null): number {
  const step = STEPS_S[Math.min(attempts, STEPS_S.length) - 1]!;
  const seconds = Math.max(step, AT_LEAST_S[status ?? 0] ?? 0);
  return Math.round(seconds * 1000 * (1 + 0.1 * world.random.next("event-grid-retry")));
}

/** Names as in dead letters: "NotFound", "TimedOut" ... */
export function outcomeOf(status: number | null): string {
  const names: Record<number, string> = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    408: "TimedOut",
    413: "RequestEntityTooLarge",
    503: "ServiceUnavailable",
  };
  return status === null ? "TimedOut" : (names[status] ?? "GenericError");
}
