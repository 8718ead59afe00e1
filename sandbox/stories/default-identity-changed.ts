import { replaceAccount } from "./acts.ts";
import type { Story } from "./story.ts";

export const defaultIdentityChanged: Story = {
  name: "default-identity-changed",
  title: "a write of the whole account names no default identity, which falls back to the first-party one",
  kinds: ["account"],
  phases: ["grace", "revoked"],
  causes: ["DefaultIdentityChanged"],
  steps: ["SetDefaultIdentity"],
  maxWrites: 1,
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    const [account] = context.patient.databases;
    if (!account) throw new Error("the vault has no account");
    context.focus([account]);
    context.tell(`${context.operator.principal.name} writes account ${account.name} as a whole, without a default identity`);
    await replaceAccount(context, account.id);
  },
};
