/** Recovers a vault, lets trusted services through its firewall, and turns on its purge protection. Never opens public access, never switches the permission model. */
import type { NetworkRuleSet } from "@azure/arm-keyvault";
import { armUrl } from "./arm.ts";
import { orAbsent } from "./call-azure.ts";
import type { Sides } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";
import { done, fromAnswer, refused, takeBack } from "./step-result.ts";
import type { Writes } from "./step-result.ts";

const VAULT_API = "api-version=2026-02-01";

/** A firewall as one text, the same for the same: ids and addresses compare without case, and their order says nothing. */
function wordsOf({ bypass, defaultAction, ipRules = [], virtualNetworkRules = [] }: NetworkRuleSet): string {
  const names = [...ipRules.map(({ value }) => value), ...virtualNetworkRules.map(({ id }) => id)];
  return [`bypass ${bypass}`, `default ${defaultAction}`, ...names.toSorted()].join(", ").toLowerCase();
}

/** Permission: Microsoft.KeyVault/vaults/write; to recover, also Microsoft.KeyVault/locations/deletedVaults/read. */
export function createVaultWrites({
  reads,
  writes,
}: Sides<"vaults", "vaults" | "arm">): Writes<"RecoverVault" | "AllowTrustedServices" | "EnablePurgeProtection"> {
  return {
    RecoverVault: async ({ vaultId, location, tenantId, sku }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(vaultId);
      // A PUT on a live vault would replace it: look first.
      const live = await orAbsent(() => reads.vaults(subscriptionId).vaults.get(resourceGroup, name));
      if (live !== undefined) return done(`vault ${name} is live already`);
      // Everything else in such a PUT is ignored. Azure/azure-rest-api-specs issue 21306
      const body = { location, properties: { tenantId, sku: { family: "A", name: sku }, createMode: "recover" } };
      const url = armUrl(vaultId, VAULT_API);
      return fromAnswer(await writes.arm.send("PUT", url, body), url, `vault ${name} is back`);
    },

    EnablePurgeProtection: async ({ vaultId }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(vaultId);
      const { enablePurgeProtection } = (await reads.vaults(subscriptionId).vaults.get(resourceGroup, name)).properties;
      if (enablePurgeProtection === true) return done(`vault ${name} has purge protection already`);
      // Nothing takes it back; whether it is on shows to the next look.
      await writes.vaults(subscriptionId).vaults.update(resourceGroup, name, { properties: { enablePurgeProtection: true } });
      return done(`vault ${name} has purge protection from now on`);
    },

    AllowTrustedServices: async ({ vaultId }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(vaultId);
      const { networkAcls } = (await reads.vaults(subscriptionId).vaults.get(resourceGroup, name)).properties;
      if (networkAcls === undefined || networkAcls.bypass?.toLowerCase() !== "none")
        return done(`vault ${name} lets trusted services in already`);
      const put = async (acls: NetworkRuleSet): Promise<NetworkRuleSet | undefined> =>
        (await writes.vaults(subscriptionId).vaults.update(resourceGroup, name, { properties: { networkAcls: acls } })).properties
          .networkAcls;
      const asked: NetworkRuleSet = { ...networkAcls, bypass: "AzureServices" };
      const got = await put(asked);
      // One that says nothing of it, or still the old, is no answer to it: the next look shows what came of it.
      if (got === undefined || [asked, networkAcls].some((known) => wordsOf(known) === wordsOf(got)))
        return done(`vault ${name} lets trusted services in; its rules stay`);
      const undone = await takeBack(wordsOf(networkAcls), () => put(networkAcls));
      return refused("AnsweredOtherwise", "OtherValue", `asked for ${wordsOf(asked)}, got ${wordsOf(got)}; ${undone}`);
    },
  };
}
