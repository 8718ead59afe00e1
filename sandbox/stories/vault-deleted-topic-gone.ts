import { API, approveAll } from "./acts.ts";
import type { Story } from "./story.ts";

export const vaultDeletedTopicGone: Story = {
  name: "vault-deleted-topic-gone",
  title: "a vault is deleted, and before it the Event Grid system topic that its events came through",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["VaultDeleted"],
  steps: ["RecoverVault", "RestoreEventSubscription"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  checkInMinutes: [30, 55],
  async break(context) {
    const { operator, patient, world } = context;
    const topic = [...world.systemTopics.values()].find(({ source }) => source === patient.vault.id);
    if (!topic) throw new Error(`${patient.vault.name} has no system topic`);
    await operator.arm("DELETE", topic.id, API.eventGrid);
    await operator.arm("DELETE", patient.vault.id, API.vaults);
    context.tell(`system topic ${topic.name} and vault ${patient.vault.name} deleted, by ${operator.principal.name}`);
  },
  after: approveAll,
};
