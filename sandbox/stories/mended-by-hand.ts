import { roleDefinitionIdOf } from "../azure/authorization/build.ts";
import { ROLE } from "../azure/authorization/builtin-roles.ts";
import { API, removeGrant, untilAsked } from "./acts.ts";
import type { Story } from "./story.ts";

export const mendedByHand: Story = {
  name: "mended-by-hand",
  title: "while Keymend waits for an approval, somebody mends it by hand",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  maxWrites: 0,
  outcome: { grace: "Superseded", revoked: "Superseded" },
  mode: "approve",
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  break: removeGrant,
  async after(context) {
    const { operator, patient, world, random } = context;
    await untilAsked(context);
    await context.wait(random.int("story-reads", 60, 180) * 1000);
    const id = `${patient.vault.id}/providers/Microsoft.Authorization/roleAssignments/${random.guid(`story-assignment-${patient.vault.name}`)}`;
    const roleDefinitionId = roleDefinitionIdOf(world, ROLE.keyVaultCryptoServiceEncryptionUser);
    const properties = { principalId: patient.identity.principalId, principalType: "ServicePrincipal", roleDefinitionId };
    await operator.arm("PUT", id, API.authorization, { properties });
    context.tell(`${operator.principal.name} grants ${patient.identity.name} the role on ${patient.vault.name} by hand`);
  },
};
