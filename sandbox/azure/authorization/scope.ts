/** Scopes: the tenant root "/", one management group, the subscription, groups, resources; whatever lies below inherits. */
import type { Call } from "../routes.ts";
import { MANAGEMENT_GROUP, type World } from "../world.ts";

/** A scope as a client wrote it: one leading slash, none at the end. */
export function normalizeScope(raw: string): string {
  return `/${raw.replace(/^\/+|\/+$/g, "")}`;
}

/** Of an extension resource: what stands before `/providers/Microsoft.Authorization`. */
export const scopeOf = (call: Call): string => normalizeScope(call.params["scope"] ?? "");

/** 0 for the root, so that lists come from the top down as recorded (Azure/azure-cli test_role_assignment_no_graph.yaml, 2025-11). */
export function depth(world: World, scope: string): number {
  if (scope === "/") return 0;
  const segments = scope.split("/").length;
  return isAboveSubscription(world, scope) ? 1 : segments;
}

export function isAboveSubscription(world: World, scope: string): boolean {
  return scope === "/" || !scope.toLowerCase().startsWith(`/subscriptions/${world.subscriptionId.toLowerCase()}`);
}

/** True when what is assigned at `at` holds at `scope`: the same place or below. */
export function covers(world: World, at: string, scope: string): boolean {
  const upper = normalizeScope(at).toLowerCase();
  const lower = normalizeScope(scope).toLowerCase();
  if (upper === "/" || upper === lower) return true;
  if (lower.startsWith(`${upper}/`)) return true;
  const subscription = `/subscriptions/${world.subscriptionId.toLowerCase()}`;
  return upper === MANAGEMENT_GROUP.toLowerCase() && (lower === subscription || lower.startsWith(`${subscription}/`));
}
