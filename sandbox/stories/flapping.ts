import { rejectIt, removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const flapping: Story = {
  name: "flapping",
  title: "a grant that Keymend has put back is taken away again: this time it asks, and hears that it was meant",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  maxWrites: 1,
  outcome: { grace: "Refused", revoked: "Refused" },
  reason: "Rejected",
  asks: true,
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  break: removeGrant,
  async after(context) {
    await context.until("the app to put it back, and to be done with it", context.isOver);
    context.goOn();
    await removeGrant(context);
    await rejectIt(context);
  },
};
