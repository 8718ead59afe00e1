import { subscriptionIn } from "../azure/world.ts";
import { moveKeyToSecond, SECOND_SUBSCRIPTION } from "../estate/second-subscription.ts";
import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const keyInAnotherSubscription: Story = {
  name: "key-in-another-subscription",
  title: "a database's key lies in a vault of another subscription, which Keymend watches too, and the role on it is removed there",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  maxWrites: 1,
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  settingsOf: ({ keymend }) => ({ KEYMEND_SUBSCRIPTIONS: `${subscriptionIn(keymend.observe.id)},${SECOND_SUBSCRIPTION}` }),
  arrange: ({ world, estate, patient }) => moveKeyToSecond(world, estate, patient, { isWatched: true }),
  break: removeGrant,
};
