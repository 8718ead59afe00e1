import { patchKey, unixSeconds } from "./acts.ts";
import type { Story } from "./story.ts";
import { vaultDeleted } from "./vault-deleted.ts";

export const vaultDeletedKeyExpired: Story = {
  ...vaultDeleted,
  name: "vault-deleted-key-expired",
  title:
    "a key expires and its vault is deleted: it is recovered, and what else is wrong is mended, for the roles on keys outlive the vault",
  causes: ["VaultDeleted", "KeyExpired"],
  steps: ["RecoverVault", "ExtendKeyExpiry"],
  async break(context) {
    await patchKey(context, { attributes: { exp: unixSeconds(context, -60_000) } });
    context.tell(`key ${context.patient.keyName} set to expire a minute ago, by ${context.operator.principal.name}`);
    await vaultDeleted.break(context);
  },
};
