import { keyUriOf } from "../azure/keyvault/build.ts";
import { API, createCluster } from "./acts.ts";
import type { Story } from "./story.ts";

export const provisioningFailed: Story = {
  name: "provisioning-failed",
  title: "a new cluster can't be provisioned, because neither its identity nor its vault is as the service requires",
  kinds: ["cluster"],
  phases: ["grace"],
  causes: ["ProvisioningFailed"],
  maxWrites: 0,
  outcome: { grace: "Escalated" },
  vault: "rbac",
  arrange({ patient }) {
    // Protection that is on can't be taken away again: this vault never had it.
    patient.vault.enablePurgeProtection = undefined;
  },
  async break(context) {
    const { operator, patient, tell, world, focus } = context;
    const { vault, keyName } = patient;
    const group = `/subscriptions/${world.subscriptionId}/resourceGroups/rg-data/providers`;
    const identityId = `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/id-catalog-next`;
    await operator.arm("PUT", identityId, API.identities, { location: vault.location });
    const id = `${group}/Microsoft.DocumentDB/mongoClusters/catalog-next`;
    tell(`${operator.principal.name} creates cluster catalog-next with a new identity, which was granted nothing on ${vault.name}`);
    const cluster = await createCluster(context, id, { identityId, keyUrl: keyUriOf(vault, keyName) });
    focus([cluster]);
    tell(`provisioning of cluster ${cluster.name} has failed`);
  },
};
