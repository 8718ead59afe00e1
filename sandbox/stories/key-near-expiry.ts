import { patchKey, unixSeconds } from "./acts.ts";
import type { Story } from "./story.ts";

const DAY = 24 * 3_600_000;

export const keyNearExpiry: Story = {
  name: "key-near-expiry",
  title: "a key is set to expire in three weeks",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: ["KeyNearExpiry"],
  steps: ["ExtendKeyExpiry"],
  outcome: { grace: "Prevented" },
  vault: "rbac",
  async break(context) {
    const days = context.random.int("story-days", 15, 25);
    await patchKey(context, { attributes: { exp: unixSeconds(context, days * DAY) } });
    context.tell(
      `key ${context.patient.keyName} set to expire in ${days} days, by ${context.operator.principal.name}; Azure raises no event`,
    );
  },
};
