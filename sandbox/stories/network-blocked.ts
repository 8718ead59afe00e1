import { API, approveAll } from "./acts.ts";
import type { Story } from "./story.ts";

export const networkBlocked: Story = {
  name: "network-blocked",
  title: "a vault's firewall is turned on and does not let Azure's own services through",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["NetworkBlocked"],
  steps: ["AllowTrustedServices"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    const networkAcls = { bypass: "None", defaultAction: "Deny", ipRules: [{ value: "198.51.100.0/24" }], virtualNetworkRules: [] };
    await context.operator.arm("PATCH", context.patient.vault.id, API.vaults, { properties: { networkAcls } });
    context.tell(
      `firewall of ${context.patient.vault.name} turned on without a bypass for Azure's services, by ${context.operator.principal.name}`,
    );
  },
  after: approveAll,
};
