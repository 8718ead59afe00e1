import { askForLook } from "./acts.ts";
import { managedHsm, moveToHsm } from "./managed-hsm.ts";
import type { Story } from "./story.ts";

export const managedHsmHealthy: Story = {
  ...managedHsm,
  name: "managed-hsm-healthy",
  title: "an account is moved to a key in a managed HSM and has access to it: nothing to alarm anybody with",
  phases: ["grace"],
  causes: [],
  outcome: { grace: "NoChangeNeeded" },
  async break(context) {
    await moveToHsm(context);
    context.tell("the HSM lets it");
  },
  /** After the service's next check: what it says then is of the new key. */
  async after(context) {
    const [account] = context.patient.databases;
    const from = context.world.clock.now();
    await context.until("the service's next key check", () => context.world.clock.now() - from > 60 * 60_000);
    await askForLook(context, account!.id, "the key is in an HSM now: is all well?");
  },
};
