/** Azure's answers made by hand, below the SDKs: an HTTP client for their pipelines that records what it is sent. */
import { createHttpHeaders, RestError } from "@azure/core-rest-pipeline";
import type { HttpClient } from "@azure/core-rest-pipeline";
import { createClients } from "../../src/azure/clients.ts";
import type { Clients } from "../../src/azure/clients.ts";

export type FakeAnswer = { status?: number; headers?: Record<string, string>; body?: unknown };
export type Sent = { method: string; url: URL; body: unknown };
/** Undefined: 404 as ARM says it. */
export type Answers = (sent: Sent) => FakeAnswer | "reset" | undefined;

export const SUB = "00000000-0000-4000-8000-000000000001";
export const RG = `/subscriptions/${SUB}/resourceGroups/rg1`;
export const VAULT_ID = `${RG}/providers/Microsoft.KeyVault/vaults/v1`;
export const ACCOUNT_ID = `${RG}/providers/Microsoft.DocumentDB/databaseAccounts/acc1`;
export const CLUSTER_ID = `${RG}/providers/Microsoft.DocumentDB/mongoClusters/c1`;
export const IDENTITY_ID = `/subscriptions/${SUB}/resourcegroups/rg1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1`;

const NOT_FOUND: FakeAnswer = {
  status: 404,
  body: { error: { code: "ResourceNotFound", message: "The Resource under resource group 'rg1' was not found." } },
};

export function fakeAzure(answers: Answers): { clients: Clients; sent: Sent[]; writes: () => Sent[] } {
  const sent: Sent[] = [];
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const headers = createHttpHeaders({ "content-type": "application/json" });
      if (request.headers.get("authorization") === undefined) {
        headers.set("www-authenticate", 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"');
        return { request, status: 401, headers, bodyAsText: '{"error":{"code":"Unauthorized","message":"AKV10000: no token."}}' };
      }
      const one: Sent = { method: request.method, url: new URL(request.url), body: parse(request.body) };
      sent.push(one);
      const answer = answers(one) ?? NOT_FOUND;
      if (answer === "reset") throw new RestError("socket hang up", { code: "ECONNRESET", request });
      for (const [name, value] of Object.entries(answer.headers ?? {})) headers.set(name, value);
      const bodyAsText = typeof answer.body === "string" ? answer.body : answer.body === undefined ? "" : JSON.stringify(answer.body);
      return { request, status: answer.status ?? 200, headers, bodyAsText };
    },
  };
  const credential = { getToken: async () => ({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const clients = createClients({ credential, subscriptionIds: [SUB], pipelineOptions: { httpClient } });
  return { clients, sent, writes: () => sent.filter(({ method, url }) => method !== "GET" && !url.pathname.includes("ResourceGraph")) };
}

/** Answers by method and path, without regard to case. A list of answers is used up one after the other; the last stays. */
export function byPath(table: Record<string, FakeAnswer | FakeAnswer[]>): Answers {
  const rows = Object.entries(table).map(([key, answer]) => ({
    key: key.toLowerCase(),
    left: Array.isArray(answer) ? [...answer] : [answer],
  }));
  return ({ method, url }) => {
    const row = rows.find(({ key }) => key === `${method} ${decodeURIComponent(url.pathname)}`.toLowerCase());
    return row && row.left.length > 1 ? row.left.shift() : row?.left[0];
  };
}

function parse(body: unknown): unknown {
  return typeof body === "string" && body !== "" ? JSON.parse(body) : undefined;
}
