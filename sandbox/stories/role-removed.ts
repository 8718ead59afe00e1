import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const roleRemoved: Story = {
  name: "role-removed",
  title: "somebody removes the role assignment through which a database reaches its key",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  // Taking a role away reaches the vault as slowly as giving it (Azure RBAC, "Troubleshoot Azure RBAC": up to 10 minutes).
  feltWithinMs: 10 * 60_000,
  break: removeGrant,
};
