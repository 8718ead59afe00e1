// Azure Cosmos DB REST API, as far as @azure/cosmos reads ids: its unmodified client is the judge of shapes.
import { afterEach, describe, expect, test } from "vitest";
import type { CosmosClient } from "@azure/cosmos";
import { addContainer, type Document } from "../../../../sandbox/azure/documentdb/data.ts";
import { parseQuery, QuerySyntaxError } from "../../../../sandbox/azure/documentdb/data-query.ts";
import { aDataPlane } from "./data-client.ts";
import { send } from "./support.ts";

const documents = (count: number): Document[] => Array.from({ length: count }, (_, i) => ({ id: `d${i}`, tenant: `t${i % 3}`, size: i }));

const open: CosmosClient[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.dispose();
});

function setUp() {
  const plane = aDataPlane();
  const { world, account } = plane;
  addContainer(world, account, { database: "books", container: "entries", paths: ["/tenant"], documents: documents(1_300), partitions: 2 });
  addContainer(world, account, { database: "books", container: "settings", documents: documents(1) });
  const client = (): CosmosClient => {
    const made = plane.client();
    open.push(made);
    return made;
  };
  return { ...plane, client };
}

describe("the SDK", () => {
  test("reads the account, its databases, containers and partition key ranges", async () => {
    const { client, letRead } = setUp();
    letRead();
    const made = client();
    const { resource: account } = await made.getDatabaseAccount();
    expect(account?.readableLocations).toMatchObject([
      { name: "East US 2", databaseAccountEndpoint: "https://orders-eastus2.documents.azure.com:443/" },
    ]);
    expect((await made.databases.readAll().fetchAll()).resources.map(({ id }) => id)).toEqual(["books"]);
    const { containers } = made.database("books");
    expect((await containers.readAll().fetchAll()).resources).toMatchObject([
      { id: "entries", partitionKey: { paths: ["/tenant"] } },
      { id: "settings" },
    ]);
    expect((await containers.readAll({ maxItemCount: 1 }).fetchAll()).resources).toHaveLength(2);
    const { resources: ranges } = await made.database("books").container("entries").readPartitionKeyRanges().fetchAll();
    expect(ranges).toMatchObject([
      { minInclusive: "", maxExclusive: "7F" },
      { minInclusive: "7F", maxExclusive: "FF" },
    ]);
    const { headers } = await made.database("books").container("entries").read({ populateQuotaInfo: true });
    expect(headers["x-ms-resource-usage"]).toContain("documentsCount=1300;");
  });

  test("queries page by page, over all partitions, and goes on from a token", async () => {
    const { client, letRead } = setUp();
    letRead();
    const { items } = client().database("books").container("entries");
    const query = "SELECT c.id, c.tenant AS k0 FROM c WHERE LENGTH(c.id) > 3";
    const all = await items.query(query).fetchAll();
    expect(all.resources).toHaveLength(1_200);
    expect(all.resources[0]).toEqual({ id: "d100", k0: "t1" });
    const first = await items.query(query, { maxItemCount: 10, populateQueryMetrics: true }).fetchNext();
    expect(first.resources).toHaveLength(10);
    expect(first.requestCharge).toBeGreaterThan(2);
    expect(first.queryMetrics).toMatchObject({ 0: { retrievedDocumentCount: 60 } });
    const rest = await items.query(query, { continuationToken: first.continuationToken }).fetchAll();
    expect(rest.resources).toHaveLength(1_190);
  });

  test("is told what it asks wrongly", async () => {
    const { client, letRead } = setUp();
    letRead();
    const entries = client().database("books").container("entries");
    await expect(entries.items.query("SELECT FROM").fetchNext()).rejects.toMatchObject({ code: 400 });
    await expect(entries.items.query("SELECT c.id FROM c", { continuationToken: "made up" }).fetchNext()).rejects.toMatchObject({
      code: 400,
    });
    await expect(client().database("none").read()).rejects.toMatchObject({ code: 404 });
    await expect(client().database("books").container("none").read()).rejects.toMatchObject({ code: 404 });
  });
});

