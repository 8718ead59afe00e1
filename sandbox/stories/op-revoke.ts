import { keyUriOf } from "../azure/keyvault/build.ts";
import type { Story, StoryContext } from "./story.ts";
import { isRefused, type Operation, untilOver, want } from "./wanting.ts";

/** The documented way (Learn, "Configure customer-managed keys", How do I revoke an encryption key): its latest version is disabled. */
export async function revokeKey(context: StoryContext, reason: string): Promise<Operation | undefined> {
  const { vault, keyName } = context.patient;
  const scope = keyUriOf(vault, keyName);
  const { id } = await want(context, { operation: "revoke", scope, confirm: keyName, reason });
  const closed = await untilOver(context, id);
  if (!closed) return undefined;
  if (closed.outcome !== "Completed") throw new Error(`the revocation ended as ${JSON.stringify(closed)}`);
  const [latest] = vault.keys.get(keyName.toLowerCase())!.versions.slice(-1);
  const isTagged = latest!.tags?.["keymend:revoked"] === id || isRefused(closed, "TagIntent");
  if (latest!.enabled || !isTagged) throw new Error(`the key is not revoked, or bears no tag: ${JSON.stringify(latest)}`);
  return closed;
}

export const opRevoke: Story = {
  name: "op-revoke",
  title:
    "a team takes its key away from the databases on purpose: it is told in Azure first, then the key is disabled, and nobody undoes it",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  steps: ["TagIntent", "DisableKeyVersion"],
  optional: ["TagIntent"],
  maxWrites: 2,
  healthyAfter: false,
  outcome: { grace: "Completed" },
  vault: "rbac",
  async break(context) {
    const revoked = await revokeKey(context, "the tenant leaves");
    if (!revoked) return;
    if (revoked.undo.length === 0) throw new Error("the way back is not told");
    context.tell("the way back is told beside it");
  },
};
