import { addPlainAccount, requireState, wantKey } from "./enabling.ts";
import type { Story } from "./story.ts";

export const opEnableCmkNoDataRole: Story = {
  name: "op-enable-cmk-no-data-role",
  title: "an account is to be given its first key, and Keymend may not read what it holds: nothing is encrypted that was not looked at",
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  maxWrites: 0,
  outcome: { grace: "Refused" },
  reason: "RequirementsUnmet",
  vault: "rbac",
  arrange: (context) => void addPlainAccount(context, { unread: true }),
  async break(context) {
    const { az = [] } = requireState(await wantKey(context), "document ids", "unknown");
    if (!az.some((line) => line.startsWith("az cosmosdb sql role assignment create")))
      throw new Error(`how to give the role is not told: ${JSON.stringify(az)}`);
  },
};
