/** What the lists of one subscription tell, for screening: a handful of calls, however many vaults there are. Nothing is acted on from here. */
import type { Lists } from "../domain/reads/screening.ts";
import { callAzure } from "./call-azure.ts";
import { type ListingClients, listsOf } from "./subscription-lists.ts";

/** Undefined where one of them is refused: then nothing is screened there. Throws TransientError. */
export type ListSubscription = (subscriptionId: string) => Promise<Lists | undefined>;

export function createListSubscription(clients: ListingClients): ListSubscription {
  return async (id) => {
    const lists = listsOf(clients, id);
    const list = async <T>(what: string, read: () => Promise<T[]>): Promise<T[] | undefined> => {
      const listed = await callAzure(`list ${what}`, `/subscriptions/${id}`, read);
      if (listed.ok) return listed.value;
      // A subscription that has none of them at all.
      return listed.failure.kind === "notFound" ? [] : undefined;
    };
    const [accounts, clusters, live, deleted, identities, assignments, denies] = await Promise.all([
      list("accounts", lists.accounts),
      list("clusters", lists.clusters),
      list("vaults", lists.vaults),
      list("deleted vaults", lists.deletedVaults),
      list("identities", lists.identities),
      list("role assignments", lists.assignments),
      list("deny assignments", lists.denies),
    ]);
    if (!accounts || !clusters || !live || !deleted || !identities || !assignments || !denies) return undefined;
    return { targets: [...accounts, ...clusters], vaults: [...live, ...deleted], identities, assignments, denies };
  };
}
