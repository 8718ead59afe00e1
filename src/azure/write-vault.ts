/** Recovers a vault, and lets trusted services through its firewall. Never opens public access, never switches the permission model. */
import { armUrl } from "./arm.ts";
import { orAbsent } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";
import { done, fromAnswer } from "./step-result.ts";
import type { Writes } from "./step-result.ts";

const VAULT_API = "api-version=2026-02-01";

/** Permission: Microsoft.KeyVault/vaults/write; to recover, also Microsoft.KeyVault/locations/deletedVaults/read. */
export function createVaultWrites(clients: Pick<Clients, "vaults" | "arm">): Writes<"RecoverVault" | "AllowTrustedServices"> {
  return {
    RecoverVault: async ({ vaultId, location, tenantId, sku }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(vaultId);
      // A PUT on a live vault would replace it: look first.
      const live = await orAbsent(() => clients.vaults(subscriptionId).vaults.get(resourceGroup, name));
      if (live !== undefined) return done(`vault ${name} is live already`);
      // Everything else in such a PUT is ignored. Azure/azure-rest-api-specs issue 21306
      const body = { location, properties: { tenantId, sku: { family: "A", name: sku }, createMode: "recover" } };
      const url = armUrl(vaultId, VAULT_API);
      return fromAnswer(await clients.arm.send("PUT", url, body), url, `vault ${name} is back`);
    },

    AllowTrustedServices: async ({ vaultId }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(vaultId);
      const { vaults } = clients.vaults(subscriptionId);
      const { networkAcls } = (await vaults.get(resourceGroup, name)).properties;
      if (networkAcls === undefined || networkAcls.bypass?.toLowerCase() !== "none")
        return done(`vault ${name} lets trusted services in already`);
      await vaults.update(resourceGroup, name, { properties: { networkAcls: { ...networkAcls, bypass: "AzureServices" } } });
      return done(`vault ${name} lets trusted services in; its rules stay`);
    },
  };
}
