import { pauseOrResume, removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const paused: Story = {
  name: "paused",
  title: "an operator has paused Keymend when a grant is removed: it finds it, explains and plans, and writes nothing",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  maxWrites: 0,
  outcome: { grace: "Refused", revoked: "Refused" },
  reason: "Paused",
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  async break(context) {
    await pauseOrResume(context, "pause", { reason: "we move the vaults tonight", until: "PT12H" });
    await removeGrant(context);
  },
};
