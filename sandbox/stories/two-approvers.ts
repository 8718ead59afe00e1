import { readPlan, say, untilAsked } from "./acts.ts";
import { networkBlocked } from "./network-blocked.ts";
import type { Story } from "./story.ts";

const MINUTE = 60_000;

export const twoApprovers: Story = {
  ...networkBlocked,
  name: "two-approvers",
  title: "a vault's firewall is to let Azure's services through, which takes two approvers: one alone, however often, is not enough",
  settings: { KEYMEND_QUORUM: "2" },
  maxWrites: 1,
  asks: true,
  async after(context) {
    if (!(await untilAsked(context))) throw new Error("nobody was asked");
    const agree = async (approver = context.approver): Promise<void> => {
      const asked = await readPlan(context);
      if (!asked) throw new Error("the app has stopped asking before enough have agreed");
      const { status, body } = await say({ ...context, approver }, asked, "approve", "let the services through");
      if (status !== 202) throw new Error(`the yes was answered ${status}: ${JSON.stringify(body)}`);
    };
    await agree();
    await agree();
    await context.wait(5 * MINUTE);
    if (context.world.writes.some(({ keymend }) => keymend)) throw new Error("the app wrote with one approver's word");
    await agree(context.person("approver@contoso.com"));
  },
};
