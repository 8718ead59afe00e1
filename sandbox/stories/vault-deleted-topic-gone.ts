import { API } from "./acts.ts";
import type { Story } from "./story.ts";
import { vaultDeleted } from "./vault-deleted.ts";

export const vaultDeletedTopicGone: Story = {
  ...vaultDeleted,
  name: "vault-deleted-topic-gone",
  title: "a vault is deleted, and before it the Event Grid system topic that its events came through",
  async break(context) {
    const { operator, patient, world } = context;
    const topic = [...world.systemTopics.values()].find(({ source }) => source === patient.vault.id);
    if (!topic) throw new Error(`${patient.vault.name} has no system topic`);
    await operator.arm("DELETE", topic.id, API.eventGrid);
    context.tell(`system topic ${topic.name} deleted, by ${operator.principal.name}`);
    await vaultDeleted.break(context);
  },
};
