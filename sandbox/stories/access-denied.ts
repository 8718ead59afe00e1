import { addDenyAssignment } from "../azure/authorization/build.ts";
import type { Story } from "./story.ts";

export const accessDenied: Story = {
  name: "access-denied",
  title: "a deny assignment, which only Azure's own services make, keeps an identity from the keys",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessDenied"],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  vault: "rbac",
  break({ world, patient, tell }) {
    addDenyAssignment(world, {
      scope: patient.vault.id,
      permissions: [{ actions: [], notActions: [], dataActions: ["Microsoft.KeyVault/vaults/keys/*"], notDataActions: [] }],
      principals: [{ id: patient.identity.principalId, type: "ServicePrincipal" }],
    });
    tell(`a deployment stack denies ${patient.identity.name} all use of keys in ${patient.vault.name}`);
  },
};
