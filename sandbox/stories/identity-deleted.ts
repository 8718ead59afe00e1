import { API, approveAll } from "./acts.ts";
import type { Story } from "./story.ts";

export const identityDeleted: Story = {
  name: "identity-deleted",
  title: "the identity through which a database reaches its key is deleted; it can't be recovered, only replaced",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["IdentityDeleted"],
  steps: ["CreateIdentity"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  checkInMinutes: [40, 58],
  async break(context) {
    await context.operator.arm("DELETE", context.patient.identity.id, API.identities);
    context.tell(`identity ${context.patient.identity.name} deleted, by ${context.operator.principal.name}`);
  },
  after: approveAll,
};
