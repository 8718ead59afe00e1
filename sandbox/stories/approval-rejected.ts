import { patchKey, rejectIt } from "./acts.ts";
import type { Story } from "./story.ts";

export const approvalRejected: Story = {
  name: "approval-rejected",
  title: "a key is disabled; Keymend asks, and a person says that it was meant",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyDisabled"],
  maxWrites: 0,
  outcome: { grace: "Refused", revoked: "Refused" },
  vault: "rbac",
  async break(context) {
    await patchKey(context, { attributes: { enabled: false } });
    context.tell(`key ${context.patient.keyName} disabled, by ${context.operator.principal.name}`);
  },
  after: (context) => rejectIt(context, "disabled by us, leave it"),
};
