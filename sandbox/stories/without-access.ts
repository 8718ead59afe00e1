import { without } from "./acts.ts";
import { roleRemoved } from "./role-removed.ts";
import { soon, type Story } from "./story.ts";

const { anySteps: _none, ...broken } = roleRemoved;

export const withoutAccess: Story = soon({
  ...broken,
  ...without("access"),
  name: "without-access",
  title: "Keymend is deployed without the capability for access, and a grant is removed: a person is told, with the command",
  steps: [],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  reason: "NotPermitted",
});
