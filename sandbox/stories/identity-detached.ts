import { writeDatabase } from "./acts.ts";
import type { Story } from "./story.ts";

export const identityDetached: Story = {
  name: "identity-detached",
  title: "the default identity is detached from an account, whose default identity is Undefined from then on",
  kinds: ["account"],
  phases: ["grace", "revoked"],
  causes: ["DefaultIdentityUndefined"],
  steps: ["AttachIdentity", "SetDefaultIdentity"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    const [account] = context.patient.databases;
    if (!account) throw new Error("the vault has no account");
    context.focus([account]);
    context.tell(`${context.operator.principal.name} detaches ${context.patient.identity.name} from account ${account.name}`);
    await writeDatabase(context, account.id, { identity: { type: "None" } });
  },
};
