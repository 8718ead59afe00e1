import { without } from "./acts.ts";
import { keyExpired } from "./key-expired.ts";
import { soon, type Story } from "./story.ts";

export const withoutKeys: Story = soon({
  ...keyExpired,
  ...without("keys"),
  name: "without-keys",
  title: "Keymend is deployed without the capability for keys, and a key expires: a person is told at once, with the command",
  steps: [],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  reason: "NotPermitted",
});
