import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const killedMidRepair: Story = {
  name: "killed-mid-repair",
  title:
    "the host is killed when Azure has carried out the repair and before it hears of it: the next one goes on, and writes nothing twice",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  maxWrites: 1,
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  async break(context) {
    context.killHostAtWrite();
    await removeGrant(context);
  },
};
