import { approveAll, patchKey } from "./acts.ts";
import { revokedOnPurpose } from "./revoked-on-purpose.ts";
import type { Story } from "./story.ts";

export const tagLifted: Story = {
  name: "tag-lifted",
  title: "a key is disabled and tagged keymend:revoked, and left alone; the tag is taken off, and within one sweep Keymend asks",
  kinds: ["account", "cluster"],
  phases: ["revoked"],
  causes: ["KeyDisabled"],
  steps: ["EnableKeyVersion"],
  outcome: { revoked: "Healed" },
  asks: true,
  vault: "rbac",
  break: revokedOnPurpose.break,
  async after(context) {
    await context.until("the app to refuse", context.isOver);
    await context.wait(20 * 60_000);
    context.goOn();
    await patchKey(context, { tags: {} });
    context.tell(`the tag is taken off key ${context.patient.keyName}, by ${context.operator.principal.name}`);
    await approveAll(context);
  },
};
