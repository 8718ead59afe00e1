import { approveAll, removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const privilegedCaller: Story = {
  name: "privileged-caller",
  title:
    "a grant is removed by somebody whose changes count as meant: Keymend asks before it puts it back, whoever touches the vault afterwards",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  settingsOf: ({ operator }) => ({ KEYMEND_PRIVILEGED_CALLERS: operator.oid }),
  feltWithinMs: 10 * 60_000,
  break: removeGrant,
  after: (context) => approveAll(context, "removed by mistake, put it back"),
};
