import { addCluster } from "../azure/documentdb/build.ts";
import { keyUriOf } from "../azure/keyvault/build.ts";
import type { Story } from "./story.ts";

export const provisioningFailed: Story = {
  name: "provisioning-failed",
  title: "a new cluster can't be provisioned, because its vault lacks what the service requires",
  kinds: ["cluster"],
  phases: ["grace"],
  causes: ["ProvisioningFailed"],
  maxWrites: 0,
  outcome: { grace: "Escalated" },
  vault: "rbac",
  arrange({ patient }) {
    patient.vault.enablePurgeProtection = undefined;
  },
  break({ world, patient, focus, tell }) {
    const { vault, keyName, identity } = patient;
    const cluster = addCluster(world, {
      name: "catalog-next",
      resourceGroup: "rg-data",
      location: vault.location,
      identities: [identity.id],
      keyUrl: keyUriOf(vault, keyName),
      failed: true,
    });
    focus([cluster]);
    tell(`provisioning of cluster ${cluster.name} failed; ${vault.name} has no purge protection`);
  },
};
