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
  async break(context) {
    const { vault } = context.patient;
    await context.operator.arm("PATCH", vault.id, API.vaults, { tags: { ...vault.tags, costCenter: "4711" } });
    context.tell(`tag costCenter set on ${vault.name}, by ${context.operator.principal.name}; nothing breaks`);
  },
};
