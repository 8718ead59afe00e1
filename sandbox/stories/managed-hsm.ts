import { writeDatabase } from "./acts.ts";
import type { Story, StoryContext } from "./story.ts";

const HSM = "hsm-contoso";

/** The story's account alone, from here on. */
export async function moveToHsm(context: StoryContext): Promise<void> {
  const [account] = context.patient.databases;
  if (!account) throw new Error("the vault has no account");
  context.focus([account]);
  const keyVaultKeyUri = `https://${HSM}.managedhsm.azure.net/keys/cmk-orders`;
  context.tell(`${context.operator.principal.name} moves account ${account.name} to ${keyVaultKeyUri}`);
  await writeDatabase(context, account.id, { properties: { keyVaultKeyUri } });
}

export const managedHsm: Story = {
  name: "managed-hsm",
  title: "an account is moved to a key in a managed HSM, which has its own access control, and loses it there",
  kinds: ["account"],
  phases: ["grace", "revoked"],
  causes: ["ManagedHsm"],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  vault: "rbac",
  arrange({ world }) {
    world.switches["keyvault.openManagedHsm"] = HSM;
  },
  async break(context) {
    await moveToHsm(context);
    // Managed HSM: access-control.md; its local RBAC is out of Azure Resource Manager's reach, and raises no event there.
    context.world.switches["keyvault.openManagedHsm"] = "";
    context.tell(`managed HSM ${HSM} takes the role of ${context.patient.identity.name} away`);
  },
};
