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
  async break(stage) {
    const days = stage.random.int("story-days", 15, 25);
    await patchKey(stage, { attributes: { exp: unixSeconds(stage, days * DAY) } });
    stage.tell(`key ${stage.patient.keyName} set to expire in ${days} days, by ${stage.operator.principal.name}; Azure raises no event`);
  },
};
