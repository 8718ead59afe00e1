import { refusedEnabling, requireState } from "./enabling.ts";
import type { Story } from "./story.ts";

export const opEnableCmkNoDataRole: Story = refusedEnabling(
  {
    name: "op-enable-cmk-no-data-role",
    title: "an account is to be given its first key, and Keymend may not read what it holds: nothing is encrypted that was not looked at",
    plain: { unread: true },
  },
  (ended) => {
    const { az = [] } = requireState(ended, "document ids", "unknown");
    if (!az.some((line) => line.startsWith("az cosmosdb sql role assignment create")))
      throw new Error(`how to give the role is not told: ${JSON.stringify(az)}`);
  },
);
