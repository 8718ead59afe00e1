/**
 * The lists of one subscription that tell of databases, vaults, identities and access, as facts. The specifications
 * (Azure/azure-rest-api-specs: DatabaseAccounts_List, MongoClusters_List, Vaults_ListBySubscription, Vaults_ListDeleted,
 * UserAssignedIdentities_ListBySubscription, RoleAssignments_ListForSubscription, DenyAssignments_List) give lists the items' whole bodies.
 */
import { actions } from "../domain/steps/spec.ts";
import { collect } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { assignmentFacts, denyFacts } from "./read-access.ts";
import { accountFacts, clusterFacts } from "./read-database.ts";
import { identityFacts } from "./read-identity.ts";
import { deletedFacts, liveFacts } from "./read-vault.ts";

export type ListingClients = Pick<Clients, "accounts" | "clusters" | "vaults" | "identities" | "authorization">;

/** What all of them take together. */
export const READ_SUBSCRIPTION_LISTS = actions(
  "Microsoft.DocumentDB/databaseAccounts/read",
  "Microsoft.DocumentDB/mongoClusters/read",
  "Microsoft.KeyVault/vaults/read",
  "Microsoft.KeyVault/deletedVaults/read",
  "Microsoft.ManagedIdentity/userAssignedIdentities/read",
  "Microsoft.Authorization/roleAssignments/read",
  "Microsoft.Authorization/denyAssignments/read",
);

const factsOf = async <T, F>(items: AsyncIterable<T>, read: (item: T) => F): Promise<F[]> => (await collect(items)).map(read);

/** Each is one list, asked for when it is called, and throws what Azure answers. */
export function listsOf(clients: ListingClients, id: string) {
  const { vaults } = clients.vaults(id);
  const { roleAssignments, denyAssignments } = clients.authorization(id);
  return {
    accounts: () => factsOf(clients.accounts(id).databaseAccounts.list(), (one) => accountFacts(one.id ?? "", one)),
    clusters: () => factsOf(clients.clusters(id).mongoClusters.list(), (one) => clusterFacts(one.id ?? "", one)),
    vaults: () => factsOf(vaults.listBySubscription(), liveFacts),
    deletedVaults: () => factsOf(vaults.listDeleted(), (one) => deletedFacts(one.name ?? "", one)),
    identities: () =>
      factsOf(clients.identities(id).userAssignedIdentities.listBySubscription(), (one) => identityFacts(one.id ?? "", one)),
    assignments: () => factsOf(roleAssignments.listForSubscription(), assignmentFacts),
    denies: () => factsOf(denyAssignments.list(), denyFacts),
  };
}
