import { addAccount, addCluster } from "../azure/documentdb/build.ts";
import { addKey, addVault, keyUriOf } from "../azure/keyvault/build.ts";
import { addKeyEvents } from "../estate/patient.ts";
import { grantAtParent, removeGrantAtParent } from "./acts.ts";
import type { Story } from "./story.ts";

export const storm: Story = {
  name: "storm",
  title: "one change at a resource group takes the keys of many vaults at once: Keymend stops writing, and pages once",
  kinds: ["account", "cluster"],
  phases: ["grace", "revoked"],
  causes: ["AccessMissing"],
  maxWrites: 0,
  outcome: { grace: "Refused", revoked: "Refused" },
  reason: "Storm",
  vault: "rbac",
  settings: { KEYMEND_MAX_AFFECTED_VAULTS: "2" },
  feltWithinMs: 10 * 60_000,
  arrange({ world, patient, kind }) {
    const { vault, identity } = patient;
    grantAtParent(world, patient, "the resource group");
    for (const part of ["east", "west", "north", "south"]) {
      const name = `${vault.name}-${part}`;
      const { location } = vault;
      const resourceGroup = vault.id.split("/")[4]!;
      const beside = addVault(world, { name, resourceGroup, location, rbac: true });
      addKey(world, beside, { name: patient.keyName });
      addKeyEvents(world, beside);
      const uri = keyUriOf(beside, patient.keyName);
      const common = { name: `${patient.databases[0]?.name}-${part}`, resourceGroup: "rg-data", identities: [identity.id] };
      if (kind === "account") addAccount(world, { ...common, location: "West US 2", keyUri: uri });
      else addCluster(world, { ...common, location, keyUrl: uri });
    }
  },
  break: removeGrantAtParent,
};
