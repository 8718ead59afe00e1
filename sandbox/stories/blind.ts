import { same } from "../azure/routes.ts";
import { API, removeGrant } from "./acts.ts";
import type { Story, StoryContext } from "./story.ts";

/** What the deployment has given the identity that reads, at the subscription: with it every read, Resource Graph's rows included. */
async function removeKeymendsRoles({ operator, tell, world }: StoryContext): Promise<void> {
  const subscription = `/subscriptions/${world.subscriptionId}`;
  const own = [...world.identities.values()].find(({ name }) => name === "id-keymend-observe");
  const assignments = [...world.roleAssignments.values()].filter(
    ({ principalId, scope }) => own && same(principalId, own.principalId) && same(scope, subscription),
  );
  for (const { scope, name } of assignments)
    await operator.arm("DELETE", `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, API.authorization);
  tell(`${assignments.length} role assignments of ${own?.name} removed at the subscription, by ${operator.principal.name}`);
}

export const blind: Story = {
  name: "blind",
  title: "Keymend's own roles are taken away, then a database loses its key: it can't see, and says so instead of falling silent",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["Unreadable"],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  async break(context) {
    await removeKeymendsRoles(context);
    await removeGrant(context);
  },
};
