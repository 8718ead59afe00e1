/** Reads one vault as facts: live, deleted, or gone, which is said only where all that could hold it was searched (domain/databases/sight.ts). */
import type { DeletedVault as SdkDeletedVault, Vault } from "@azure/arm-keyvault";
import { vaultUriOf } from "../domain/clouds.ts";
import { parseArmId } from "../domain/arm-id.ts";
import type { DeletedVault, LiveVault, Unreadable, VaultFacts, VaultNetwork } from "../domain/facts.ts";
import { absentVault, type Heard } from "../domain/databases/sight.ts";
import { actions } from "../domain/steps/spec.ts";
import { callAzure, collect, toUnreadable } from "./call-azure.ts";
import { heardIn, isCut } from "./classify-error.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";

/** `id` where known: one call then tells of a live vault. */
export type ReadVault = (vault: { id?: string; name: string }) => Promise<VaultFacts>;

/** Permission. */
export const READ_VAULT = actions("Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/deletedVaults/read");

const LIST_KEYS = "api-version=7.4&maxresults=1";

type Search<T> = T | Unreadable | undefined;

export function createReadVault(clients: Pick<Clients, "vaults" | "subscriptionIds" | "sendToVault">): ReadVault {
  const get = async (id: string): Promise<Search<LiveVault>> => {
    const { subscriptionId, resourceGroup, name } = parseResourcePath(id);
    const read = await callAzure("read vault", id, async () =>
      liveFacts(await clients.vaults(subscriptionId).vaults.get(resourceGroup, name)),
    );
    if (read.ok) return read.value;
    return read.failure.kind === "notFound" ? undefined : toUnreadable(read.failure);
  };

  /** In all subscriptions; a refusal of one counts only where no other has it. */
  const search = async <T>(what: string, find: (subscriptionId: string) => Promise<T | undefined>): Promise<Search<T>> => {
    const found = await Promise.all(
      clients.subscriptionIds.map(async (id) => callAzure(`search ${what}`, `/subscriptions/${id}`, () => find(id))),
    );
    for (const result of found) if (result.ok && result.value !== undefined) return result.value;
    const refused = found.find((result) => !result.ok && result.failure.kind !== "notFound");
    return refused?.ok === false ? toUnreadable(refused.failure) : undefined;
  };

  /**
   * Whether it lets anybody in does not matter: that it answers does. A connection that was kept open from before tells nothing of a name where
   * it is cut: only a new one asks for the name anew.
   */
  const listen = (name: string): Promise<Heard> => {
    const ask = (): Promise<unknown> => clients.sendToVault("GET", `${vaultUriOf(name)}/keys?${LIST_KEYS}`);
    const again = (error: unknown): Promise<unknown> => {
      if (isCut(error)) return ask();
      throw error;
    };
    return ask()
      .catch(again)
      .then(() => "answered", heardIn);
  };

  /** Found in no list. */
  const nowhere = async (id: string | null, name: string): Promise<VaultFacts> => {
    const subscriptionId = parseArmId(id ?? "")?.subscriptionId?.toLowerCase();
    const isWatched = clients.subscriptionIds.some((watched) => watched.toLowerCase() === subscriptionId);
    return { ...absentVault(name, isWatched, isWatched ? await listen(name) : "silent"), id, name };
  };

  return async ({ id: known, name }) => {
    const id = known ?? null;
    const isNamed = (vault: { name?: string }): boolean => vault.name?.toLowerCase() === name.toLowerCase();
    const live = id === null ? undefined : await get(id);
    if (live !== undefined) return live.state === "live" ? live : { ...live, id, name };
    const deleted = await search("deleted vaults", async (subscriptionId) => {
      const found = (await collect(clients.vaults(subscriptionId).vaults.listDeleted())).find(isNamed);
      return found && deletedFacts(name, found);
    });
    if (deleted !== undefined) return deleted.state === "deleted" ? deleted : { ...deleted, id, name };
    // The id may be unknown or of before a move: vault names are unique in all of Azure, so the name decides.
    const elsewhere = await search("vaults", async (subscriptionId) => {
      const found = (await collect(clients.vaults(subscriptionId).vaults.listBySubscription())).find(isNamed);
      return found && liveFacts(found);
    });
    if (elsewhere === undefined) return nowhere(id, name);
    return elsewhere.state === "live" ? elsewhere : { ...elsewhere, id, name };
  };
}

