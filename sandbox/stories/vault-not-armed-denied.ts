import { API } from "./acts.ts";
import type { Story } from "./story.ts";
import { createOnNewVault, vaultNotArmed } from "./vault-not-armed.ts";
import { roleOf } from "../azure/authorization/evaluate.ts";

export const vaultNotArmedDenied: Story = {
  ...vaultNotArmed,
  name: "vault-not-armed-denied",
  title: "a database is made on a vault whose events Keymend does not hear, and it may not arm it: a person is told how",
  steps: [],
  // Azure sees the one that it refuses.
  maxWrites: 1,
  outcome: { grace: "Escalated" },
  reason: "NotPermitted",
  async break(context) {
    const { world, operator, tell } = context;
    const arms = [...world.roleAssignments.values()].find((assignment) =>
      roleOf(world, assignment)?.permissions.some(({ actions }) =>
        actions.includes("Microsoft.EventGrid/systemTopics/eventSubscriptions/write"),
      ),
    );
    if (!arms) throw new Error("nobody may make event subscriptions");
    await operator.arm("DELETE", `${arms.scope}/providers/Microsoft.Authorization/roleAssignments/${arms.name}`, API.authorization);
    tell(`the role by which Keymend makes event subscriptions is taken from it, by ${operator.principal.name}`);
    await createOnNewVault(context);
  },
};
