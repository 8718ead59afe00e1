import { isAccount } from "../azure/documentdb/state.ts";
import type { Story } from "./story.ts";

export const keyRotatedPinned: Story = {
  name: "key-rotated-pinned",
  title: "a key is rotated, but the cluster names its old version and will never follow",
  kinds: ["cluster"],
  phases: ["grace"],
  causes: ["KeyVersionPinned"],
  steps: ["SetClusterEncryption"],
  outcome: { grace: "Prevented" },
  vault: "rbac",
  arrange({ patient }) {
    for (const database of patient.databases) {
      if (isAccount(database)) continue;
      const key = patient.vault.keys.get(patient.keyName);
      database.keyEncryptionKeyUrl = `https://${patient.vault.name}.vault.azure.net/keys/${patient.keyName}/${key?.versions.at(-1)?.version}`;
    }
  },
  async break(context) {
    const { vault, keyName } = context.patient;
    await context.operator.key("POST", vault.name, `/keys/${keyName}/rotate`);
    context.tell(`key ${keyName} rotated, by ${context.operator.principal.name}; its databases name the version before`);
  },
};
