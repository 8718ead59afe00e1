import { API } from "./acts.ts";
import type { Story } from "./story.ts";

export const blindHealer: Story = {
  name: "blind-healer",
  title: "Keymend's own event subscription at a vault is deleted while all is healthy: it is put back before anything is missed",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  steps: ["RestoreEventSubscription"],
  maxWrites: 1,
  outcome: { grace: "Prevented" },
  vault: "rbac",
  async break(context) {
    const { operator, patient, world, tell } = context;
    const topic = [...world.systemTopics.values()].find(({ source }) => source === patient.vault.id);
    if (!topic) throw new Error(`${patient.vault.name} has no system topic`);
    await operator.arm("DELETE", `${topic.id}/eventSubscriptions/keymend-keys`, API.eventGrid);
    tell(`event subscription keymend-keys of ${patient.vault.name} deleted, by ${operator.principal.name}`);
  },
};
