import { API } from "./acts.ts";
import type { Story } from "./story.ts";

export const perimeterBlocked: Story = {
  name: "perimeter-blocked",
  title: "a vault is put behind a network security perimeter, which overrides every bypass",
  kinds: ["account"],
  phases: ["grace", "revoked"],
  causes: ["PerimeterBlocked"],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  vault: "rbac",
  async break(context) {
    await context.operator.arm("PATCH", context.patient.vault.id, API.vaults, {
      properties: { publicNetworkAccess: "SecuredByPerimeter" },
    });
    context.tell(`vault ${context.patient.vault.name} put behind a network security perimeter, by ${context.operator.principal.name}`);
  },
};
