import type { Story } from "./story.ts";

export const vaultUnreachable: Story = {
  name: "vault-unreachable",
  title: "the service can't resolve the name of a vault that is alive: a fault of the platform",
  kinds: ["account"],
  phases: ["revoked"],
  causes: ["VaultUnreachable"],
  maxWrites: 0,
  outcome: { revoked: "Escalated" },
  vault: "rbac",
  break(stage) {
    stage.world.switches["keyvault.unresolvable"] = stage.patient.vault.name;
    stage.tell(`the service can no longer resolve ${stage.patient.vault.name}.vault.azure.net, though nobody changed anything`);
  },
};
