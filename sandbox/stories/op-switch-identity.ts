import { addIdentity } from "../azure/managed-identity/build.ts";
import { defaultIdentityId } from "../azure/documentdb/key-path.ts";
import type { Story, StoryContext } from "./story.ts";
import { seeThrough, want } from "./wanting.ts";

/** The one that it is to have, made by its owner beforehand, with no right at all. */
const newIdentityOf = ({ world, patient }: Pick<StoryContext, "world" | "patient">) =>
  world.identities.get(patient.identity.id.replace(/[^/]+$/, "id-its-own").toLowerCase())!;

function usedBy({ world, patient }: StoryContext): string | undefined {
  const [database] = patient.databases;
  const used = "defaultIdentity" in database! ? defaultIdentityId(world, database.defaultIdentity) : database!.keyEncryptionIdentityId;
  return used?.toLowerCase();
}

export const opSwitchIdentity: Story = {
  name: "op-switch-identity",
  title: "a database is given an identity of its own: granted first, and what it had before stays, and is told a day later",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  asks: true,
  maxWrites: 3,
  outcome: { grace: "Completed" },
  vault: "rbac",
  arrange: ({ world, patient }) =>
    void addIdentity(world, { resourceGroup: "rg-data", name: "id-its-own", location: patient.vault.location }),
  async break(context) {
    const identityId = newIdentityOf(context).id;
    const databaseId = context.patient.databases[0]!.id;
    const { id } = await want(context, { operation: "switch-identity", reason: "each database its own", databaseId, identityId });
    const ended = await seeThrough(context, id);
    if (!ended) return;
    const { undo, disposable } = ended;
    const isThere = usedBy(context) === identityId.toLowerCase();
    if (!isThere || undo.length === 0 || disposable === null || disposable.az.length > 0)
      throw new Error(`not as it was wanted: ${usedBy(context)}, ${JSON.stringify({ undo, disposable })}`);
  },
};
