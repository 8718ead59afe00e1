/** Scopes: the tenant root "/", one management group, the subscription, groups, resources; whatever lies below inherits. */
import type { Call } from "../routes.ts";
import { MANAGEMENT_GROUP, subscriptionIn, tenantOf, type World } from "../world.ts";

/** A scope as a client wrote it: one leading slash, none at the end. */
export function normalizeScope(raw: string): string {
  return `/${raw.replace(/^\/+|\/+$/g, "")}`;
}

/** Of an extension resource: what stands before `/providers/Microsoft.Authorization`. */
export const scopeOf = (call: Call): string => normalizeScope(call.params["scope"] ?? "");

/** 0 for the root, so that lists come from the top down as recorded (Azure/azure-cli test_role_assignment_no_graph.yaml, 2025-11). */
export function depth(scope: string): number {
  if (scope === "/") return 0;
  const segments = scope.split("/").length;
  return isAboveSubscription(scope) ? 1 : segments;
}

export function isAboveSubscription(scope: string): boolean {
  return subscriptionIn(scope) === undefined;
}

/** True when what is assigned at `at` holds at `scope`: the same place or below. */
export function covers(world: World, at: string, scope: string): boolean {
  const upper = normalizeScope(at).toLowerCase();
  const lower = normalizeScope(scope).toLowerCase();
  if (upper === lower) return true;
  if (upper !== "/" && lower.startsWith(`${upper}/`)) return true;
  if (upper !== "/" && upper !== MANAGEMENT_GROUP.toLowerCase()) return false;
  // Every subscription of the tenant is below its root and its one management group, and no other tenant's is.
  return subscriptionIn(lower) === undefined ? upper === "/" : tenantOf(world, lower) === world.tenantId;
}