export function liveFacts(vault: Vault): LiveVault {
  const { properties } = vault;
  const path = parseResourcePath(vault.id ?? "");
  const name = vault.name ?? path.name;
  return {
    state: "live",
    id: vault.id ?? "",
    name,
    uri: (properties.vaultUri ?? vaultUriOf(name)).replace(/\/+$/, ""),
    resourceGroup: path.resourceGroup,
    location: vault.location ?? "",
    tenantId: properties.tenantId,
    tags: vault.tags ?? {},
    // Absent on vaults that were never switched. MicrosoftDocs/azure-security-docs key-vault/general/access-control-default.md
    permissionModel: properties.enableRbacAuthorization === true ? "rbac" : "policies",
    policies: (properties.accessPolicies ?? []).map((policy) => ({
      tenantId: policy.tenantId,
      objectId: policy.objectId,
      applicationId: policy.applicationId ?? null,
      keys: policy.permissions.keys ?? [],
    })),
    network: networkFacts(properties),
    softDeleteRetentionInDays: properties.softDeleteRetentionInDays ?? null,
    purgeProtection: properties.enablePurgeProtection === true,
    sku: properties.sku.name,
    changedOn: changedOn(vault),
  };
}

const changedOn = ({ systemData }: Vault): string | null => systemData?.lastModifiedAt?.toISOString() ?? null;

/** Words that nobody knows may let the service through or keep it out. */
function unclearIn({ publicNetworkAccess, networkAcls = {} }: Vault["properties"]): Pick<VaultNetwork, "unclear"> {
  const { defaultAction, bypass } = networkAcls;
  const words = [
    { name: "publicNetworkAccess", word: publicNetworkAccess, known: ["enabled", "disabled", "securedbyperimeter"] },
    { name: "defaultAction", word: defaultAction, known: ["allow", "deny"] },
    { name: "bypass", word: bypass, known: ["azureservices", "none"] },
  ];
  const unknown = words.filter(({ word, known }) => word && !known.includes(word.toLowerCase()));
  return unknown.length === 0 ? {} : { unclear: unknown.map(({ name, word }) => `${name} '${word}'`).join(", ") };
}

/** Azure leaves out networkAcls that are the default. Recorded: Azure/azure-cli test_keyvault_network_rule.yaml, 2022-04 */
function networkFacts(properties: Vault["properties"]): VaultNetwork {
  const acls = properties.networkAcls;
  return {
    ...unclearIn(properties),
    publicNetworkAccess: properties.publicNetworkAccess ?? null,
    defaultAction: acls?.defaultAction?.toLowerCase() === "deny" ? "Deny" : "Allow",
    bypass: acls?.bypass?.toLowerCase() === "none" ? "None" : "AzureServices",
    ipRules: (acls?.ipRules ?? []).map((rule) => rule.value),
    virtualNetworkRules: (acls?.virtualNetworkRules ?? []).map((rule) => rule.id),
  };
}

export function deletedFacts(name: string, deleted: SdkDeletedVault): DeletedVault {
  const { vaultId, location, tags, deletionDate, scheduledPurgeDate } = deleted.properties ?? {};
  return {
    state: "deleted",
    id: vaultId ?? "",
    name: deleted.name ?? name,
    resourceGroup: parseResourcePath(vaultId ?? "").resourceGroup,
    location: location ?? "",
    tags: tags ?? {},
    deletedOn: deletionDate?.toISOString() ?? null,
    scheduledPurgeOn: scheduledPurgeDate?.toISOString() ?? null,
  };
}
