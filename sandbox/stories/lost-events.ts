import { removeGrant } from "./acts.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

export const lostEvents: Story = {
  ...roleRemoved,
  name: "lost-events",
  title: "a grant is removed and every event about it is lost on the way: the next sweep finds it all the same",
  maxWrites: 1,
  async break(context) {
    context.disturb({ kind: "drop", times: 1000 });
    await removeGrant(context);
    context.tell("Event Grid loses whatever it has to deliver");
  },
};
