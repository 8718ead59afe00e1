import { writeDatabase } from "./acts.ts";
import type { Story } from "./story.ts";

export const defaultIdentityUndefined: Story = {
  name: "default-identity-undefined",
  title: "the default identity is detached and attached again; Azure never makes it the default again by itself",
  kinds: ["account"],
  phases: ["grace", "revoked"],
  causes: ["DefaultIdentityUndefined"],
  steps: ["SetDefaultIdentity"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    const [account] = context.patient.databases;
    if (!account) throw new Error("the vault has no account");
    const { identity } = context.patient;
    context.focus([account]);
    context.tell(`${context.operator.principal.name} detaches ${identity.name} from account ${account.name} and attaches it again`);
    await writeDatabase(context, account.id, { identity: { type: "None" } });
    await writeDatabase(context, account.id, { identity: { type: "UserAssigned", userAssignedIdentities: { [identity.id]: {} } } });
  },
};
