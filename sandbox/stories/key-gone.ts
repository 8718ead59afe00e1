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
  async break(stage) {
    const { vault, keyName } = stage.patient;
    await deleteKey(stage);
    const key = vault.keys.get(keyName);
    await stage.until("the deleted key to show", () => (key?.deleted?.visibleAt ?? 0) <= stage.world.clock.now());
    await stage.operator.key("DELETE", vault.name, `/deletedkeys/${keyName}`);
    stage.tell(`deleted key ${keyName} purged, by ${stage.operator.principal.name}`);
  },
};
