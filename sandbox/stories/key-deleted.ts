import { approveAll, deleteKey } from "./acts.ts";
import type { Story } from "./story.ts";

export const keyDeleted: Story = {
  name: "key-deleted",
  title: "a key is deleted; soft delete keeps it recoverable, and no event tells",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyDeleted"],
  steps: ["RecoverKey"],
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  break: deleteKey,
  after: approveAll,
};
