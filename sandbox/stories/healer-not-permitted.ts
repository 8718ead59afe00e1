import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const healerNotPermitted: Story = {
  name: "healer-not-permitted",
  title: "Keymend knows what to do and is not allowed to: it says so at once, and has the command for a person ready",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  outcome: { grace: "Escalated", revoked: "Escalated" },
  reason: "NotPermitted",
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  arrange({ world, estate }) {
    const granter = [...world.roleDefinitions.values()].find(({ roleName }) => roleName.startsWith("Keymend Granter"));
    for (const [id, assignment] of world.roleAssignments) {
      const own = assignment.principalId === estate.keymend.access.principalId;
      if (own && granter && assignment.roleDefinitionId.endsWith(granter.name)) world.roleAssignments.delete(id);
    }
  },
  break: removeGrant,
};
