import { addKey, keyUriOf } from "../azure/keyvault/build.ts";
import type { Story, StoryContext } from "./story.ts";
import { seeThrough, want } from "./wanting.ts";

const NEW_KEY = "cmk-new";

function keyUsedBy({ patient }: StoryContext): string | undefined {
  const database = patient.databases[0]!;
  return "clusterStatus" in database ? database.keyEncryptionKeyUrl : database.keyVaultKeyUri;
}

export const opSwitchKey: Story = {
  name: "op-switch-key",
  title: "a database is moved to another key of its vault: its identity is granted that one first, and the old key stays",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  maxWrites: 2,
  outcome: { grace: "Completed" },
  vault: "rbac",
  arrange: ({ world, patient }) => addKey(world, patient.vault, { name: NEW_KEY }),
  async break(context) {
    const { vault, databases } = context.patient;
    const keyUri = keyUriOf(vault, NEW_KEY);
    const { id } = await want(context, { operation: "switch-key", reason: "a key of its own", databaseId: databases[0]!.id, keyUri });
    const ended = await seeThrough(context, id);
    if (!ended) return;
    const { undo, disposable } = ended;
    const old = vault.keys.get(context.patient.keyName.toLowerCase())?.versions.every(({ enabled }) => enabled);
    if (keyUsedBy(context) !== keyUri || !old || undo.length === 0 || disposable === null || disposable.az.length > 0)
      throw new Error(`not as it was wanted: ${keyUsedBy(context)}, ${JSON.stringify({ undo, disposable })}`);
  },
};
