import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CosmosDBManagementClient } from "@azure/arm-cosmosdb";
import { ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import { KeyClient } from "@azure/keyvault-keys";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createAzure, type Azure } from "../../../sandbox/azure/azure.ts";
import type { World } from "../../../sandbox/azure/world.ts";
import { buildEstate, type Estate } from "../../../sandbox/estate/estate.ts";
import { startIdentityEndpoint, type IdentityEndpoint } from "../../../sandbox/network/identity-endpoint.ts";
import { startNetwork, type Network } from "../../../sandbox/network/proxy.ts";
import { aBareWorld, TENANT, SUBSCRIPTION } from "../azure/pipeline.ts";

type Sandbox = { world: World; azure: Azure; estate: Estate; network: Network; identity: IdentityEndpoint; dir: string };
let sandbox: Sandbox;

beforeAll(async () => {
  const world = aBareWorld();
  const azure = createAzure(world, { deliver: async () => 200 });
  const estate = buildEstate(world);
  const dir = await mkdtemp(join(tmpdir(), "clients-"));
  const network = await startNetwork(azure, { dir });
  const identity = await startIdentityEndpoint(() => ({ world, tokens: azure.tokens, identities: [estate.keymend.observe.clientId] }));
  sandbox = { world, azure, estate, network, identity, dir };
  // What NODE_EXTRA_CA_CERTS does for a process of its own.
  setDefaultCACertificates([...getCACertificates("default"), await readFile(network.caFile, "utf8")]);
  vi.stubEnv("HTTPS_PROXY", network.proxyUrl);
  vi.stubEnv("NO_PROXY", "127.0.0.1,localhost");
  vi.stubEnv("IDENTITY_ENDPOINT", identity.endpoint);
  vi.stubEnv("IDENTITY_HEADER", identity.header);
  // Tokens are valid in virtual time; outside it stands still.
  vi.useFakeTimers({ toFake: ["Date"], now: world.clock.now() });
});

afterAll(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await sandbox.network.close();
  await sandbox.identity.close();
  await rm(sandbox.dir, { recursive: true });
});

describe("real clients through the proxy", () => {
  test("a managed identity reads accounts with the management SDK", async () => {
    const credential = new ManagedIdentityCredential({ clientId: sandbox.estate.keymend.observe.clientId });
    const client = new CosmosDBManagementClient(credential, SUBSCRIPTION);

    const names: string[] = [];
    for await (const account of client.databaseAccounts.list()) names.push(account.name ?? "");

    expect(names.toSorted()).toEqual([...sandbox.world.accounts.values()].map(({ name }) => name).toSorted());
  });

  test("a service principal learns the tenant from the vault's challenge and reads a key", async () => {
    const { operator, patients } = sandbox.estate;
    const { vault, keyName } = patients[0]!;
    const credential = new ClientSecretCredential(TENANT, operator.appid, operator.secret!);
    const client = new KeyClient(`https://${vault.name}.vault.azure.net`, credential);

    const key = await client.getKey(keyName);

    expect(key.properties.enabled).toBe(true);
    expect(key.id).toMatch(new RegExp(`^https://${vault.name}\\.vault\\.azure\\.net/keys/${keyName}/[0-9a-f]{32}$`));
  });

  test("a vault that is not there is a failure of the network, not a missing key", async () => {
    const { operator } = sandbox.estate;
    const credential = new ClientSecretCredential(TENANT, operator.appid, operator.secret!);
    const client = new KeyClient("https://no-such-vault.vault.azure.net", credential, { retryOptions: { maxRetries: 0 } });

    await expect(client.getKey("k1")).rejects.toMatchObject({ statusCode: 502 });
  });

  test("a reset connection is retried by the SDK and the request is served", async () => {
    const credential = new ManagedIdentityCredential({ clientId: sandbox.estate.keymend.observe.clientId });
    const client = new CosmosDBManagementClient(credential, SUBSCRIPTION, { retryOptions: { retryDelayInMs: 1 } });
    sandbox.azure.faults.arm({ match: { path: "/databaseAccounts" }, fault: { kind: "reset" } });

    const { value } = await client.databaseAccounts.list().next();

    expect(value?.name).toBeDefined();
    expect(sandbox.azure.faults.armed()).toBe(0);
  });
});
