import { versionInUse } from "../azure/documentdb/key-path.ts";
import { keyUriOf } from "../azure/keyvault/build.ts";
import type { Story } from "./story.ts";
import { untilOver, want } from "./wanting.ts";

const HOUR = 3_600_000;

export const opRotateKey: Story = {
  name: "op-rotate-key",
  title: "a key is rotated: a new version is made, the one before stays enabled, and every database is watched until it is on the new one",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  steps: ["CreateKeyVersion"],
  maxWrites: 1,
  outcome: { grace: "Completed" },
  vault: "rbac",
  async break(context) {
    const { vault, keyName, databases } = context.patient;
    const { id } = await want(context, { operation: "rotate-key", keyUri: keyUriOf(vault, keyName), reason: "once a year" });
    if (!(await untilOver(context, id, { limitMs: 30 * HOUR }))) return;
    const versions = vault.keys.get(keyName.toLowerCase())!.versions;
    if (versions.length !== 2 || !versions.every(({ enabled }) => enabled))
      throw new Error(`not two enabled versions: ${JSON.stringify(versions)}`);
    const behind = (): string[] => databases.filter((database) => versionInUse(database) !== versions[1]!.version).map(({ name }) => name);
    // Which one it is on a cluster tells nobody: the operation need not have seen it.
    if (context.kind === "cluster") await context.until("the clusters to be on the new version", () => behind().length === 0, 30 * HOUR);
    if (behind().length > 0) throw new Error(`still on another version: ${behind().join(", ")}`);
  },
};