describe("who may", () => {
  test("nobody without a data role, by the action that lacks (Azure/azure-cosmos-dotnet-v3 issue 2891)", async () => {
    const { client, owner } = setUp();
    await expect(client().databases.readAll().fetchAll()).rejects.toMatchObject({
      code: 403,
      substatus: 5301,
      message: expect.stringContaining(
        `principal [${owner.oid}] does not have required RBAC permissions to perform action [Microsoft.DocumentDB/databaseAccounts/readMetadata]`,
      ) as string,
    });
  });

  test("whoever is given one by Azure Resource Manager, where it is given, until it is taken away", async () => {
    const plane = setUp();
    const path = `${plane.account.id}/sqlRoleAssignments/7a0f0000-0000-4000-8000-000000000001`;
    const reader = `${plane.account.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000001`;
    const body = { properties: { roleDefinitionId: reader, scope: `${plane.account.id}/dbs/books`, principalId: plane.owner.oid } };
    await expect(send(plane, "PUT", path, { body })).resolves.toMatchObject({ status: 200, body: { properties: body.properties } });
    await expect(send(plane, "GET", path)).resolves.toMatchObject({ status: 200 });
    await expect(send(plane, "GET", `${plane.account.id}/sqlRoleAssignments`)).resolves.toMatchObject({ body: { value: [{}] } });
    await expect(send(plane, "GET", `${plane.account.id}/sqlRoleDefinitions`)).resolves.toMatchObject({ body: { value: [{}, {}] } });
    expect((await plane.readAt("/dbs/books/colls")).status).toBe(200);
    expect((await plane.readAt("/dbs")).status).toBe(403);
    await expect(send(plane, "DELETE", path)).resolves.toMatchObject({ status: 200 });
    await expect(send(plane, "DELETE", path)).resolves.toMatchObject({ status: 204 });
    await expect(send(plane, "GET", path)).rejects.toMatchObject({ status: 404 });
    expect((await plane.readAt("/dbs/books/colls")).status).toBe(403);
    const none = { properties: { ...body.properties, roleDefinitionId: `${plane.account.id}/sqlRoleDefinitions/none` } };
    await expect(send(plane, "PUT", path, { body: none })).rejects.toMatchObject({ status: 400 });
  });

  test("nobody through a firewall that does not know them", async () => {
    const { client, letRead, account } = setUp();
    letRead();
    account.properties["publicNetworkAccess"] = "Disabled";
    await expect(client().databases.readAll().fetchAll()).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining("firewall") as string,
    });
  });
});

test("a second takes so many request units, and says how long it is (429, 3200)", async () => {
  const { client, letRead, world, account } = setUp();
  letRead();
  addContainer(world, account, { database: "books", container: "busy", documents: documents(10), throughput: 2 });
  const made = client();
  const { items } = made.database("books").container("busy");
  await items.query("SELECT c.id FROM c").fetchNext();
  const again = made.database("books").container("busy").items.query("SELECT c.id FROM c").fetchNext();
  await expect(Promise.race([again, new Promise((_, no) => setTimeout(no, 300, new Error("it waits")))])).rejects.toThrow("it waits");
  world.clock.set(world.clock.now() + 1000);
  await expect(again).resolves.toMatchObject({ resources: expect.any(Array) as unknown });
});

test.each([
  "SELECT c.id FROM c ORDER BY c.id",
  "SELECT d.id FROM c",
  "SELECT c.id FROM c WHERE",
  "SELECT c[ FROM c",
  "SELECT LENGTH(c.id FROM c",
  "SELECT c.id FROM c WHERE c.id ~ 1",
])("'%s' is no query that it knows", (query) => {
  expect(() => parseQuery(query)).toThrow(QuerySyntaxError);
});

test.each<[query: string, document: Document, row: unknown]>([
  ["SELECT * FROM c", { id: "a" }, { id: "a" }],
  ["SELECT VALUE c.id FROM c", { id: "a" }, "a"],
  ["SELECT c.id, c['a']['b'] FROM c", { id: "a", a: { b: 1 } }, { id: "a", b: 1 }],
  ['SELECT c["x y"] AS z FROM c WHERE c.n >= 2 AND c.n < 3', { id: "a", n: 2, "x y": true }, { z: true }],
  ["SELECT c.id FROM c WHERE c.id = @id", { id: "a" }, { id: "a" }],
  ["SELECT c.id FROM c WHERE IS_DEFINED(c.gone)", { id: "a" }, undefined],
  ["SELECT c.id FROM c WHERE LENGTH(c.id) = 1", { id: "😀" }, { id: "😀" }],
  ["SELECT c.id FROM c WHERE c.gone != 1", { id: "a" }, undefined],
])("%s", (query, document, row) => {
  const { where, project } = parseQuery(query, new Map([["@id", "a"]]));
  expect(where(document) === true ? project(document) : undefined).toEqual(row);
});
