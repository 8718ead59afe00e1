/** Puts Log Analytics workspaces into a world, and what vaults send there. */
import type { AuditTable, Vault, Workspace, World } from "../world.ts";

export function addWorkspace(world: World, spec: { resourceGroup: string; name: string; location?: string }): Workspace {
  const id = `/subscriptions/${world.subscriptionId}/resourceGroups/${spec.resourceGroup}/providers/Microsoft.OperationalInsights/workspaces/${spec.name}`;
  const workspace: Workspace = { id, name: spec.name, location: spec.location ?? "westus2", customerId: world.random.guid("workspace") };
  world.workspaces.set(id.toLowerCase(), workspace);
  return workspace;
}

/** A diagnostic setting of the vault: its AuditEvent log goes to the workspace from now on. */
export function sendAuditLog(world: World, vault: Vault, workspace: Workspace, table: AuditTable = "AZKVAuditLogs"): void {
  world.auditSettings.set(vault.id.toLowerCase(), { workspace, table });
}
