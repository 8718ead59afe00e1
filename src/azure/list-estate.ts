/**
 * What the lists of a subscription tell of databases, vaults, identities and access, as facts: a handful of calls however many there are. Each
 * list by itself: one that is refused says so, and hides nothing of the others. For whoever looks at everything at once.
 */
import * as v from "valibot";
import { TransientError } from "../domain/errors.ts";
import type {
  DeletedVault,
  DenyAssignment,
  IdentityFacts,
  LiveVault,
  RoleAssignment,
  RoleDefinition,
  TargetFacts,
  Unreadable,
} from "../domain/facts.ts";
import { actions } from "../domain/steps/spec.ts";
import { callAzure, collect, toUnreadable } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { definitionFacts } from "./read-access.ts";
import { type ListingClients, listsOf, READ_SUBSCRIPTION_LISTS } from "./subscription-lists.ts";

export type Listed<T> = readonly T[] | Unreadable;

export const isRead = <T>(listed: Listed<T>): listed is readonly T[] => Array.isArray(listed);

/** A management lock, and what it is on. */
export type Lock = { scope: string; level: string };

export type EstateLists = {
  accounts: Listed<TargetFacts>;
  clusters: Listed<TargetFacts>;
  vaults: Listed<LiveVault>;
  deletedVaults: Listed<DeletedVault>;
  identities: Listed<IdentityFacts>;
  assignments: Listed<RoleAssignment>;
  definitions: Listed<RoleDefinition>;
  denies: Listed<DenyAssignment>;
  locks: Listed<Lock>;
};

/** What whoever looks has to have: all of it is in the built-in role Reader. Not asked of a deployment. */
export const CALLER_READS = actions(
  ...READ_SUBSCRIPTION_LISTS.actions,
  "Microsoft.Authorization/roleDefinitions/read",
  "Microsoft.Authorization/locks/read",
);

const lockRow = v.object({ id: v.string(), properties: v.object({ level: v.string() }) });
const LOCK = /\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i;

const subscriptionRow = v.object({
  subscriptionId: v.string(),
  displayName: v.nullish(v.string()),
  tenantId: v.string(),
  state: v.nullish(v.string()),
});

export type Subscription = { id: string; name: string; tenantId: string };

/** Whoever lists everything once goes on with the rest, whatever keeps one list from being read. */
async function orUnread<T>(operation: string, scope: string, read: () => Promise<T[]>): Promise<Listed<T>> {
  try {
    const listed = await callAzure(operation, scope, read);
    if (listed.ok) return listed.value;
    // A subscription that has none of them at all.
    return listed.failure.kind === "notFound" ? [] : toUnreadable(listed.failure);
  } catch (error) {
    if (error instanceof TransientError) return { state: "unreadable", why: "unusable", detail: error.message };
    throw error;
  }
}

/** Those that the caller sees at all and that can be read (REST reference, "Subscriptions - List"; a disabled one is read-only, "Azure subscription states"). */
export async function listSubscriptions({ arm }: Pick<Clients, "arm">): Promise<Listed<Subscription>> {
  const listed = await orUnread("list subscriptions", "the tenant", async () =>
    v.parse(v.array(subscriptionRow), await arm.list("/subscriptions?api-version=2022-12-01")),
  );
  if (!isRead(listed)) return listed;
  return listed.map(({ subscriptionId, displayName, tenantId }) => ({ id: subscriptionId, name: displayName ?? subscriptionId, tenantId }));
}

/** What a subscription's lists tell, and beside them its role definitions and locks (RoleDefinitions_List, ManagementLocks_ListAtSubscriptionLevel). */
export function createListEstate(clients: ListingClients & Pick<Clients, "arm">): (subscriptionId: string) => Promise<EstateLists> {
  return async (id) => {
    const scope = `/subscriptions/${id}`;
    const lists = listsOf(clients, id);
    const { roleDefinitions } = clients.authorization(id);
    const list = <T>(what: string, read: () => Promise<T[]>): Promise<Listed<T>> => orUnread(`list ${what}`, scope, read);
    const readDefinitions = async (): Promise<RoleDefinition[]> =>
      (await collect(roleDefinitions.list(scope.slice(1)))).map((one) => definitionFacts(one.id ?? "", one));
    const readLocks = async (): Promise<Lock[]> => {
      const rows = v.parse(
        v.array(lockRow),
        await clients.arm.list(`${scope}/providers/Microsoft.Authorization/locks?api-version=2020-05-01`),
      );
      return rows.map((lock) => ({ scope: lock.id.replace(LOCK, ""), level: lock.properties.level }));
    };
    const [accounts, clusters, vaults, deletedVaults, identities, assignments, definitions, denies, locks] = await Promise.all([
      list("accounts", lists.accounts),
      list("clusters", lists.clusters),
      list("vaults", lists.vaults),
      list("deleted vaults", lists.deletedVaults),
      list("identities", lists.identities),
      list("role assignments", lists.assignments),
      list("role definitions", readDefinitions),
      list("deny assignments", lists.denies),
      list("locks", readLocks),
    ]);
    return { accounts, clusters, vaults, deletedVaults, identities, assignments, definitions, denies, locks };
  };
}
