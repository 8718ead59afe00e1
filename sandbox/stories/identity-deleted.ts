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
  async break(stage) {
    await stage.operator.arm("DELETE", stage.patient.identity.id, API.identities);
    stage.tell(`identity ${stage.patient.identity.name} deleted, by ${stage.operator.principal.name}`);
  },
  after: approveAll,
};
