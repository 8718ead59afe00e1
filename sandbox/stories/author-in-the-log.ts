import { same } from "../azure/routes.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

const SOMEBODY_ELSE = "00000000-0000-4000-8000-00000000b055";

export const authorInTheLog: Story = {
  ...roleRemoved,
  name: "author-in-the-log",
  title:
    "a grant is removed and no event tells of it: the activity log names who did it, whose changes don't count as meant, and Keymend puts it back unasked",
  maxWrites: 1,
  settings: { KEYMEND_PRIVILEGED_CALLERS: SOMEBODY_ELSE },
  checkInMinutes: [50, 55],
  arrange({ world }) {
    const topic = [...world.eventSubscriptions.values()].filter(({ name }) => same(name, "keymend-resources"));
    for (const { id } of topic) world.eventSubscriptions.delete(id.toLowerCase());
  },
};
