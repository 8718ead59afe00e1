import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const lostEvents: Story = {
  name: "lost-events",
  title: "a grant is removed and every event about it is lost on the way: the next sweep finds it all the same",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  maxWrites: 1,
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  async break(context) {
    context.disturb({ kind: "drop", times: 1000 });
    await removeGrant(context);
    context.tell("Event Grid loses whatever it has to deliver");
  },
};
