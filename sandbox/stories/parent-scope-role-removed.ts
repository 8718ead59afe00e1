import { grantAtParent, removeGrantAtParent } from "./acts.ts";
import type { Story } from "./story.ts";

export const parentScopeRoleRemoved: Story = {
  name: "parent-scope-role-removed",
  title:
    "the role assignment through which a database reaches its key stood at the resource group or the subscription, and is removed there",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  maxWrites: 1,
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  arrange: ({ world, patient, random }) =>
    grantAtParent(world, patient, random.int("story-parent", 0, 1) === 0 ? "the resource group" : "the subscription"),
  break: removeGrantAtParent,
};
