import { assignRole } from "../azure/authorization/build.ts";
import { ROLE } from "../azure/authorization/builtin-roles.ts";
import { addSystemTopic } from "../azure/event-grid/build.ts";
import { addKey, addVault, keyUriOf } from "../azure/keyvault/build.ts";
import { createAccount, createCluster } from "./acts.ts";
import type { Story, StoryContext } from "./story.ts";

/** Another team's vault, with its key, and a system topic that they have made for their own ends; nothing of it is Keymend's yet. */
export const arrangeNewVault: Story["arrange"] = ({ world, patient }) => {
  const resourceGroup = patient.vault.id.split("/")[4]!;
  const vault = addVault(world, { name: `${patient.vault.name}-new`, resourceGroup, location: patient.vault.location, rbac: true });
  addKey(world, vault, { name: patient.keyName });
  addSystemTopic(world, { resourceGroup, name: `theirs-${vault.name}`, source: vault.id, location: vault.location });
  const role = ROLE.keyVaultCryptoServiceEncryptionUser;
  assignRole(world, { principalId: patient.identity.principalId, role, scope: vault.id });
  patient.vault = vault;
  patient.databases = [];
};

/** The first database on it: by that the inventory has it, and nobody puts it on a list. */
export async function createOnNewVault(context: StoryContext): Promise<void> {
  const { operator, patient, tell, world, focus, kind } = context;
  const { vault, keyName, identity } = patient;
  const providers = `/subscriptions/${world.subscriptionId}/resourceGroups/rg-data/providers`;
  const keyUri = keyUriOf(vault, keyName);
  tell(`${operator.principal.name} orders ${kind} newcomer with key ${keyName} of ${vault.name}, whose events Keymend does not hear`);
  const made =
    kind === "account"
      ? await createAccount(context, `${providers}/Microsoft.DocumentDB/databaseAccounts/newcomer`, { identityId: identity.id, keyUri })
      : await createCluster(context, `${providers}/Microsoft.DocumentDB/mongoClusters/newcomer`, {
          identityId: identity.id,
          keyUrl: keyUri,
        });
  patient.databases = [made];
  focus([made]);
}

export const vaultNotArmed: Story = {
  name: "vault-not-armed",
  title: "a database is made on a vault whose events Keymend does not hear: it finds the vault and arms it, under the topic that is there",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  steps: ["RestoreEventSubscription"],
  maxWrites: 1,
  outcome: { grace: "Prevented" },
  vault: "rbac",
  arrange: arrangeNewVault,
  async break(context) {
    await createOnNewVault(context);
  },
};
