import { deleteKey } from "./acts.ts";
import type { Story } from "./story.ts";

export const keyGone: Story = {
  name: "key-gone",
  title: "a key is deleted and purged from a vault without purge protection: nobody can bring it back",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyGone"],
  maxWrites: 0,
  outcome: { grace: "Unrecoverable", revoked: "Unrecoverable" },
  vault: "rbac",
  arrange({ patient }) {
    patient.vault.enablePurgeProtection = undefined;
  },
  async break(context) {
    const { vault, keyName } = context.patient;
    await deleteKey(context);
    const key = vault.keys.get(keyName);
    // As soon as it shows, whether or not anything else happens then.
    await context.wait(Math.max(0, (key?.deleted?.visibleAt ?? 0) - context.world.clock.now()));
    await context.operator.key("DELETE", vault.name, `/deletedkeys/${keyName}`);
    context.tell(`deleted key ${keyName} purged, by ${context.operator.principal.name}`);
  },
};
