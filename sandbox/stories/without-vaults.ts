import { without } from "./acts.ts";
import { networkBlocked } from "./network-blocked.ts";
import { soon, type Story } from "./story.ts";

const { after: _nobodyIsAsked, ...broken } = networkBlocked;

export const withoutVaults: Story = soon({
  ...broken,
  ...without("vaults"),
  name: "without-vaults",
  title:
    "Keymend is deployed without the capability for vaults, and a firewall keeps the service out: a person is told, and nobody is asked to agree to what can not be done",
  steps: [],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  reason: "NotPermitted",
});
