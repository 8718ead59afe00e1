import { API, approveAll, patchKey, readPlan, say, untilAsked } from "./acts.ts";
import { keyDisabled } from "./key-disabled.ts";
import type { Story, StoryContext } from "./story.ts";

async function setEnabled(context: StoryContext, enabled: boolean): Promise<void> {
  const { operator, patient, tell, world } = context;
  await patchKey(context, { attributes: { enabled } });
  tell(`key ${patient.keyName} ${enabled ? "enabled" : "disabled"}, by ${operator.principal.name}`);
  // Key Vault tells nobody of that; of a vault that is written Azure tells.
  const tags = { ...patient.vault.tags, changed: String(world.clock.now()) };
  await operator.arm("PATCH", patient.vault.id, API.vaults, { tags });
  await context.wait(60_000);
}

export const approvalDrift: Story = {
  ...keyDisabled,
  name: "approval-drift",
  title:
    "while somebody still reads what Keymend asks, the key is enabled and disabled once more: a yes to the old question is refused, to the new one heard",
  maxWrites: 1,
  // People read twice.
  checkInMinutes: [35, 55],
  async after(context) {
    await untilAsked(context);
    const asked = await readPlan(context);
    if (!asked) throw new Error("the app has stopped asking before anybody could answer");
    await setEnabled(context, true);
    await setEnabled(context, false);
    const { status } = await say(context, asked, "approve", "an accident, put it back");
    if (status !== 409) throw new Error(`a yes to what is asked no more was answered ${status}`);
    await approveAll(context);
  },
};
