import { forceKeyPath } from "../azure/documentdb/key-path.ts";
import type { Story } from "./story.ts";

export const vaultUnreachable: Story = {
  name: "vault-unreachable",
  title: "the service can't resolve the name of a vault that is alive: a fault of the platform",
  kinds: ["account"],
  phases: ["revoked"],
  causes: ["VaultUnreachable"],
  maxWrites: 0,
  outcome: { revoked: "Escalated" },
  vault: "rbac",
  break({ world, patient, tell }) {
    for (const account of patient.databases) forceKeyPath(world, account, { ok: false, why: "DnsNotResolved", code: 4009 });
    tell(`the service can no longer resolve ${patient.vault.name}.vault.azure.net, though nobody changed anything`);
  },
};
