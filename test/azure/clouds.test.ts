/** In each cloud the clients send to hosts of that cloud alone, with tokens that are for it: whatever they were before the choice. */
import { createHttpHeaders, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";
import { afterEach, describe, expect, test } from "vitest";
import { createClients } from "../../src/azure/clients.ts";
import { createInventory } from "../../src/azure/inventory.ts";
import { createReadAccess } from "../../src/azure/read-access.ts";
import { createReadTarget } from "../../src/azure/read-database.ts";
import { createReadIdentity } from "../../src/azure/read-identity.ts";
import { createReadKey } from "../../src/azure/read-key.ts";
import { createReadVault } from "../../src/azure/read-vault.ts";
import { createScreenKey } from "../../src/azure/screen-key.ts";
import { createTellTopic } from "../../src/azure/tell-topic.ts";
import { chooseCloud, type Cloud, CLOUD_NAMES, CLOUDS, vaultUriOf } from "../../src/domain/clouds.ts";
import { azGet } from "../../src/domain/steps/az.ts";
import { createAuthenticate } from "../../src/functions/authenticate.ts";
import { ACCOUNT_ID, CLUSTER_ID, IDENTITY_ID, SUB, VAULT_ID } from "../support/fake-azure.ts";

const NOW = new Date("2026-09-25T12:00:00.000Z");
const hostOf = (url: string): string => new URL(url).host;
const rows = CLOUD_NAMES.map((name) => CLOUDS[name]);

afterEach(() => chooseCloud("AzureCloud"));

/** Records what is sent, and what tokens are asked for; answers that nothing is there. */
function network(cloud: Cloud) {
  const sent: string[] = [];
  const scopes: string[] = [];
  const httpClient: HttpClient = {
    async sendRequest(request: PipelineRequest) {
      const headers = createHttpHeaders({ "content-type": "application/json" });
      sent.push(request.url);
      if (request.headers.get("authorization") !== undefined)
        return { request, status: 404, headers, bodyAsText: '{"error":{"code":"NotFound","message":"none"}}' };
      headers.set("www-authenticate", `Bearer authorization="${cloud.login}/t", resource="https://${cloud.vaultSuffix}"`);
      return { request, status: 401, headers, bodyAsText: "{}" };
    },
  };
  const credential = {
    getToken: async (asked: string | string[]) => {
      scopes.push(...[asked].flat());
      return { token: "t", expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  return { sent, scopes, credential, httpClient };
}

describe.each(rows)("$name", (cloud) => {
  test("has every request of the clients, and every token is for it", async () => {
    chooseCloud(cloud.name);
    const { sent, scopes, credential, httpClient } = network(cloud);
    const clients = createClients({ credential, subscriptionIds: [SUB], pipelineOptions: { httpClient } });
    const uri = vaultUriOf("v1");
    const vault = { id: VAULT_ID, name: "v1", uri };
    const work: Record<keyof typeof clients, (() => Promise<unknown>) | null> = {
      subscriptionIds: null,
      graph: () =>
        createInventory(
          clients,
          () => NOW,
          () => undefined,
        ).listDatabases(),
      arm: () => clients.arm.list(`${VAULT_ID}?api-version=1`),
      accounts: () => createReadTarget(clients)("account", ACCOUNT_ID),
      clusters: () => createReadTarget(clients)("cluster", CLUSTER_ID),
      vaults: () => createReadVault(clients)(vault),
      identities: () => createReadIdentity(clients)(IDENTITY_ID),
      authorization: () => createReadAccess(clients)({ principalId: "p", keyScope: `${VAULT_ID}/keys/k`, keyName: "k" }),
      monitor: () => clients.monitor(SUB).activityLogs.list("eventTimestamp ge 'x'").next(),
      logs: () => clients.logs.queryWorkspace(SUB, "AzureDiagnostics", { duration: "PT1H" }),
      keys: () => createReadKey(clients)(vault, "k"),
      sendToVault: () => createScreenKey(clients, () => NOW)(vault, "k"),
    };
    for (const [name, ask] of Object.entries(work)) {
      const before = sent.length;
      await ask?.().catch(() => undefined);
      expect([name, sent.length > before]).toEqual([name, ask !== null]);
    }
    const hosts = [cloud.resourceManager, uri, cloud.logs].map(hostOf);
    expect([...new Set(sent.map(hostOf))].toSorted()).toEqual(hosts.toSorted());
    const audiences = [cloud.resourceManager, `https://${cloud.vaultSuffix}`, cloud.logs].map((audience) => `${audience}/.default`);
    expect([...new Set(scopes)].toSorted()).toEqual(audiences.toSorted());
  });

  test("signs the tokens of those who call, and is where a person's commands go", async () => {
    chooseCloud(cloud.name);
    const asked: string[] = [];
    const fetchJson = async (url: string): Promise<unknown> => {
      asked.push(url);
      throw new Error("none");
    };
    const authenticate = createAuthenticate({ tenantId: "t1", audiences: ["api://keymend"], fetchJson, now: () => NOW });
    const request = (token: string) =>
      ({ headers: new Headers({ authorization: `Bearer ${token}` }) }) as Parameters<typeof authenticate>[0];
    const token = [{ alg: "RS256", kid: "k" }, { iss: "x" }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    await expect(authenticate(request(`${token}.c2ln`), ["Keymend.Reader"])).rejects.toThrow();
    expect(asked.map(hostOf)).toEqual([hostOf(cloud.login)]);
    expect(azGet("/subscriptions/s", "1", "id")).toContain(` '${cloud.resourceManager}/subscriptions/s?`);
  });

  test("has outcomes published with a token that is for it, or none: its setting is refused where that is not documented", async () => {
    chooseCloud(cloud.name);
    const { scopes, credential, httpClient } = network(cloud);
    const options = { endpoint: "https://t.example/api/events", credential, pipelineOptions: { httpClient } };
    await createTellTopic(options)([]);
    expect(scopes.length).toBeGreaterThan(0);
    expect(scopes.every((scope) => scope === `${cloud.eventGrid}/.default`)).toBe(cloud.eventGrid !== null);
  });
});
