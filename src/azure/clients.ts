/**
 * Makes the SDK clients, one of each per subscription or vault and worker. None of them retries or waits: that is the
 * orchestration's work, with durable timers.
 */
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { CosmosDBManagementClient } from "@azure/arm-cosmosdb";
import { KeyVaultManagementClient } from "@azure/arm-keyvault";
import { MongoClusterManagementClient } from "@azure/arm-mongocluster";
import { MonitorClient } from "@azure/arm-monitor";
import { ManagedServiceIdentityClient } from "@azure/arm-msi";
import { ResourceGraphClient } from "@azure/arm-resourcegraph";
import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { KeyClient } from "@azure/keyvault-keys";
import type { LogsQueryClient } from "@azure/monitor-query-logs";
import type { IdentityName } from "../domain/capability.ts";
import { currentCloud } from "../domain/clouds.ts";
import { InvariantError } from "../domain/errors.ts";
import { createArm, createVaultSend } from "./arm.ts";
import type { Arm, NetworkOptions } from "./arm.ts";
import { createLogsClient } from "./logs-client.ts";

/** The longest answer recorded is that to an account's PATCH: 5 to 9 s. Azure/azure-cli test_cosmosdb_managed_service_identity.yaml, 2022-04 */
const REQUEST_TIMEOUT_MS = 20_000;

export type Clients = {
  subscriptionIds: readonly string[];
  graph: ResourceGraphClient;
  arm: Arm;
  accounts: (subscriptionId: string) => CosmosDBManagementClient;
  clusters: (subscriptionId: string) => MongoClusterManagementClient;
  vaults: (subscriptionId: string) => KeyVaultManagementClient;
  identities: (subscriptionId: string) => ManagedServiceIdentityClient;
  authorization: (subscriptionId: string) => AuthorizationManagementClient;
  monitor: (subscriptionId: string) => MonitorClient;
  /** Of any workspace. */
  logs: LogsQueryClient;
  /** By the vault's URI. */
  keys: (vaultUri: string) => KeyClient;
  /** To a vault's data plane, by whole URL. */
  sendToVault: Arm["send"];
};

/** What a write is made with: what it looks at first is read as all else is, and the change itself goes out under its own identity. */
export type Sides<R extends keyof Clients, W extends keyof Clients> = { reads: Pick<Clients, R>; writes: Pick<Clients, W> };

/** The clients of each capability, made when they are first needed: the only place where an identity is chosen. */
export function createClientsOf(options: {
  credentials: Partial<Record<IdentityName, TokenCredential>>;
  subscriptionIds: readonly string[];
  pipelineOptions?: NetworkOptions;
}): (capability: IdentityName) => Clients {
  const { credentials, ...common } = options;
  const made = new Map<IdentityName, Clients>();
  return (capability) => {
    const credential = credentials[capability];
    if (credential === undefined) throw new InvariantError(`the capability ${capability} is not deployed: it has no identity`);
    const clients = made.get(capability) ?? createClients({ credential, ...common });
    made.set(capability, clients);
    return clients;
  };
}

export function createClients(options: {
  credential: TokenCredential;
  subscriptionIds: readonly string[];
  pipelineOptions?: NetworkOptions;
}): Clients {
  const { credential, subscriptionIds } = options;
  const common = () => ({
    ...options.pipelineOptions,
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [{ policy: limitTime, position: "perCall" as const }],
  });
  const { resourceManager } = currentCloud();
  const scopes = `${resourceManager}/.default`;
  // Each generation of SDKs has names of its own for the host and for what its tokens are for.
  const toManager = () => ({
    ...common(),
    endpoint: resourceManager,
    $host: resourceManager,
    credentials: { scopes: [scopes] },
    credentialScopes: scopes,
  });
  const sending = {
    credential,
    timeoutMs: REQUEST_TIMEOUT_MS,
    ...(options.pipelineOptions && { pipelineOptions: options.pipelineOptions }),
  };
  return {
    subscriptionIds,
    graph: new ResourceGraphClient(credential, toManager()),
    arm: createArm(sending),
    sendToVault: createVaultSend(sending),
    accounts: once((id) => new CosmosDBManagementClient(credential, id, toManager())),
    clusters: once((id) => new MongoClusterManagementClient(credential, id, toManager())),
    vaults: once((id) => new KeyVaultManagementClient(credential, id, toManager())),
    identities: once((id) => new ManagedServiceIdentityClient(credential, id, toManager())),
    authorization: once((id) => new AuthorizationManagementClient(credential, id, toManager())),
    logs: createLogsClient(credential, common()),
    monitor: once((id) => new MonitorClient(credential, id, toManager())),
    keys: once((vaultUri) => new KeyClient(vaultUri, credential, common())),
  };
}

/** For `additionalPolicies`, at `perCall`: no request goes on for longer than an activity should. */
export const limitTime: PipelinePolicy = {
  name: "limitTime",
  sendRequest(request, next) {
    request.timeout = REQUEST_TIMEOUT_MS;
    return next(request);
  },
};

/** Keeps what `make` made, by key without regard to case. */
function once<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key.toLowerCase());
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key.toLowerCase(), value);
    return value;
  };
}
