import { approveAll, patchKey } from "./acts.ts";
import type { Story } from "./story.ts";

export const keyOperationsRemoved: Story = {
  name: "key-operations-removed",
  title: "a key may no longer wrap and unwrap: its permitted operations were changed",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyOperationsRemoved"],
  steps: ["RestoreKeyOperations"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    await patchKey(context, { key_ops: ["encrypt", "decrypt"] });
    context.tell(`key ${context.patient.keyName} may only encrypt and decrypt now, by ${context.operator.principal.name}`);
  },
  after: approveAll,
};
