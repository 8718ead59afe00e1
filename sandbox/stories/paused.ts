import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const paused: Story = {
  name: "paused",
  title: "an operator has paused Keymend when a grant is removed: it finds it, explains and plans, and writes nothing",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  maxWrites: 0,
  outcome: { grace: "Refused", revoked: "Refused" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  async break(context) {
    const { operator, tell } = context;
    const { status, body } = await operator.app("POST", "/api/pause", { reason: "we move the vaults tonight", until: "PT12H" });
    if (status !== 200) throw new Error(`the pause was answered ${status}: ${JSON.stringify(body)}`);
    tell(`${operator.principal.name} pauses Keymend: "we move the vaults tonight"`);
    await removeGrant(context);
  },
};
