import { without } from "./acts.ts";
import { defaultIdentityUndefined } from "./default-identity-undefined.ts";
import { soon, type Story } from "./story.ts";

export const withoutDatabases: Story = soon({
  ...defaultIdentityUndefined,
  ...without("databases"),
  name: "without-databases",
  title:
    "Keymend is deployed without the capability for databases, and an account has no default identity any more: a person is told, with the command",
  steps: [],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  reason: "NotPermitted",
});
