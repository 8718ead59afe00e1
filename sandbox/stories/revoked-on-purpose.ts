import { patchKey } from "./acts.ts";
import type { Story } from "./story.ts";

export const revokedOnPurpose: Story = {
  name: "revoked-on-purpose",
  title: "a key is disabled and tagged keymend:revoked: a deliberate revocation, which nobody may undo",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyDisabled"],
  maxWrites: 0,
  outcome: { grace: "Refused", revoked: "Refused" },
  reason: "RevokedOnPurpose",
  vault: "rbac",
  async break(context) {
    await patchKey(context, { attributes: { enabled: false }, tags: { "keymend:revoked": "security incident 1207" } });
    context.tell(`key ${context.patient.keyName} disabled and tagged keymend:revoked, by ${context.operator.principal.name}`);
  },
};
