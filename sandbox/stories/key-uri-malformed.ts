import type { Account } from "../azure/world.ts";
import type { Story } from "./story.ts";

export const keyUriMalformed: Story = {
  name: "key-uri-malformed",
  title: "an account names its key with a version, and a revoked account takes no other URI",
  kinds: ["account"],
  phases: ["revoked"],
  causes: ["KeyUriMalformed"],
  outcome: { revoked: "Escalated" },
  reason: "NotAccepted",
  vault: "rbac",
  break(context) {
    const account = context.patient.databases.find((database): database is Account => "keyVaultKeyUri" in database);
    if (!account) throw new Error("the vault has no account");
    context.focus([account]);
    // Today's front door refuses such a URI; accounts that have one got it before it did.
    account.keyVaultKeyUri = `${account.keyVaultKeyUri}/${account.keyVaultKeyUriVersion}`;
    context.tell(`account ${account.name} names its key with a version: ${account.keyVaultKeyUri}`);
  },
};
