import { approveAll } from "./acts.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

export const privilegedCaller: Story = {
  ...roleRemoved,
  name: "privileged-caller",
  title:
    "a grant is removed by somebody whose changes count as meant: Keymend asks before it puts it back, whoever touches the vault afterwards",
  settingsOf: ({ operator }) => ({ KEYMEND_PRIVILEGED_CALLERS: operator.oid }),
  asks: true,
  after: (context) => approveAll(context, "removed by mistake, put it back"),
};
