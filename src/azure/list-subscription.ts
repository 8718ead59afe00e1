/** What the lists of one subscription tell, for screening: a handful of calls, however many vaults there are. Nothing is acted on from here. */
import { actions } from "../domain/steps/spec.ts";
import type { Lists } from "../domain/reads/screening.ts";
import { callAzure, collect } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { assignmentFacts, denyFacts } from "./read-access.ts";
import { accountFacts, clusterFacts } from "./read-database.ts";
import { deletedFacts, liveFacts } from "./read-vault.ts";

/** Permission. */
export const READ_SUBSCRIPTION = actions(
  "Microsoft.DocumentDB/databaseAccounts/read",
  "Microsoft.DocumentDB/mongoClusters/read",
  "Microsoft.KeyVault/vaults/read",
  "Microsoft.KeyVault/deletedVaults/read",
  "Microsoft.ManagedIdentity/userAssignedIdentities/read",
  "Microsoft.Authorization/roleAssignments/read",
  "Microsoft.Authorization/denyAssignments/read",
);

/** Undefined where one of them is refused: then nothing is screened there. Throws TransientError. */
export type ListSubscription = (subscriptionId: string) => Promise<Lists | undefined>;

type Listing = Pick<Clients, "accounts" | "clusters" | "vaults" | "identities" | "authorization">;

/**
 * The specifications (Azure/azure-rest-api-specs: DatabaseAccounts_List, MongoClusters_List, Vaults_ListBySubscription,
 * UserAssignedIdentities_ListBySubscription, RoleAssignments_ListForSubscription, DenyAssignments_List) give lists the items' whole bodies.
 */
export function createListSubscription(clients: Listing): ListSubscription {
  return async (id) => {
    const { vaults } = clients.vaults(id);
    const { roleAssignments, denyAssignments } = clients.authorization(id);
    const list = async <T, F>(what: string, items: () => AsyncIterable<T>, read: (item: T) => F): Promise<F[] | undefined> => {
      const listed = await callAzure(`list ${what}`, `/subscriptions/${id}`, async () => (await collect(items())).map(read));
      if (listed.ok) return listed.value;
      // A subscription that has none of them at all.
      return listed.failure.kind === "notFound" ? [] : undefined;
    };
    const [accounts, clusters, live, deleted, identities, assignments, denies] = await Promise.all([
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
        (one) => ({
          id: one.id ?? "",
          principalId: one.principalId ?? null,
          clientId: one.clientId ?? null,
        }),
      ),
      list("role assignments", () => roleAssignments.listForSubscription(), assignmentFacts),
      list("deny assignments", () => denyAssignments.list(), denyFacts),
    ]);
    if (!accounts || !clusters || !live || !deleted || !identities || !assignments || !denies) return undefined;
    return { targets: [...accounts, ...clusters], vaults: [...live, ...deleted], identities, assignments, denies };
  };
}
