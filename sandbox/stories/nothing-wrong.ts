import { API } from "./acts.ts";
import type { Story } from "./story.ts";

export const nothingWrong: Story = {
  name: "nothing-wrong",
  title: "somebody writes to a vault and breaks nothing",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "NoChangeNeeded" },
  vault: "rbac",
  async break(stage) {
    const { vault } = stage.patient;
    await stage.operator.arm("PATCH", vault.id, API.vaults, { tags: { ...vault.tags, costCenter: "4711" } });
    stage.tell(`tag costCenter set on ${vault.name}, by ${stage.operator.principal.name}; nothing breaks`);
  },
};
