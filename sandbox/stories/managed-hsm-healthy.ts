import { askForLook, writeDatabase } from "./acts.ts";
import type { Story } from "./story.ts";

const HSM = "hsm-contoso";

export const managedHsmHealthy: Story = {
  name: "managed-hsm-healthy",
  title: "an account is moved to a key in a managed HSM and has access to it: nothing to alarm anybody with",
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "NoChangeNeeded" },
  vault: "rbac",
  arrange({ world }) {
    world.switches["keyvault.openManagedHsm"] = HSM;
  },
  async break(context) {
    const [account] = context.patient.databases;
    if (!account) throw new Error("the vault has no account");
    context.focus([account]);
    const keyVaultKeyUri = `https://${HSM}.managedhsm.azure.net/keys/cmk-orders`;
    context.tell(`${context.operator.principal.name} moves account ${account.name} to ${keyVaultKeyUri}; the HSM lets it`);
    await writeDatabase(context, account.id, { properties: { keyVaultKeyUri } });
  },
  /** After the service's next check: what it says then is of the new key. */
  async after(context) {
    const [account] = context.patient.databases;
    const from = context.world.clock.now();
    await context.until("the service's next key check", () => context.world.clock.now() - from > 60 * 60_000);
    await askForLook(context, account!.id, "the key is in an HSM now: is all well?");
  },
};
