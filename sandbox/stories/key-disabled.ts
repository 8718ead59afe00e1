import { approveAll, patchKey } from "./acts.ts";
import type { Story } from "./story.ts";

export const keyDisabled: Story = {
  name: "key-disabled",
  title: "a key is disabled, which may be meant: Azure raises no event, Keymend finds it and asks",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyDisabled"],
  steps: ["EnableKeyVersion"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  asks: true,
  vault: "rbac",
  async break(context) {
    await patchKey(context, { attributes: { enabled: false } });
    context.tell(`key ${context.patient.keyName} disabled, by ${context.operator.principal.name}`);
  },
  after: approveAll,
};
