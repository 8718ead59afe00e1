import { removeGrant } from "./acts.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

export const killedMidRepair: Story = {
  ...roleRemoved,
  name: "killed-mid-repair",
  title:
    "the host is killed when Azure has carried out the repair and before it hears of it: the next one goes on, and writes nothing twice",
  maxWrites: 1,
  async break(context) {
    context.killHostAtWrite();
    await removeGrant(context);
  },
};
