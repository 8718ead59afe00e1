import type { Story } from "./story.ts";
import { untilOver, want } from "./wanting.ts";

export const opSwitchKeyOtherTenant: Story = {
  name: "op-switch-key-other-tenant",
  title: "an account is to be moved to a key in another tenant's vault: it is refused before anything is written",
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "Refused" },
  reason: "RequirementsUnmet",
  vault: "rbac",
  async break(context) {
    const databaseId = context.patient.databases[0]!.id;
    const keyUri = "https://kv-fabrikam.vault.azure.net/keys/cmk-ledger";
    const { id } = await want(context, { operation: "switch-key", reason: "to the other tenant's", databaseId, keyUri });
    const refused = await untilOver(context, id, { outcome: "Refused" });
    if (!refused) return;
    const { requirements } = refused;
    const why = requirements.find(({ state }) => state !== "met");
    if (!why?.detail.includes("kv-fabrikam")) throw new Error(`the reason is not told: ${JSON.stringify(requirements)}`);
    context.tell(`refused: ${why.detail}`);
  },
};
