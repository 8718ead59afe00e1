import { isPurged } from "../azure/keyvault/vault-state.ts";
import { API } from "./acts.ts";
import type { Story } from "./story.ts";

export const vaultGone: Story = {
  name: "vault-gone",
  title: "a vault without purge protection is deleted and purged: nobody can bring it back",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["VaultGone"],
  maxWrites: 0,
  outcome: { grace: "Unrecoverable", revoked: "Unrecoverable" },
  vault: "rbac",
  arrange({ patient }) {
    patient.vault.enablePurgeProtection = undefined;
  },
  async break(context) {
    const { operator, patient, world } = context;
    const { vault } = patient;
    await operator.arm("DELETE", vault.id, API.vaults);
    const deleted = `/subscriptions/${world.subscriptionId}/providers/Microsoft.KeyVault/locations/${vault.location}/deletedVaults/${vault.name}`;
    await operator.arm("POST", `${deleted}/purge`, API.vaults);
    await context.until("the vault to be purged", () => isPurged(world, vault));
    context.tell(`vault ${vault.name} deleted and purged, by ${operator.principal.name}`);
  },
};
