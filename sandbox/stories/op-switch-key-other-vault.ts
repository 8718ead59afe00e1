import { assignRole } from "../azure/authorization/build.ts";
import { ROLE } from "../azure/authorization/builtin-roles.ts";
import { addKey, addVault, keyUriOf } from "../azure/keyvault/build.ts";
import type { Story } from "./story.ts";
import { seeThrough, want } from "./wanting.ts";

const NAME = "kv-apart";
const KEY = "cmk-apart";

export const opSwitchKeyOtherVault: Story = {
  name: "op-switch-key-other-vault",
  title:
    "an account is moved to a key in another vault, which its identity may use already: from then on it depends on that one, which is armed, though Keymend dies over the very write",
  kinds: ["account"],
  phases: ["grace"],
  causes: [],
  steps: ["RestoreEventSubscription"],
  maxWrites: 3,
  outcome: { grace: "Completed" },
  vault: "rbac",
  arrange({ world, patient }) {
    const vault = addVault(world, { name: NAME, resourceGroup: "rg-keys" });
    addKey(world, vault, { name: KEY });
    const role = ROLE.keyVaultCryptoServiceEncryptionUser;
    assignRole(world, { principalId: patient.identity.principalId, role, scope: `${vault.id}/keys/${KEY}` });
    patient.goesTo = vault;
  },
  async break(context) {
    const database = context.patient.databases[0]!;
    const vault = [...context.world.vaults.values()].find(({ name }) => name === NAME)!;
    const keyUri = keyUriOf(vault, KEY);
    context.killHostAtWrite();
    const { id } = await want(context, { operation: "switch-key", reason: "a vault of its own", databaseId: database.id, keyUri });
    const ended = await seeThrough(context, id);
    if (!ended) return;
    const { undo, disposable } = ended;
    const isThere = "keyVaultKeyUri" in database && database.keyVaultKeyUri === keyUri;
    if (!isThere || undo.length === 0 || disposable === null)
      throw new Error(`not as it was wanted: ${JSON.stringify({ database, undo })}`);
  },
};
