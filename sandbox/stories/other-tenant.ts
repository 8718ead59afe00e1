import { addAccount } from "../azure/documentdb/build.ts";
import { forceKeyPath } from "../azure/documentdb/key-path.ts";
import type { Story } from "./story.ts";

const APPLICATION = "6b1f7c3e-2c1d-4c5a-9d0e-8a3f5f0b7c21";

export const otherTenant: Story = {
  name: "other-tenant",
  title: "an account's key lies in the vault of another tenant, which takes the access away",
  kinds: ["account"],
  phases: ["grace", "revoked"],
  causes: ["OtherTenant"],
  maxWrites: 0,
  outcome: { grace: "Escalated", revoked: "Escalated" },
  vault: "rbac",
  break({ world, patient, focus, tell }) {
    const account = addAccount(world, {
      name: "ledger",
      resourceGroup: "rg-data",
      location: "West US 2",
      identities: [patient.identity.id],
      keyUri: "https://kv-fabrikam.vault.azure.net/keys/cmk-ledger",
      keyVersion: world.random.hex("story-version", 32),
      // Microsoft Learn, "Configure cross-tenant customer-managed keys": the identity is federated with a multi-tenant application.
      defaultIdentity: `UserAssignedIdentity=${patient.identity.id}&FederatedClientId=${APPLICATION}`,
    });
    // There is but one tenant here: what becomes of the vault of another is said, not played.
    forceKeyPath(world, account, { ok: false, why: "Forbidden", code: 4002 });
    focus([account]);
    tell(`account ${account.name} came with a key in kv-fabrikam, a vault of the tenant Fabrikam, which has just taken the access away`);
  },
};
