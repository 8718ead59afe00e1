/**
 * Management locks: what they forbid. They act on the management plane only and are inherited; CanNotDelete forbids deleting,
 * ReadOnly writing as well. A lock never stands in the way of managing locks.
 * Source: Azure Resource Manager, lock-resources.md.
 */
import type { World } from "../world.ts";
import { covers } from "./scope.ts";

/** The locked scope that stands in the way of the operation, or undefined. */
export function lockConflict(world: World, scope: string, operation: "write" | "delete"): string | undefined {
  for (const lock of world.locks.values()) {
    if (covers(world, lock.scope, scope) && (lock.level === "ReadOnly" || operation === "delete")) return lock.scope;
  }
  return undefined;
}
