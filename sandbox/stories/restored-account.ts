import { addAccount } from "../azure/documentdb/build.ts";
import type { Account } from "../azure/world.ts";
import { approveAll } from "./acts.ts";
import type { Story } from "./story.ts";

export const restoredAccount: Story = {
  name: "restored-account",
  title: "an account is restored and lives on its source's identity, until some day the source is deleted",
  kinds: ["account"],
  phases: ["grace"],
  causes: ["BorrowedIdentity"],
  steps: ["CreateIdentity", "AttachIdentity", "SetDefaultIdentity"],
  outcome: { grace: "Prevented" },
  vault: "rbac",
  break({ world, patient, focus, tell }) {
    const source = patient.databases.find((database): database is Account => "keyVaultKeyUri" in database);
    if (!source) throw new Error("the vault has no account");
    // A restore is hours of Azure's work: what matters is what it leaves behind.
    const restored = addAccount(world, {
      name: `${source.name}-restored`,
      resourceGroup: source.id.split("/")[4] ?? "",
      location: source.location,
      restoredFrom: source,
    });
    focus([restored]);
    tell(`account ${source.name} restored as ${restored.name}, which still uses ${patient.identity.name}`);
  },
  after: (context) => approveAll(context, "it shall live on an identity of its own"),
};
