import { removeGrant } from "./acts.ts";
import type { Story } from "./story.ts";

export const neverRevalidated: Story = {
  name: "never-revalidated",
  title: "the key path is mended, and the service never takes notice",
  kinds: ["account"],
  phases: ["revoked"],
  causes: ["AccessMissing"],
  outcome: { revoked: "Escalated" },
  reason: "NotRevalidated",
  vault: "rbac",
  feltWithinMs: 10 * 60_000,
  arrange({ patient }) {
    for (const database of patient.databases) database.check.neverRevalidates = true;
  },
  break: removeGrant,
};
