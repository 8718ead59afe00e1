import { patchKey, removeGrant, unixSeconds } from "./acts.ts";
import type { Story } from "./story.ts";

export const twoCauses: Story = {
  name: "two-causes",
  title: "a role assignment is removed and the key has expired too: one plan mends both",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing", "KeyExpired"],
  steps: ["ExtendKeyExpiry"],
  anySteps: ["RestoreRoleAssignment", "GrantKeyRole"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    await patchKey(context, { attributes: { exp: unixSeconds(context, -60_000) } });
    context.tell(`key ${context.patient.keyName} set to expire a minute ago, by ${context.operator.principal.name}`);
    await removeGrant(context);
  },
};
