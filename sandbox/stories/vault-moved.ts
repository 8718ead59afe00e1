import { assignRole } from "../azure/authorization/build.ts";
import { API } from "./acts.ts";
import type { Story } from "./story.ts";

const OTHER_GROUP = "rg-vaults";

export const vaultMoved: Story = {
  name: "vault-moved",
  title: "a vault is moved to another resource group, where nobody has the roles on it any more: the same vault under another id",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  steps: ["GrantKeyRole"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  /** Keymend watches the other group too, as infra/main.bicep has it of every group that is named. */
  arrange({ world, estate, patient }) {
    const before = patient.vault.id.split("/providers/")[0]!;
    const id = `${before.split("/resourceGroups/")[0]}/resourceGroups/${OTHER_GROUP}`;
    world.resourceGroups.set(id.toLowerCase(), { id, name: OTHER_GROUP, location: patient.vault.location, tags: {} });
    const own = new Set(Object.values(estate.keymend).map(({ principalId }) => principalId));
    const held = [...world.roleAssignments.values()].filter(({ principalId, scope }) => own.has(principalId) && scope === before);
    for (const { principalId, roleDefinitionId, condition } of held)
      assignRole(world, {
        principalId,
        role: roleDefinitionId.split("/").at(-1)!,
        scope: id,
        ...(condition === null ? {} : { condition }),
      });
  },
  async break({ operator, patient, tell }) {
    const { vault } = patient;
    const group = vault.id.split("/providers/")[0]!;
    const targetResourceGroup = `${group.split("/resourceGroups/")[0]}/resourceGroups/${OTHER_GROUP}`;
    await operator.arm("POST", `${group}/moveResources`, API.resources, { resources: [vault.id], targetResourceGroup });
    tell(`vault ${vault.name} moved to ${OTHER_GROUP}, by ${operator.principal.name}; the roles that were assigned at it stay behind`);
  },
};
