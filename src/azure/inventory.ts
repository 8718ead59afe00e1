/**
 * Finds databases and vaults through Resource Graph. It lags and shows only what the caller may see, so what it says is a
 * list of what to look at, never a fact to act on.
 */
import type { ResourceGraphClient } from "@azure/arm-resourcegraph";
import * as v from "valibot";
import { InvariantError } from "../domain/errors.ts";
import { parseDefaultIdentity } from "../domain/databases/default-identity.ts";
import type { TargetKind } from "../domain/facts.ts";
import { actions } from "../domain/steps/spec.ts";
import { callAzure, collect, toTransientError } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { shareAnswer } from "./shared-answer.ts";

export type DatabaseEntry = {
  kind: TargetKind;
  id: string;
  keyUri: string | null;
  tags: Record<string, string>;
  /** Attached ones, and the one it uses towards the vault. */
  identityIds: string[];
};

export type Inventory = {
  /** Every database with a customer-managed key. */
  listDatabases: () => Promise<DatabaseEntry[]>;
  /** ARM id of the vault with that name, live or soft-deleted. */
  findVault: (name: string) => Promise<string | undefined>;
};

/** Permission: a query needs none of its own and shows what its caller may read (Microsoft Learn, "Overview of Azure Resource Graph"). */
export const READ_INVENTORY = actions(
  "Microsoft.DocumentDB/databaseAccounts/read",
  "Microsoft.DocumentDB/mongoClusters/read",
  "Microsoft.KeyVault/vaults/read",
  "Microsoft.KeyVault/deletedVaults/read",
);

/** learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests: fewer than 300 in one query. */
const SUBSCRIPTIONS_PER_QUERY = 200;
const PAGE_SIZE = 1000;

const DATABASES = `Resources
| where type in~ ('microsoft.documentdb/databaseaccounts', 'microsoft.documentdb/mongoclusters')
| project id, type, tags, identity,
  accountKey = tostring(properties.keyVaultKeyUri),
  accountIdentity = tostring(properties.defaultIdentity),
  clusterKey = tostring(properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl),
  clusterIdentity = tostring(properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyIdentity.userAssignedIdentityResourceId)
| where isnotempty(accountKey) or isnotempty(clusterKey)
| order by id asc`;
const VAULTS = "Resources | where type =~ 'microsoft.keyvault/vaults' | project id, name | order by id asc";

const databaseRow = v.object({
  id: v.string(),
  type: v.string(),
  tags: v.nullish(v.record(v.string(), v.unknown())),
  identity: v.nullish(v.object({ userAssignedIdentities: v.nullish(v.record(v.string(), v.unknown())) })),
  accountKey: v.nullish(v.string()),
  accountIdentity: v.nullish(v.string()),
  clusterKey: v.nullish(v.string()),
  clusterIdentity: v.nullish(v.string()),
});
const vaultRow = v.object({ id: v.string(), name: v.string() });

export function createInventory(
  clients: Pick<Clients, "graph" | "vaults" | "subscriptionIds">,
  now: () => Date,
  setAside: (what: string) => void,
): Inventory {
  /** An odd row is one thing's: it keeps nobody from being seen, and is told. */
  const readRow =
    <T>(row: v.GenericSchema<unknown, T>) =>
    (raw: unknown): T[] => {
      const read = v.safeParse(row, raw);
      if (read.success) return [read.output];
      setAside(`a row of Resource Graph is set aside, ${v.summarize(read.issues)}: ${JSON.stringify(raw).slice(0, 300)}`);
      return [];
    };
  const query = async <T>(text: string, row: v.GenericSchema<unknown, T>): Promise<T[]> => {
    const rows: T[] = [];
    for (let start = 0; start < clients.subscriptionIds.length; start += SUBSCRIPTIONS_PER_QUERY) {
      const subscriptions = clients.subscriptionIds.slice(start, start + SUBSCRIPTIONS_PER_QUERY);
      rows.push(...(await queryPages(clients.graph, text, subscriptions)).flatMap(readRow(row)));
    }
    return rows;
  };
  const databases = shareAnswer(now, async () => (await query(DATABASES, databaseRow)).map(toEntry));
  const live = shareAnswer(now, async () => byName(await query(VAULTS, vaultRow)));
  const deleted = shareAnswer(now, async () =>
    byName((await Promise.all(clients.subscriptionIds.map((id) => listDeleted(clients, id)))).flat()),
  );

  return {
    listDatabases: databases,
    findVault: async (name) => (await live()).get(name.toLowerCase()) ?? (await deleted()).get(name.toLowerCase()),
  };
}

const byName = (vaults: readonly { id: string; name: string }[]): Map<string, string> =>
  new Map(vaults.map((vault) => [vault.name.toLowerCase(), vault.id]));

/** Where the list is refused none is found; whoever then reads the vault says that it could not be read. */
async function listDeleted(clients: Pick<Clients, "vaults">, subscriptionId: string): Promise<{ id: string; name: string }[]> {
  const { vaults } = clients.vaults(subscriptionId);
  const listed = await callAzure("list deleted vaults", `/subscriptions/${subscriptionId}`, () => collect(vaults.listDeleted()));
  if (!listed.ok) return [];
  return listed.value.flatMap(({ name, properties }) => (name && properties?.vaultId ? [{ id: properties.vaultId, name }] : []));
}

function toEntry(row: v.InferOutput<typeof databaseRow>): DatabaseEntry {
  const used = parseDefaultIdentity(row.accountIdentity ?? undefined);
  const attached = Object.keys(row.identity?.userAssignedIdentities ?? {});
  return {
    kind: row.type.toLowerCase().endsWith("/mongoclusters") ? "cluster" : "account",
    id: row.id,
    keyUri: row.accountKey || row.clusterKey || null,
    tags: Object.fromEntries(Object.entries(row.tags ?? {}).map(([name, value]) => [name, String(value)])),
    identityIds: [...attached, ...(used.form === "user" ? [used.id] : []), ...(row.clusterIdentity ? [row.clusterIdentity] : [])],
  };
}

async function queryPages(graph: ResourceGraphClient, query: string, subscriptions: string[]): Promise<unknown[]> {
  const rows: unknown[] = [];
  let skipToken: string | undefined;
  do {
    const options = { resultFormat: "objectArray" as const, top: PAGE_SIZE, ...(skipToken === undefined ? {} : { skipToken }) };
    const page = await callAzure("query Resource Graph", "the inventory", () => graph.resources({ query, subscriptions, options }));
    // A permission given later cures it, and without an inventory nothing can be watched: no empty list may come of a refusal.
    if (!page.ok) throw toTransientError("query Resource Graph", "the inventory", page.failure);
    rows.push(...v.parse(v.array(v.unknown()), page.value.data));
    skipToken = page.value.skipToken || undefined;
    // "true" without a token: the projection lacks the id, and the rest of the rows can't be had.
    if (skipToken === undefined && page.value.resultTruncated === "true") {
      throw new InvariantError(`Resource Graph cut off the answer to ${query}`);
    }
  } while (skipToken !== undefined);
  return rows;
}
