/**
 * How long a change of role assignments takes to reach the data plane. Management-plane decisions take it at once.
 * Source: MicrosoftDocs/azure-docs role-based-access-control/troubleshooting.md: up to 10 minutes, at management groups with data actions hours.
 */
import { switchOf } from "../switches.ts";
import type { World } from "../world.ts";
import { isAboveSubscription } from "./scope.ts";

/** When an assignment written now takes effect on the data plane, ms. */
export function effectiveFrom(world: World, scope: string): number {
  return world.clock.now() + delay(world, scope);
}

/** Until when the data plane honours an assignment that is deleted now, ms. */
export function effectiveUntil(world: World, scope: string): number {
  return world.clock.now() + (switchOf(world, "rbacRemovalPropagates") ? delay(world, scope) : 0);
}

function delay(world: World, scope: string): number {
  if (isAboveSubscription(scope)) {
    return Math.round(world.random.next("rbac-propagation-above") * switchOf(world, "rbacManagementGroupMaxHours") * 3_600_000);
  }
  return world.random.int("rbac-propagation", 0, switchOf(world, "rbacPropagationMaxSeconds")) * 1000;
}
