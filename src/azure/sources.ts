/** Every reader that a full look takes. */
import type { Clients } from "./clients.ts";
import { READS } from "./declared-reads.ts";
import { createReadAccess, createReadAssigned, createReadDefinition, createReadHeld } from "./read-access.ts";
import { createReadTarget } from "./read-database.ts";
import { createReadEventSubscriptions, createReadTopic, createTopicsOf } from "./read-event-subscriptions.ts";
import { createReadIdentity } from "./read-identity.ts";
import { createReadKey } from "./read-key.ts";
import { createReadVault } from "./read-vault.ts";
import { OPEN_TICKETS } from "./support-desk.ts";

/** Answers what makes them anew for each look: what one of them keeps is of that look. But for the list of topics, which all looks share. */
export function createSources(clients: Clients, now: () => Date) {
  const topicsOf = createTopicsOf(clients, now);
  const readEventSubscriptions = createReadEventSubscriptions(clients, topicsOf);
  const readTopic = createReadTopic(topicsOf);
  return () => ({
    readTarget: createReadTarget(clients),
    readVault: createReadVault(clients),
    readKey: createReadKey(clients),
    readIdentity: createReadIdentity(clients),
    readAccess: createReadAccess(clients),
    readEventSubscriptions,
    readTopic,
    readHeld: createReadHeld(clients),
  });
}

/** What each of these of Keymend's own identities has at a scope. */
export const createReadPermissions =
  (sources: ReturnType<typeof createSources>) =>
  async (held: readonly { principalId: string; scope: string }[]): Promise<unknown> => {
    const { readAccess } = sources();
    return Promise.all(held.map(({ principalId, scope }) => readAccess({ principalId, keyScope: scope, keyName: "" })));
  };

/** What Keymend's own identities have, as far as lists do not tell it, and what they need beside what steps take. */
export const createReadRoles = (clients: Clients) => ({
  others: { observe: READS, support: OPEN_TICKETS },
  readAssigned: createReadAssigned(clients),
  readDefinition: createReadDefinition(clients),
});
