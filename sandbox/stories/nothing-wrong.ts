import { API, askForLook } from "./acts.ts";
import type { Story } from "./story.ts";

export const nothingWrong: Story = {
  name: "nothing-wrong",
  title: "somebody writes to a vault and breaks nothing; asked, the app says so",
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
  /** What breaks nothing leaves no record: only who asks is answered with one. */
  async after(context) {
    await context.until("the app to look", context.hasLooked);
    await askForLook(context, context.patient.vault.id, "a tag was set: is all well?");
  },
};
