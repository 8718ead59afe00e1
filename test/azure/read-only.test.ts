import { createHttpHeaders, createPipelineRequest, type HttpClient, type HttpMethods } from "@azure/core-rest-pipeline";
import { ClientSecretCredential } from "@azure/identity";
import { describe, expect, test } from "vitest";
import { createClients } from "../../src/azure/clients.ts";
import { readOnly } from "../../src/azure/read-only.ts";
import { createStepWriter } from "../../src/azure/write-step.ts";
import type { StepDraft, StepName } from "../../src/domain/steps/step.ts";
import { NOW, TENANT, V1, VAULT_ID } from "../support/builders.ts";
import { draft, SAMPLES, SECOND } from "../support/steps.ts";

type World = (url: URL) => { status: number; body: unknown };

/** Azure as it answers what a writer reads first: everything is there, and is not as it should be; or nothing is there. */
const WORLDS: World[] = [
  ({ hostname, pathname }) => ({
    status: 200,
    body: hostname.endsWith(".vault.azure.net")
      ? {
          value: [{ kid: `https://kv-orders.vault.azure.net/keys/cmk/${V1}`, tags: { "keymend:revoked": "w1" } }],
          key: { kid: `https://kv-orders.vault.azure.net/keys/cmk/${V1}`, kty: "RSA", key_ops: ["sign"] },
          attributes: { enabled: pathname.includes("deleted"), exp: 1, nbf: 4_000_000_000, created: 1, updated: 1 },
          tags: { "keymend:revoked": "w1" },
        }
      : {
          id: pathname,
          name: "x",
          location: "westeurope",
          identity: { type: "UserAssigned", userAssignedIdentities: { [SECOND]: { principalId: "p", clientId: "c" } } },
          properties: {
            tenantId: TENANT,
            sku: { family: "A", name: "premium" },
            vaultUri: "https://kv-orders.vault.azure.net",
            accessPolicies: [],
            networkAcls: { bypass: "None", defaultAction: "Deny" },
          },
        },
  }),
  () => ({ status: 404, body: { error: { code: "ResourceNotFound", message: "it is not there" } } }),
  ({ pathname }) =>
    pathname.includes("deleted")
      ? { status: 200, body: { properties: { vaultId: VAULT_ID, location: "westeurope" }, recoveryId: "r", attributes: {}, key: {} } }
      : { status: 404, body: { error: { code: "KeyNotFound", message: "it is not there" } } },
  () => ({
    status: 200,
    body: {
      key: { kid: `https://kv-orders.vault.azure.net/keys/cmk/${V1}`, kty: "RSA", key_ops: [] },
      attributes: { enabled: true, created: 1, updated: Date.parse(NOW) / 1000, exp: 4_000_000_000 },
      value: [],
    },
  }),
];

/** What left, and an Azure that takes anything. */
function network(world: World = WORLDS[0]!) {
  const sent: string[] = [];
  const client: HttpClient = {
    async sendRequest(request) {
      sent.push(`${request.method} ${request.url}`);
      const isToken = request.url.includes("/token");
      const { status, body } = isToken
        ? { status: 200, body: { access_token: "t", token_type: "Bearer", expires_in: 3600 } }
        : world(new URL(request.url));
      const headers = createHttpHeaders({ "content-type": "application/json" });
      return { request, status, headers, bodyAsText: JSON.stringify(body) };
    },
  };
  return { sent, client: readOnly(client) };
}

const ARM = "https://management.azure.com";
const VAULT = `${ARM}/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v`;
const TOKEN = "https://login.microsoftonline.com/72f988bf-0000-4000-8000-2d7cd011db47/oauth2/v2.0/token";

describe("what leaves", () => {
  test.each<[HttpMethods, string]>([
    ["GET", VAULT],
    ["HEAD", VAULT],
    ["GET", "http://169.254.169.254/metadata/identity/oauth2/token"],
    ["POST", TOKEN],
    ["POST", "https://login.microsoftonline.com/contoso.example/oauth2/token"],
  ])("%s %s", async (method, url) => {
    const { client, sent } = network();
    await client.sendRequest(createPipelineRequest({ method, url }));
    expect(sent).toEqual([`${method} ${url}`]);
  });
});

describe("what does not", () => {
  test.each<[HttpMethods, string]>([
    ["PUT", VAULT],
    ["PATCH", VAULT],
    ["DELETE", VAULT],
    ["POST", VAULT],
    ["OPTIONS", VAULT],
    ["TRACE", VAULT],
    ["POST", "https://kv.vault.azure.net/keys/k/create"],
    ["PUT", TOKEN],
    // Of another host, of another path, and what only looks like it.
    ["POST", "https://login.microsoftonline.com.example.org/t/oauth2/v2.0/token"],
    ["POST", `${ARM}/t/oauth2/v2.0/token`],
    ["POST", "https://login.microsoftonline.com/t/oauth2/v2.0/token/more"],
    ["POST", "https://login.microsoftonline.com/t/oauth2/v2.0/devicecode"],
    ["POST", `${VAULT}?url=${TOKEN}`],
    ["POST", `${ARM}/providers/Microsoft.ResourceGraph/resources`],
  ])("%s %s", async (method, url) => {
    const { client, sent } = network();
    await expect(client.sendRequest(createPipelineRequest({ method, url }))).rejects.toThrow("is not sent, for this only reads");
    expect(sent).toEqual([]);
  });

  test.each(["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"])("a GET that bears %s", async (name) => {
    const { client, sent } = network();
    const request = createPipelineRequest({ method: "GET", url: VAULT, headers: createHttpHeaders({ [name]: "DELETE" }) });
    await expect(client.sendRequest(request)).rejects.toThrow(name.toLowerCase());
    expect(sent).toEqual([]);
  });

  test.each(Object.keys(SAMPLES) as StepName[])("the write of the step %s, with the very writer that the app has", async (name) => {
    const refused: string[] = [];
    for (const world of WORLDS) {
      const { client, sent } = network(world);
      const credential = new ClientSecretCredential(TENANT, "c", "s", { httpClient: client, disableInstanceDiscovery: true });
      const clients = createClients({ credential, subscriptionIds: ["s"], pipelineOptions: { httpClient: client } });
      const ending = await createStepWriter(() => clients)
        .submit(draft(name) as StepDraft)
        .then((result) => JSON.stringify(result), String);
      if (ending.includes("is not sent, for this only reads")) refused.push(ending);
      expect(sent.filter((one) => !one.startsWith("GET ") && !one.startsWith(`POST ${TOKEN}`))).toEqual([]);
    }
    // In one of these worlds at least there was something to write, and the writer would have.
    expect(refused).not.toEqual([]);
  });
});
