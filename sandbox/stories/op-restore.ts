import { keyUriOf } from "../azure/keyvault/build.ts";
import { revokeKey } from "./op-revoke.ts";
import type { Story } from "./story.ts";
import { want } from "./wanting.ts";

export const opRestore: Story = {
  name: "op-restore",
  title: "a revocation is taken back: the key is enabled again, its tag comes off, and Keymend watches until the databases have it",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  steps: ["EnableKeyVersion", "UntagIntent"],
  optional: ["UntagIntent"],
  outcome: { grace: "Completed" },
  vault: "rbac",
  async break(context) {
    await revokeKey(context, "a drill");
  },
  async after(context) {
    const { vault, keyName } = context.patient;
    await context.until("the revocation to be closed", context.isOver);
    // It ended in a person's hands before anything was revoked.
    if (vault.keys.get(keyName.toLowerCase())!.versions.at(-1)!.enabled) return;
    // Long enough for the service to notice, and for a look that must leave it alone.
    await context.wait(90 * 60_000);
    context.goOn();
    await want(context, { operation: "restore", scope: keyUriOf(vault, keyName), reason: "the drill is over" });
  },
};
