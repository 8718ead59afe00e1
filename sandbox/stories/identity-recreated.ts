import { API, approveAll } from "./acts.ts";
import type { Story } from "./story.ts";

/** Microsoft Learn, vCore troubleshooting guide: "Creating new Entra ID identity with the same name as the deleted one doesn't recover it." */
export const identityRecreated: Story = {
  name: "identity-recreated",
  title: "the identity of a database is deleted and made again under its old name, which makes another principal of it",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["IdentityDeleted"],
  steps: ["CreateIdentity", "DetachIdentity"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  checkInMinutes: [40, 58],
  async break({ operator, patient, tell }) {
    const { id, name, location } = patient.identity;
    await operator.arm("DELETE", id, API.identities);
    await operator.arm("PUT", id, API.identities, { location, tags: {} });
    tell(`identity ${name} deleted and made again, by ${operator.principal.name}`);
  },
  after: approveAll,
};
