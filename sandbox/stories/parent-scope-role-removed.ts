import { grantAtParent, removeGrantAtParent } from "./acts.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

export const parentScopeRoleRemoved: Story = {
  ...roleRemoved,
  name: "parent-scope-role-removed",
  title:
    "the role assignment through which a database reaches its key stood at the resource group or the subscription, and is removed there",
  maxWrites: 1,
  arrange: ({ world, patient, random }) =>
    grantAtParent(world, patient, random.int("story-parent", 0, 1) === 0 ? "the resource group" : "the subscription"),
  break: removeGrantAtParent,
};
