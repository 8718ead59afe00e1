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
import { assignmentFacts, definitionFacts, denyFacts } from "./read-access.ts";
import { accountFacts, clusterFacts } from "./read-database.ts";
import { identityFacts } from "./read-identity.ts";
import { deletedFacts, liveFacts } from "./read-vault.ts";

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
  "Microsoft.DocumentDB/databaseAccounts/read",
  "Microsoft.DocumentDB/mongoClusters/read",
  "Microsoft.KeyVault/vaults/read",
  "Microsoft.KeyVault/deletedVaults/read",
  "Microsoft.ManagedIdentity/userAssignedIdentities/read",
  "Microsoft.Authorization/roleAssignments/read",
  "Microsoft.Authorization/roleDefinitions/read",
  "Microsoft.Authorization/denyAssignments/read",
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

type Listing = Pick<Clients, "arm" | "accounts" | "clusters" | "vaults" | "identities" | "authorization">;

/**
 * The specifications (Azure/azure-rest-api-specs: DatabaseAccounts_List, MongoClusters_List, Vaults_ListBySubscription,
 * UserAssignedIdentities_ListBySubscription, RoleAssignments_ListForSubscription, RoleDefinitions_List, DenyAssignments_List,
 * ManagementLocks_ListAtSubscriptionLevel) give lists the items' whole bodies.
 */
export function createListEstate(clients: Listing): (subscriptionId: string) => Promise<EstateLists> {
  return async (id) => {
    const scope = `/subscriptions/${id}`;
    const { vaults } = clients.vaults(id);
    const { roleAssignments, roleDefinitions, denyAssignments } = clients.authorization(id);
    const list = <T, F>(what: string, items: () => AsyncIterable<T>, read: (item: T) => F): Promise<Listed<F>> =>
      orUnread(`list ${what}`, scope, async () => (await collect(items())).map(read));
    const locks = (): Promise<Listed<Lock>> =>
      orUnread("list locks", scope, async () => {
        const url = `${scope}/providers/Microsoft.Authorization/locks?api-version=2020-05-01`;
        const rows = v.parse(v.array(lockRow), await clients.arm.list(url));
        return rows.map((lock) => ({ scope: lock.id.replace(LOCK, ""), level: lock.properties.level }));
      });
    const [accounts, clusters, live, deletedVaults, identities, assignments, definitions, denies, locked] = await Promise.all([
      list(
        "accounts",
        () => clients.accounts(id).databaseAccounts.list(),
        (one) => accountFacts(one.id ?? "", one),
      ),
      list(
        "clusters",
        () => clients.clusters(id).mongoClusters.list(),
        (one) => clusterFacts(one.id ?? "", one),
      ),
      list("vaults", () => vaults.listBySubscription(), liveFacts),
      list(
        "deleted vaults",
        () => vaults.listDeleted(),
        (one) => deletedFacts(one.name ?? "", one),
      ),
      list(
        "identities",
        () => clients.identities(id).userAssignedIdentities.listBySubscription(),
        (one) => identityFacts(one.id ?? "", one),
      ),
      list("role assignments", () => roleAssignments.listForSubscription(), assignmentFacts),
      list(
        "role definitions",
        () => roleDefinitions.list(scope.slice(1)),
        (one) => definitionFacts(one.id ?? "", one),
      ),
      list("deny assignments", () => denyAssignments.list(), denyFacts),
      locks(),
    ]);
    return { accounts, clusters, vaults: live, deletedVaults, identities, assignments, definitions, denies, locks: locked };
  };
}
