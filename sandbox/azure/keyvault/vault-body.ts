/** The bodies of vaults and deleted vaults, member by member in the order and with the gaps that Azure has on the wire. */
import { type JsonObject, type SystemData, type Vault, type World, subscriptionIn, tenantOf } from "../world.ts";
import { vaultUri } from "./vault-state.ts";

/** At most three fraction digits, trailing zeros cut: 38.88Z (recorded: Azure/azure-cli test_keyvault_network_rule.yaml, 2022-04). */
export const shortIso = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace(".000Z", "Z")
    .replace(/(\.\d*?)0+Z$/, "$1Z");

/** Dates of deleted vaults have no fraction (recorded: Azure/azure-cli test_keyvault_softdelete.yaml, 2022-06). */
const wholeSeconds = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");

function hasDefaultNetwork({ networkAcls: n }: Vault): boolean {
  return n.bypass === "AzureServices" && n.defaultAction === "Allow" && n.ipRules.length === 0 && n.virtualNetworkRules.length === 0;
}

/** `uri`: the answer to a create has no trailing slash yet. */
export function vaultBody(world: World, vault: Vault, uri = `${vaultUri(vault)}/`): JsonObject {
  return {
    id: vault.id,
    name: vault.name,
    type: "Microsoft.KeyVault/vaults",
    location: vault.location,
    tags: vault.tags,
    systemData: systemDataBody(vault.systemData),
    properties: {
      sku: { family: vault.sku.family, name: vault.sku.name },
      tenantId: tenantOf(world, vault.id),
      // Azure itself drops network rules that say what is the default.
      ...(hasDefaultNetwork(vault) ? {} : { networkAcls: vault.networkAcls }),
      accessPolicies: vault.accessPolicies.map((p) => ({ ...p })),
      enabledForDeployment: false,
      ...vault.enabledFor,
      enableSoftDelete: true,
      softDeleteRetentionInDays: vault.softDeleteRetentionInDays,
      // Absent, not false, when never set.
      enableRbacAuthorization: vault.enableRbacAuthorization,
      enablePurgeProtection: vault.enablePurgeProtection,
      vaultUri: uri,
      provisioningState: vault.provisioningState,
      publicNetworkAccess: vault.publicNetworkAccess,
    },
  };
}

function systemDataBody(s: SystemData): JsonObject {
  return {
    createdBy: s.createdBy,
    createdByType: s.createdByType,
    createdAt: s.createdAt,
    lastModifiedBy: s.lastModifiedBy,
    lastModifiedByType: s.lastModifiedByType,
    lastModifiedAt: s.lastModifiedAt,
  };
}

export function deletedVaultBody(vault: Vault): JsonObject {
  const deleted = vault.deleted!;
  return {
    id: `/subscriptions/${subscriptionIn(vault.id)}/providers/Microsoft.KeyVault/locations/${vault.location}/deletedVaults/${vault.name}`,
    name: vault.name,
    type: "Microsoft.KeyVault/deletedVaults",
    properties: {
      vaultId: vault.id,
      location: vault.location,
      tags: vault.tags,
      deletionDate: wholeSeconds(deleted.at),
      scheduledPurgeDate: wholeSeconds(deleted.purgeAt),
      ...(vault.enablePurgeProtection ? { purgeProtectionEnabled: true } : {}),
    },
  };
}
