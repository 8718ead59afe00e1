/** Who made a vault, who touched it last. */
import type { Call } from "../routes.ts";
import type { SystemData, Vault } from "../world.ts";
import { shortIso } from "./vault-body.ts";

function actor(call: Call): { by: string; byType: string } {
  const principal = call.world.principals.get(call.caller.oid);
  return { by: call.caller.name, byType: principal?.type === "User" ? "User" : "Application" };
}

export function createdNow(call: Call): SystemData {
  const { by, byType } = actor(call);
  const at = shortIso(call.world.clock.now());
  return { createdBy: by, createdByType: byType, createdAt: at, lastModifiedBy: by, lastModifiedByType: byType, lastModifiedAt: at };
}

export function stampModified(call: Call, vault: Vault): void {
  const { by, byType } = actor(call);
  const lastModifiedAt = shortIso(call.world.clock.now());
  vault.systemData = { ...vault.systemData, lastModifiedAt, lastModifiedBy: by, lastModifiedByType: byType };
}
