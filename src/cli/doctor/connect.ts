/** The way from a laptop to Azure: the caller's own rights, a client that only reads, and Azure's budgets kept. */
import { setTimeout as sleep } from "node:timers/promises";
import { createAzureClock } from "../../azure/azure-clock.ts";
import { createCallerCredential, shareToken } from "../../azure/caller-credential.ts";
import { createClients } from "../../azure/clients.ts";
import { createGovernor } from "../../azure/governor.ts";
import { createHttpClient } from "../../azure/http-client.ts";
import { createListEstate, listSubscriptions } from "../../azure/list-estate.ts";
import { createReadAccess, createReadHeld } from "../../azure/read-access.ts";
import { createReadTarget } from "../../azure/read-database.ts";
import { createReadIdentity } from "../../azure/read-identity.ts";
import { createReadKey } from "../../azure/read-key.ts";
import { createReadVault } from "../../azure/read-vault.ts";
import { readOnly } from "../../azure/read-only.ts";
import { waitingClient } from "../../azure/waiting-client.ts";
import type { Config } from "../../config.ts";
import { chooseCloud } from "../../domain/clouds.ts";
import type { LookDeps } from "./look.ts";
import { NOBODY } from "./settings.ts";

type Way = { configFor: (tenantId: string) => Config; progress: (text: string) => void };

export function connect({ configFor, progress }: Way): LookDeps {
  // Before anything is made that depends on it; whose tenant it is does not matter to that.
  chooseCloud(configFor(NOBODY).cloud);
  const clock = createAzureClock(() => Date.now());
  // Innermost, so that nothing goes around it: neither a client nor the credential.
  const network = createHttpClient(clock, readOnly());
  const governed = createGovernor(clock.now).govern(network);
  const httpClient = waitingClient(governed, { now: () => Date.now(), sleep: (ms) => sleep(ms) });
  const credential = shareToken(createCallerCredential(network), () => Date.now());
  const clientsFor = (subscriptionIds: readonly string[]) =>
    createClients({ credential, subscriptionIds, pipelineOptions: { httpClient } });
  const clients = clientsFor([]);
  return {
    listSubscriptions: () => listSubscriptions(clients),
    listEstate: createListEstate(clients),
    sources: (visible) => {
      const seeing = clientsFor(visible);
      return {
        readTarget: createReadTarget(seeing),
        readVault: createReadVault(seeing),
        readKey: createReadKey(seeing),
        readIdentity: createReadIdentity(seeing),
        readAccess: createReadAccess(seeing),
        readHeld: createReadHeld(seeing),
        // Who hears a vault's events is a deployment's concern.
        readEventSubscriptions: async () => ({ state: "unreadable", why: "unusable", detail: "the doctor does not ask for them" }),
      };
    },
    configFor,
    now: clock.now,
    progress,
  };
}
