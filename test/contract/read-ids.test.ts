/** The reader of document ids against the sandbox's data plane, by the SDK that ships. */
import { describe, expect, test } from "vitest";
import { createHttpHeaders, type HttpClient, RestError } from "@azure/core-rest-pipeline";
import { addContainer, type Document } from "../../sandbox/azure/documentdb/data.ts";
import { createReadIds, type ReadIds } from "../../src/azure/read-ids.ts";
import type { ScannedContainer } from "../../src/domain/id-scan.ts";
import { aDataPlane } from "../sandbox/azure/documentdb/data-client.ts";

const DOCUMENTS: Document[] = [
  ...Array.from({ length: 1_100 }, (_, i): Document => ({ id: `d${i}`, tenant: "t" })),
  { id: "x".repeat(990), tenant: "fits" },
  { id: "x".repeat(991), tenant: "long", user: { name: "ada" } },
  { id: "ü".repeat(496) },
];

type Answer = { status: number; body: string; headers?: Record<string, string> };

/** instead: what is answered in place of the data plane. */
function setUp(instead?: () => Answer) {
  const plane = aDataPlane();
  plane.letRead();
  addContainer(plane.world, plane.account, {
    database: "books",
    container: "entries",
    paths: ["/tenant", '/user/"name"'],
    documents: DOCUMENTS,
    partitions: 2,
  });
  const httpClient: HttpClient = {
    async sendRequest(request) {
      if (!instead) return plane.httpClient.sendRequest(request);
      const { status, body, headers = {} } = instead();
      return { request, status, headers: createHttpHeaders(headers), bodyAsText: body };
    },
  };
  return { ...plane, ids: createReadIds({ credential: plane.credential, httpClient }) };
}

const container = (over: Partial<ScannedContainer> = {}): ScannedContainer => ({
  database: "books",
  container: "entries",
  paths: ["/tenant", '/user/"name"'],
  documents: null,
  looked: 0,
  token: null,
  done: false,
  rest: null,
  ...over,
});

async function readAll(ids: ReadIds, endpoint: string) {
  const pages = [];
  for (let token: string | null = null, first = true; first || token !== null; first = false) {
    const page = await ids.readPage(endpoint, container({ token }));
    if (page === "gone" || !("token" in page)) throw new Error(JSON.stringify(page));
    pages.push(page);
    ({ token } = page);
  }
  return pages;
}

test("lists containers with their partition key and how many documents they hold", async () => {
  const { ids, endpoint } = setUp();
  expect(await ids.listContainers(endpoint)).toEqual([
    { database: "books", container: "entries", paths: ["/tenant", '/user/"name"'], documents: DOCUMENTS.length },
  ]);
});

test("finds ids of more than 990 bytes, not characters, with their partition key; an empty page is no end", async () => {
  const { ids, endpoint, sent } = setUp();
  const pages = await readAll(ids, endpoint);
  expect(pages.length).toBeGreaterThan(2);
  expect(pages.flatMap(({ long }) => long).toSorted((a, b) => a.bytes - b.bytes)).toEqual([
    { partitionKey: '["long","ada"]', bytes: 991, id: "x".repeat(991) },
    { partitionKey: "[{},{}]", bytes: 992, id: "ü".repeat(496) },
  ]);
  expect(pages.reduce((sum, { looked }) => sum + looked, 0)).toBe(DOCUMENTS.length);
  expect(pages.every(({ charge }) => charge > 2)).toBe(true);
  // Never by an account's key, and with no plan asked for on each page.
  expect(sent.every(({ headers }) => headers["authorization"]?.startsWith("type=aad&"))).toBe(true);
  expect(sent.filter(({ headers }) => headers["x-ms-cosmos-is-query-plan-request"] !== undefined)).toHaveLength(1);
});

test("another process goes on from the token that was kept", async () => {
  const { ids, endpoint, credential, httpClient } = setUp();
  const first = await ids.readPage(endpoint, container());
  if (first === "gone" || !("token" in first)) throw new Error("no page");
  const other = createReadIds({ credential, httpClient });
  const next = await other.readPage(endpoint, container({ token: first.token }));
  expect(next).toMatchObject({ looked: 52 });
});

test.each([
  "https://orders.documents.azure.com.example/",
  "https://documents.azure.com.example/",
  "https://evildocuments.azure.com/",
  "https://orders.documents.azure.us:443/",
  "http://orders.documents.azure.com/",
  "orders.documents.azure.com",
])("%s gets no token and no request, whoever says that it is the account's", async (endpoint) => {
  const sent: string[] = [];
  const ids = createReadIds({
    credential: { getToken: async () => Promise.reject(new Error("no token should be asked for")) },
    httpClient: { sendRequest: async ({ url }) => Promise.reject(new Error(`${sent.push(url)}`)) },
  });
  const refused = { why: "unusable", detail: expect.stringContaining("gets no token") as string };
  expect([await ids.listContainers(endpoint), await ids.readPage(endpoint, container())]).toEqual([refused, refused]);
  expect(sent).toEqual([]);
});

describe("what does not come", () => {
  test.each<[what: string, answer: Answer, ending: object | string]>([
    ["no role", { status: 403, body: '{"message":"blocked by Auth: required RBAC permissions"}' }, { why: "denied" }],
    ["a token that is not taken", { status: 401, body: '{"message":"no"}' }, { why: "denied" }],
    ["a firewall", { status: 403, body: '{"message":"blocked by your Cosmos DB account firewall settings"}' }, { why: "firewall" }],
    ["too much", { status: 429, body: '{"message":"rate"}', headers: { "x-ms-retry-after-ms": "1500" } }, { busy: true, askedMs: 1500 }],
    ["too much, for nobody knows how long", { status: 429, body: '{"message":"rate"}' }, { busy: true, askedMs: null }],
    ["a partition that moves", { status: 410, body: '{"message":"gone"}' }, { busy: false }],
    ["an outage", { status: 500, body: '{"message":"oops"}' }, { busy: false, detail: "500: oops" }],
    ["a query that is not taken", { status: 400, body: '{"message":"syntax"}' }, { why: "unusable" }],
    ["a container that is gone", { status: 404, body: '{"message":"none"}' }, "gone"],
    ["a page of a box on the way", { status: 502, body: "<html>" }, { busy: false }],
    ["a refusal with nothing in it", { status: 403, body: "" }, { busy: false }],
  ])("%s", async (_, answer, ending) => {
    const { ids, endpoint } = setUp(() => answer);
    const page = await ids.readPage(endpoint, container());
    if (typeof ending === "string") expect(page).toBe(ending);
    else expect(page).toMatchObject(ending);
  });

  test("as a list is no container less", async () => {
    const { ids, endpoint } = setUp(() => ({ status: 404, body: '{"message":"none"}' }));
    expect(await ids.listContainers(endpoint)).toMatchObject({ busy: false });
    const denied = setUp(() => ({ status: 403, body: '{"message":"no"}' }));
    expect(await denied.ids.listContainers(endpoint)).toMatchObject({ why: "denied" });
  });

  test("no answer at all", async () => {
    const { ids, endpoint } = setUp(() => {
      throw new RestError("socket hang up", { code: "EPROTO" });
    });
    expect(await ids.readPage(endpoint, container())).toMatchObject({ busy: false });
  });
});
