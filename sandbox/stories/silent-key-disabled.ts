import { approveAll, patchKey } from "./acts.ts";
import type { Story } from "./story.ts";

export const silentKeyDisabled: Story = {
  name: "silent-key-disabled",
  title: "a key is disabled, of which Key Vault raises no event at all: a sweep finds it, asks, and puts it back once approved",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyDisabled"],
  steps: ["EnableKeyVersion"],
  maxWrites: 1,
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    // Neither of the key nor of anything that is written besides.
    context.disturb({ kind: "drop", times: 1000 });
    await patchKey(context, { attributes: { enabled: false } });
    context.tell(`key ${context.patient.keyName} disabled, by ${context.operator.principal.name}`);
  },
  after: approveAll,
};
