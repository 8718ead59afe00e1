/** Breaks that are on no list of stories, since nobody breaks a database that way: played only to show what Keymend says of them. */
import { addCluster } from "../../sandbox/azure/documentdb/build.ts";
import { keyUriOf } from "../../sandbox/azure/keyvault/build.ts";
import type { Story } from "../../sandbox/stories/story.ts";

const otherRegion: Story = {
  name: "other-region",
  title: "a cluster in another region than its vault and its identity",
  kinds: ["cluster"],
  phases: ["grace"],
  causes: ["OtherRegion"],
  outcome: { grace: "Escalated" },
  vault: "rbac",
  break({ world, patient: { vault, keyName, identity }, focus }) {
    const common = { name: "catalog-east", resourceGroup: "rg-data", location: "eastus2" };
    focus([addCluster(world, { ...common, identities: [identity.id], keyUrl: keyUriOf(vault, keyName) })]);
  },
};

const unreadable: Story = {
  name: "unreadable",
  title: "Keymend may no longer read who was granted what",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: ["Unreadable"],
  outcome: { grace: "Escalated" },
  vault: "rbac",
  break({ world }) {
    for (const { roleName, permissions } of world.roleDefinitions.values()) {
      if (!roleName.startsWith("Keymend Watcher ")) continue;
      for (const permission of permissions)
        permission.actions = permission.actions.filter((action) => action !== "Microsoft.Authorization/roleAssignments/read");
    }
  },
};

export const moreStories: readonly Story[] = [otherRegion, unreadable];
