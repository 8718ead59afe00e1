import { keyUriOf } from "../azure/keyvault/build.ts";
import { API, createAccount, createCluster } from "./acts.ts";
import type { Story } from "./story.ts";

export const stranger: Story = {
  name: "stranger",
  title: "somebody orders a database with an identity of their own and another team's key, to which it never had access",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: ["ProvisioningFailed"],
  maxWrites: 0,
  outcome: { grace: "Escalated" },
  vault: "rbac",
  async break(context) {
    const { operator, patient, tell, world, focus, kind } = context;
    const { vault, keyName } = patient;
    const group = `/subscriptions/${world.subscriptionId}/resourceGroups/rg-data/providers`;
    const identityId = `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/id-stranger`;
    await operator.arm("PUT", identityId, API.identities, { location: vault.location });
    const keyUri = keyUriOf(vault, keyName);
    tell(`${operator.principal.name} orders ${kind} stranger with identity id-stranger and key ${keyName} of ${vault.name}`);
    const made =
      kind === "account"
        ? await createAccount(context, `${group}/Microsoft.DocumentDB/databaseAccounts/stranger`, { identityId, keyUri })
        : await createCluster(context, `${group}/Microsoft.DocumentDB/mongoClusters/stranger`, { identityId, keyUrl: keyUri });
    focus([made]);
    tell(`provisioning of ${kind} ${made.name} has failed`);
  },
};
