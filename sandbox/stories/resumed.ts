import { pauseOrResume, removeGrant } from "./acts.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

export const resumed: Story = {
  ...roleRemoved,
  name: "resumed",
  title: "a grant is removed while Keymend is paused, and left alone; somebody resumes, and within one sweep it is put back",
  phases: ["revoked"],
  maxWrites: 1,
  outcome: { revoked: "Healed" },
  async break(context) {
    await pauseOrResume(context, "pause", { reason: "we move the vaults" });
    await removeGrant(context);
  },
  async after(context) {
    await context.until("the app to refuse", context.isOver);
    await context.wait(20 * 60_000);
    context.goOn();
    await pauseOrResume(context, "resume", { reason: "they are moved" });
  },
};
