import { same } from "../azure/routes.ts";
import type { Story, StoryContext } from "./story.ts";
import { readOperation, want } from "./wanting.ts";

/** What the identity holds by role assignments at its vault or below, in Azure's own books. */
const held = ({ world, patient: { vault, identity } }: StoryContext): string[] =>
  [...world.roleAssignments.values()]
    .filter(({ principalId, scope }) => same(principalId, identity.principalId) && scope.toLowerCase().startsWith(vault.id.toLowerCase()))
    .map(({ name }) => name);

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
  async break(context) {
    const { name, id: scope } = context.patient.databases[0]!;
    const before = held(context);
    const { id } = await want(context, { operation: "revoke", scope, confirm: name, reason: "a drill" });
    await context.until("the grant to be gone", async () => (await readOperation(context, id)).state === "closed");
    const closed = await readOperation(context, id);
    if (before.length !== 1 || held(context).length > 0 || closed.outcome !== "Completed" || closed.undo.length === 0)
      throw new Error(`the grant is not taken away, or there is no way back: ${JSON.stringify(closed)}`);
    context.tell(`the grant ${before[0]} is gone`);
  },
  async after(context) {
    await context.until("the revocation to be closed", context.isOver);
    // Long enough for a look that must leave it alone.
    await context.wait(5 * 60_000);
    if (held(context).length > 0) throw new Error("the grant is back before anybody wanted it back");
    context.goOn();
    await want(context, { operation: "restore", scope: context.patient.databases[0]!.id, reason: "the drill is over" });
  },
};
