/** What an account has switched on, as far as it decides whether it may be given a key. */
import * as v from "valibot";
import type { AccountFeatures, Unreadable } from "../domain/facts.ts";
import { armUrl } from "./arm.ts";
import { callAzure, toUnreadable } from "./call-azure.ts";
import type { Clients } from "./clients.ts";

/** "Available in preview API version 2024-12-01-preview or later" (Microsoft Learn, "Change feed modes", all versions and deletes). */
const API = "api-version=2024-12-01-preview";

const account = v.object({
  properties: v.object({
    capabilities: v.nullish(v.array(v.object({ name: v.nullish(v.string()) }))),
    backupPolicy: v.nullish(v.object({ type: v.nullish(v.string()) })),
    // What was never switched on may be left out; Azure itself refuses a key to an account that has it.
    enableAnalyticalStorage: v.nullish(v.boolean()),
    enableMaterializedViews: v.nullish(v.boolean()),
    enableAllVersionsAndDeletesChangeFeed: v.nullish(v.boolean()),
    sqlEndpoint: v.nullish(v.string()),
    documentEndpoint: v.nullish(v.string()),
  }),
});

/** Permission: Microsoft.DocumentDB/databaseAccounts/read. */
export function createReadFeatures({ arm }: Pick<Clients, "arm">): (id: string) => Promise<AccountFeatures | Unreadable> {
  return async (id) => {
    const read = await callAzure("read the features of an account", id, async () =>
      v.parse(account, (await arm.send("GET", armUrl(id, API))).body),
    );
    if (!read.ok) return toUnreadable(read.failure);
    const { properties } = read.value;
    return {
      capabilities: (properties.capabilities ?? []).flatMap(({ name }) => name ?? []),
      backup: properties.backupPolicy?.type ?? null,
      analyticalStorage: properties.enableAnalyticalStorage ?? false,
      materializedViews: properties.enableMaterializedViews ?? false,
      allVersionsChangeFeed: properties.enableAllVersionsAndDeletesChangeFeed ?? false,
      // Accounts of the API for MongoDB tell no sqlEndpoint; both are the same host.
      endpoint: properties.sqlEndpoint ?? properties.documentEndpoint ?? null,
    };
  };
}
