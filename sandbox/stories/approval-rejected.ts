import { rejectIt } from "./acts.ts";
import { keyDisabled } from "./key-disabled.ts";
import type { Story } from "./story.ts";

export const approvalRejected: Story = {
  name: "approval-rejected",
  title: "a key is disabled; Keymend asks, and a person says that it was meant",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyDisabled"],
  maxWrites: 0,
  outcome: { grace: "Refused", revoked: "Refused" },
  reason: "Rejected",
  asks: true,
  vault: "rbac",
  break: keyDisabled.break,
  after: (context) => rejectIt(context, "disabled by us, leave it"),
};
