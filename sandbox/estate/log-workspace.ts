/** A Log Analytics workspace to which the sample estate's vaults send their audit log, and in which Keymend may read it as deployed. */
import { addCustomRole, assignRole } from "../azure/authorization/build.ts";
import { addWorkspace, sendAuditLog } from "../azure/monitor/build.ts";
import type { AuditTable, Workspace, World } from "../azure/world.ts";
import { readLogReader } from "./deployed-roles.ts";
import type { Estate } from "./estate.ts";

export function addLogWorkspace(world: World, { keymend, patients }: Pick<Estate, "keymend" | "patients">, table?: AuditTable): Workspace {
  const workspace = addWorkspace(world, { resourceGroup: "rg-keymend", name: "log-audit" });
  for (const { vault } of patients) sendAuditLog(world, vault, workspace, table);
  const { principalId } = keymend.observe;
  const { roleName, permissions } = readLogReader(principalId, { name: "keymend", subscriptionId: world.subscriptionId });
  const role = addCustomRole(world, { roleName });
  role.permissions = permissions;
  assignRole(world, { principalId, role: role.name, scope: workspace.id });
  return workspace;
}
