import { API } from "./acts.ts";
import type { Story } from "./story.ts";

export const policyRemoved: Story = {
  name: "policy-removed",
  title: "somebody removes the access policy through which a database reaches its key",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["PolicyMissing"],
  steps: ["AddAccessPolicyPermissions"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "policies",
  async break(context) {
    const { vault, identity } = context.patient;
    const policy = vault.accessPolicies.find(({ objectId }) => objectId === identity.principalId);
    if (!policy) throw new Error(`${identity.name} has no access policy on ${vault.name}`);
    await context.operator.arm("PUT", `${vault.id}/accessPolicies/remove`, API.vaults, { properties: { accessPolicies: [policy] } });
    context.tell(`access policy of ${identity.name} removed from ${vault.name}, by ${context.operator.principal.name}`);
  },
};
