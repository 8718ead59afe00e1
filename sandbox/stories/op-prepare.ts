import type { Story, StoryContext } from "./story.ts";
import { seeThrough, want } from "./wanting.ts";

const KEY = "cmk-to-come";

/** What Microsoft's guides ask for, in Azure's own books. */
function requirePrepared({ world, patient }: StoryContext, identityId: string): void {
  const identity = world.identities.get(identityId.toLowerCase());
  const [made, ...more] = patient.vault.keys.get(KEY)?.versions ?? [];
  const scope = `${patient.vault.id}/keys/${KEY}`.toLowerCase();
  const grants = [...world.roleAssignments.values()].filter(({ principalId }) => principalId === identity?.principalId);
  const isFit = made?.kty === "RSA" && made.keySize === 3072 && made.exp === undefined && more.length === 0;
  if (!isFit || patient.vault.enablePurgeProtection !== true || grants.length !== 1 || grants[0]!.scope.toLowerCase() !== scope)
    throw new Error(`not prepared: ${JSON.stringify({ identity, made, grants })}`);
}

export const opPrepare: Story = {
  name: "op-prepare",
  title:
    "a team plans a database: its identity, its key and its grant are made on a vault that is there, and purge protection is turned on, which is asked for by name; who gets access is agreed to",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: [],
  steps: ["EnablePurgeProtection", "CreateIdentity", "CreateKey", "GrantKeyRole"],
  maxWrites: 4,
  asks: true,
  outcome: { grace: "Completed" },
  vault: "rbac",
  arrange: ({ patient }) => void (patient.vault.enablePurgeProtection = undefined),
  async break(context) {
    const { kind, patient } = context;
    const identityId = `${patient.identity.id}-to-come`;
    const reason = "a new database is planned";
    const { id: vaultId, name: confirm } = patient.vault;
    const { id } = await want(context, {
      operation: "prepare",
      reason,
      kind,
      vaultId,
      key: KEY,
      identityId,
      purgeProtection: true,
      confirm,
    });
    if (await seeThrough(context, id)) requirePrepared(context, identityId);
  },
};
