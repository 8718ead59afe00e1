import { addAccount, addCluster } from "../azure/documentdb/build.ts";
import { keyUriOf } from "../azure/keyvault/build.ts";
import { approveAll, deleteKey } from "./acts.ts";
import type { Story } from "./story.ts";

export const fiveDatabasesOneVault: Story = {
  name: "five-databases-one-vault",
  title: "five databases lose their key at once: one incident, one repair, five verifications",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["KeyDeleted"],
  steps: ["RecoverKey"],
  maxWrites: 1,
  targets: 5,
  outcome: { grace: "OutageAvoided", revoked: "Healed" },
  vault: "rbac",
  arrange({ world, patient, kind }) {
    const { vault, keyName, identity, databases } = patient;
    const uri = keyUriOf(vault, keyName);
    for (const year of ["2023", "2024", "2025"]) {
      const common = { name: `${databases[0]?.name}-${year}`, resourceGroup: "rg-data", identities: [identity.id] };
      databases.push(
        kind === "account"
          ? addAccount(world, { ...common, location: "West US 2", keyUri: uri })
          : addCluster(world, { ...common, location: vault.location, keyUrl: uri }),
      );
    }
  },
  break: deleteKey,
  after: approveAll,
};
