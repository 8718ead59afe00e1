/**
 * How many queries a caller has left: 15 in five seconds, each page counts.
 * Source: MicrosoftDocs/azure-docs governance/resource-graph/concepts/guidance-for-throttled-requests.md.
 * Counts always; refuses unless the switch `graphThrottles` is off: windows end by virtual time.
 */
import { switchOf } from "../switches.ts";
import type { World } from "../world.ts";

const QUERIES = 15;
const WINDOW_MS = 5000;

const windows = new WeakMap<World, Map<string, { endsAt: number; used: number }>>();

export function takeQuery(world: World, oid: string): { headers: Record<string, string>; exceeded: boolean } {
  const now = world.clock.now();
  const callers = windows.get(world) ?? new Map<string, { endsAt: number; used: number }>();
  windows.set(world, callers);
  const known = callers.get(oid);
  const window = known && known.endsAt > now ? known : { endsAt: now + WINDOW_MS, used: 0 };
  callers.set(oid, window);
  window.used++;
  const seconds = Math.ceil((window.endsAt - now) / 1000);
  const remaining = String(Math.max(0, QUERIES - window.used));
  const exceeded = window.used > QUERIES && switchOf(world, "graphThrottles");
  return {
    headers: {
      "x-ms-user-quota-remaining": remaining,
      "x-ms-user-quota-resets-after": `00:00:${String(seconds).padStart(2, "0")}`,
      "x-ms-ratelimit-remaining-tenant-resource-requests": remaining,
      ...(exceeded ? { "retry-after": String(seconds) } : {}),
    },
    exceeded,
  };
}
