import { API } from "./acts.ts";
import type { Story } from "./story.ts";

export const permissionModelSwitched: Story = {
  name: "permission-model-switched",
  title: "a vault is switched from access policies to role assignments, and nobody was granted a role",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["PermissionModelSwitched"],
  anySteps: ["GrantKeyRole", "RestoreRoleAssignment"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "policies",
  async break(context) {
    await context.operator.arm("PATCH", context.patient.vault.id, API.vaults, { properties: { enableRbacAuthorization: true } });
    context.tell(`vault ${context.patient.vault.name} switched to role assignments, by ${context.operator.principal.name}`);
  },
};
