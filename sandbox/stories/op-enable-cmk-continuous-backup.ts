import { addPlainAccount, requireEncrypted, requireState, wantKey } from "./enabling.ts";
import type { Story } from "./story.ts";

export const opEnableCmkContinuousBackup: Story = {
  name: "op-enable-cmk-continuous-backup",
  title: "an account with continuous backup is given its first key: it has to have a managed identity before, in writes of their own",
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  steps: ["AttachIdentity", "SetDefaultIdentity", "SetKeyUri"],
  maxWrites: 3,
  outcome: { grace: "Completed" },
  vault: "rbac",
  arrange: (context) => void addPlainAccount(context, { bare: true, continuousBackup: true }),
  async break(context) {
    const identityId = context.patient.identity.id;
    const ended = await wantKey(context, { identityId });
    if (!ended) return;
    requireState(ended, "managed identity", "met");
    requireEncrypted(context, identityId);
  },
};
