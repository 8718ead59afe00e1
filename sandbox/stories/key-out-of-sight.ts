import { moveKeyToSecond } from "../estate/second-subscription.ts";
import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const keyOutOfSight: Story = {
  name: "key-out-of-sight",
  title: "a database's key lies in a vault of a subscription that Keymend does not watch, and is lost: out of sight is not gone",
  kinds: ["account", "cluster"],
  phases: ["revoked"],
  causes: ["Unreadable"],
  maxWrites: 0,
  outcome: { revoked: "Escalated" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  arrange: ({ world, estate, patient }) => moveKeyToSecond(world, estate, patient, { isWatched: false }),
  break: removeGrant,
};
