/**
 * Finds databases and vaults through Resource Graph. It lags and shows only what the caller may see, so what it says is a
 * list of what to look at, never a fact to act on.
 */
import type { ResourceGraphClient } from "@azure/arm-resourcegraph";
import * as v from "valibot";
import { isUnder } from "../domain/arm-id.ts";
import { InvariantError } from "../domain/errors.ts";
import type { TargetKind } from "../domain/facts.ts";
import { attempt, toTransientError } from "./attempt.ts";
import type { Clients } from "./clients.ts";

export type DatabaseEntry = {
  kind: TargetKind;
  id: string;
  /** Null where Resource Graph shows none: no customer-managed key, or not shown. */
  keyUri: string | null;
  tags: Record<string, string>;
};
export type VaultEntry = { id: string; name: string };

export type Inventory = {
  listDatabases: () => Promise<DatabaseEntry[]>;
  listVaults: () => Promise<VaultEntry[]>;
  /** ARM id of the live vault of that name. */
  findVault: (name: string) => Promise<string | undefined>;
  /** Ids of the vaults that an ARM scope touches: the scope's own vault, or all below a group, a subscription, or anything above. */
  vaultsUnder: (scope: string) => Promise<string[]>;
};

/** learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests: fewer than 300 in one query. */
const SUBSCRIPTIONS_PER_QUERY = 200;
const PAGE_SIZE = 1000;

const DATABASES = `Resources
| where type in~ ('microsoft.documentdb/databaseaccounts', 'microsoft.documentdb/mongoclusters')
| project id, type, tags, accountKey = tostring(properties.keyVaultKeyUri),
  clusterKey = tostring(properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl)
| order by id asc`;
const VAULTS = "Resources | where type =~ 'microsoft.keyvault/vaults' | project id, name | order by id asc";

const databaseRow = v.object({
  id: v.string(),
  type: v.string(),
  tags: v.nullish(v.record(v.string(), v.unknown())),
  accountKey: v.nullish(v.string()),
  clusterKey: v.nullish(v.string()),
});
const vaultRow = v.object({ id: v.string(), name: v.string() });

export function createInventory(clients: Pick<Clients, "graph" | "subscriptionIds">): Inventory {
  const query = async <T>(text: string, row: v.GenericSchema<unknown, T>): Promise<T[]> => {
    const rows: T[] = [];
    for (let start = 0; start < clients.subscriptionIds.length; start += SUBSCRIPTIONS_PER_QUERY) {
      const subscriptions = clients.subscriptionIds.slice(start, start + SUBSCRIPTIONS_PER_QUERY);
      rows.push(...v.parse(v.array(row), await queryPages(clients.graph, text, subscriptions)));
    }
    return rows;
  };
  const listVaults = (): Promise<VaultEntry[]> => query(VAULTS, vaultRow);

  return {
    listVaults,
    listDatabases: async () =>
      (await query(DATABASES, databaseRow)).map((row) => ({
        kind: row.type.toLowerCase().endsWith("/mongoclusters") ? "cluster" : "account",
        id: row.id,
        keyUri: row.accountKey || row.clusterKey || null,
        tags: Object.fromEntries(Object.entries(row.tags ?? {}).map(([name, value]) => [name, String(value)])),
      })),
    findVault: async (name) => (await listVaults()).find((vault) => vault.name.toLowerCase() === name.toLowerCase())?.id,
    vaultsUnder: async (scope) => (await listVaults()).map((vault) => vault.id).filter((id) => isUnder(scope, id) || isUnder(id, scope)),
  };
}

async function queryPages(graph: ResourceGraphClient, query: string, subscriptions: string[]): Promise<unknown[]> {
  const rows: unknown[] = [];
  let skipToken: string | undefined;
  do {
    const options = { resultFormat: "objectArray" as const, top: PAGE_SIZE, ...(skipToken === undefined ? {} : { skipToken }) };
    const page = await attempt("query Resource Graph", "the inventory", () => graph.resources({ query, subscriptions, options }));
    // A permission given later cures it, and without an inventory nothing can be watched: no empty list may come of a refusal.
    if (!page.ok) throw toTransientError("query Resource Graph", "the inventory", page.failure);
    rows.push(...v.parse(v.array(v.unknown()), page.value.data));
    skipToken = page.value.skipToken || undefined;
    // "true" without a token: the projection lacks the id, and the rest of the rows can't be had.
    if (skipToken === undefined && page.value.resultTruncated === "true")
      throw new InvariantError(`Resource Graph cut off the answer to ${query}`);
  } while (skipToken !== undefined);
  return rows;
}
