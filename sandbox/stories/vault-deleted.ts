import { API, approveAll } from "./acts.ts";
import type { Story } from "./story.ts";

export const vaultDeleted: Story = {
  name: "vault-deleted",
  title: "a vault is deleted; its recovery brings back neither role assignments nor event subscriptions",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["VaultDeleted"],
  steps: ["RecoverVault", "RestoreEventSubscription"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  checkInMinutes: [30, 55],
  async break(context) {
    await context.operator.arm("DELETE", context.patient.vault.id, API.vaults);
    context.tell(`vault ${context.patient.vault.name} deleted, by ${context.operator.principal.name}`);
  },
  after: approveAll,
};
