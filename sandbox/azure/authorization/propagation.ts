/**
 * How long a change of role assignments takes to reach the data plane. Management-plane decisions take it at once.
 * Source: Azure RBAC troubleshooting, "changes not detected": up to 10 minutes, and at management groups with data actions hours.
 * Switches: `rbacPropagationMaxSeconds` (600), `rbacRemovalPropagates` (true), `rbacManagementGroupMaxHours` (4).
 */
import type { World } from "../world.ts";
import { isAboveSubscription } from "./scope.ts";

/** When an assignment written now takes effect on the data plane, ms. */
export function effectiveFrom(world: World, scope: string): number {
  return world.clock.now() + delay(world, scope);
}

/** Until when the data plane honours an assignment that is deleted now, ms. */
export function effectiveUntil(world: World, scope: string): number {
  return world.clock.now() + (world.switches["rbacRemovalPropagates"] === false ? 0 : delay(world, scope));
}

function delay(world: World, scope: string): number {
  if (isAboveSubscription(world, scope)) {
    const hours = Number(world.switches["rbacManagementGroupMaxHours"] ?? 4);
    return Math.round(world.random.next("rbac-propagation-above") * hours * 3_600_000);
  }
  const seconds = Number(world.switches["rbacPropagationMaxSeconds"] ?? 600);
  return world.random.int("rbac-propagation", 0, seconds) * 1000;
}
