import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const observeOnly: Story = {
  name: "observe-only",
  title: "the same break in mode observe: found, explained, planned, and nothing written",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  maxWrites: 0,
  outcome: { grace: "Observed", revoked: "Observed" },
  mode: "observe",
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  break: removeGrant,
};
