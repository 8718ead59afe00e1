import { approveAll, patchKey, unixSeconds } from "./acts.ts";
import type { Story } from "./story.ts";

const DAY = 24 * 3_600_000;

export const keyNotYetValid: Story = {
  name: "key-not-yet-valid",
  title: "a key is given an activation date that still lies ahead",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyNotYetValid"],
  steps: ["SetKeyNotBefore"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  async break(context) {
    const days = context.random.int("story-days", 2, 40);
    await patchKey(context, { attributes: { nbf: unixSeconds(context, days * DAY) } });
    context.tell(`key ${context.patient.keyName} set to become valid in ${days} days, by ${context.operator.principal.name}`);
  },
  after: approveAll,
};
