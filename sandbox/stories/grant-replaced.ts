import { API, grantOf, removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const grantReplaced: Story = {
  name: "grant-replaced",
  title:
    "a pipeline replaces a grant at the vault by one at the key: deleted first, made anew half a minute later, and nothing for Keymend to do",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "Superseded" },
  vault: "rbac",
  async break(context) {
    const { operator, patient, random, tell } = context;
    const { principalId, principalType, roleDefinitionId } = grantOf(context).assignment;
    await removeGrant(context);
    const name = random.guid(`story-assignment-${patient.vault.name}`);
    const id = `${patient.vault.id}/keys/${patient.keyName}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    // The app has heard of it by then.
    await context.wait(random.int("story-replaces", 25, 40) * 1000);
    await operator.arm("PUT", id, API.authorization, { properties: { principalId, principalType, roleDefinitionId } });
    tell(`the same role assigned to ${patient.identity.name} at key ${patient.keyName} instead, by ${operator.principal.name}`);
  },
};
