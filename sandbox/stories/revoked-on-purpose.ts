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
  vault: "rbac",
  async break(stage) {
    await patchKey(stage, { attributes: { enabled: false }, tags: { "keymend:revoked": "security incident 1207" } });
    stage.tell(`key ${stage.patient.keyName} disabled and tagged keymend:revoked, by ${stage.operator.principal.name}`);
  },
};
