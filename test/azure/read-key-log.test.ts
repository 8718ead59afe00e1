/** What a workspace may answer besides what is documented: none of it may pass for "nobody", or for a mistake of this program. */
import { createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { createLogsClient } from "../../src/azure/logs-client.ts";
import { createReadKeyLog } from "../../src/azure/read-key-log.ts";

const COLUMNS = [
  ["TimeGenerated", "datetime"],
  ["OperationName", "string"],
  ["HttpStatusCode", "int"],
  ["Id", "string"],
  ["Identity", "dynamic"],
].map(([name, type]) => ({ name, type }));
const AT = "2026-11-21T10:00:00.1234567Z";
const KEY = "https://kv-orders.vault.azure.net/keys/cmk";

type Cells = { at?: string | null; operation?: string; status?: number | null; identity?: unknown };
const row = ({ at = AT, operation = "KeyUpdate", status = 200, identity = { claim: { oid: "ada" } } }: Cells = {}): unknown[] => [
  at,
  operation,
  status,
  KEY,
  typeof identity === "string" ? identity : JSON.stringify(identity),
];
const result = (...rows: unknown[][]) => ({ tables: [{ name: "PrimaryResult", columns: COLUMNS, rows }] });
const unresolved = { error: { code: "BadArgumentError", message: "invalid", innererror: { code: "SemanticError", message: "no table" } } };

type Answer = { status: number; body: unknown; type?: string };
const asked: { url: string; body: unknown }[] = [];

/** What a vault is told of, where the tables answer so. */
function read(own: Answer, shared: Answer = { status: 400, body: unresolved }) {
  asked.length = 0;
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const body = JSON.parse(request.body as string) as { query: string };
      asked.push({ url: request.url, body });
      const answer = body.query.startsWith("AZKVAuditLogs") ? own : shared;
      const bodyAsText = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
      return {
        request,
        status: answer.status,
        headers: createHttpHeaders({ "content-type": answer.type ?? "application/json" }),
        bodyAsText,
      };
    },
  };
  const credential = { getToken: async () => ({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const logs = createLogsClient(credential, { httpClient, retryOptions: { maxRetries: 0 } });
  const question = { workspaceId: "w1", vaultId: "/subscriptions/s/resourceGroups/o'hara/vaults/kv", operations: ["keyupdate"] };
  return createReadKeyLog({ logs })({ ...question, since: "2026-11-21T09:00:00.000Z", until: "2026-11-21T10:30:00.000Z" });
}

test("asks both tables for what happened to keys of that vault in that time", async () => {
  await read({ status: 200, body: result() });
  const where = "where _ResourceId =~ '/subscriptions/s/resourceGroups/o\\'hara/vaults/kv' and OperationName in~ ('keyupdate') | take 1001";
  const timespan = "2026-11-21T09:00:00.000Z/2026-11-21T10:30:00.000Z";
  const url = "https://api.loganalytics.io/v1/workspaces/w1/query";
  expect(asked).toEqual(["AZKVAuditLogs", "AzureDiagnostics"].map((table) => ({ url, body: { query: `${table} | ${where}`, timespan } })));
});

test.each<[string, Cells, number]>([
  ["a change", {}, 1],
  ["one that nobody is named for", { identity: {} }, 1],
  ["one whose caller can't be read", { identity: "{" }, 1],
  ["what was refused", { status: 403 }, 0],
  ["what has no status", { status: null }, 0],
  ["what has no time", { at: null }, 0],
  ["what has a time that is none", { at: "yesterday" }, 0],
  ["what has no name", { operation: "" }, 0],
])("takes of rows: %s", async (_, cells, count) => {
  const answer = await read({ status: 200, body: result(row(cells)) });
  expect(answer).toHaveLength(count);
});

test("names who did it by the claim, or nobody", async () => {
  const entries = await read({ status: 200, body: result(row(), row({ identity: {} })) });
  const entry = { operation: "KeyUpdate", uris: [KEY], at: "2026-11-21T10:00:00.123Z" };
  expect(entries).toEqual(["ada", null].map((objectId) => ({ ...entry, objectId })));
});

const partial = { ...result(row()), error: { code: "PartialError", message: "some of it" } };
const page: Answer = { status: 200, body: "<html>sign in</html>", type: "text/html" };

test.each<[string, Answer, Answer, string]>([
  ["a part of it", { status: 200, body: partial }, { status: 200, body: result() }, "a part"],
  [
    "more than it reads",
    { status: 200, body: result(...Array.from({ length: 1001 }, () => row())) },
    { status: 200, body: result() },
    "more than 1000",
  ],
  ["a page", page, page, "no result of a query"],
  ["another shape", { status: 200, body: { tables: "none" } }, page, "no result of a query"],
  ["no body", { status: 200, body: "" }, page, "no result of a query"],
  ["no table at all", { status: 400, body: unresolved }, { status: 400, body: unresolved }, "none of the tables"],
  [
    "another fault of the query",
    { status: 400, body: { error: { code: "BadArgumentError", message: "m", innererror: { code: "SyntaxError" } } } },
    { status: 200, body: result() },
    "SyntaxError",
  ],
  [
    "no such workspace",
    { status: 404, body: { error: { code: "WorkspaceNotFoundError", message: "m" } } },
    { status: 200, body: result() },
    "WorkspaceNotFoundError",
  ],
  [
    "a refusal",
    { status: 403, body: { error: { code: "InsufficientAccessError", message: "m" } } },
    { status: 200, body: result() },
    "InsufficientAccessError",
  ],
])("is unreadable where it is answered %s", async (_, own, shared, detail) => {
  expect(await read(own, shared)).toMatchObject({ state: "unreadable", detail: expect.stringContaining(detail) as string });
});

test.each<[string, Answer]>([
  ["a box on the way", { status: 502, body: "<html>bad gateway</html>", type: "text/html" }],
  ["an empty refusal", { status: 503, body: "" }],
  ["too many queries", { status: 429, body: { error: { code: "ThrottledError", message: "m" } } }],
])("is asked again after %s", async (_, answer) => {
  await expect(read(answer)).rejects.toMatchObject({ name: "TransientError" });
});
