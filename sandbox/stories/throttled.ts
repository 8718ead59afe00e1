import { removeGrant } from "./acts.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

export const throttled: Story = {
  ...roleRemoved,
  name: "throttled",
  title: "Azure Resource Manager throttles what Keymend reads while a grant is lost: it waits as it is told, and writes once",
  maxWrites: 1,
  async break(context) {
    await removeGrant(context);
    // Azure Resource Manager, "Understand how Azure Resource Manager throttles requests": 429 with Retry-After, reads and writes have buckets of their own.
    const fault = { kind: "status", status: 429, retryAfter: 15 } as const;
    context.arm({ match: { caller: "keymend", host: "management.azure.com", method: "GET" }, fault, after: 5, times: 12 });
    context.tell("Azure Resource Manager throttles: 429 with Retry-After");
  },
};
