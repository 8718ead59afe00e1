import { same } from "../azure/routes.ts";
import type { Json, RoleAssignmentState } from "../azure/world.ts";
import { grantsOf } from "./acts.ts";
import { revokedAndRestored } from "./revoking.ts";
import type { Story } from "./story.ts";

/** All but when, and by whom, it was made. */
const made = ({ createdOn: _on, createdBy: _by, effectiveAt: _at, endsAt: _ends, ...assignment }: RoleAssignmentState): Json => assignment;

export const opRevokeGrant: Story = {
  name: "op-revoke-grant",
  title:
    "a team takes its identity's grant away on purpose, and nobody undoes it; the team then takes that back, and the very same assignment is there again",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: ["AccessMissing"],
  steps: ["RestoreRoleAssignment"],
  // The first is the revocation's, which is an incident of its own: what it comes to the story looks up itself.
  anySteps: ["RemoveGrant", "RestoreRoleAssignment"],
  maxWrites: 2,
  outcome: { grace: "Completed" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  ...revokedAndRestored((context) => {
    const { vault } = context.patient;
    const grants = grantsOf(context);
    const others = [...context.world.roleAssignments.values()].filter((one) => same(one.scope, vault.id) && !grants.includes(one));
    return { grant: grants.map(made), beside: others.map(made) };
  }),
};
