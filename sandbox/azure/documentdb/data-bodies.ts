/** What the data plane shows of an account, its databases and containers. Azure Cosmos DB REST API, the pages of each. */
import type { AzureRequest } from "../wire.ts";
import type { Account, JsonObject } from "../world.ts";
import type { DataContainer, DataDatabase } from "./data.ts";
import type { DataAnswer, Headers } from "./data-refusal.ts";
import { placesOf } from "./endpoints.ts";

export function accountFeed(account: Account): JsonObject {
  const { name } = account;
  const places = placesOf(account).map((place): JsonObject => ({
    name: place.name,
    databaseAccountEndpoint: `https://${place.host}:443/`,
  }));
  return {
    _self: "",
    id: name,
    _rid: `${name}.documents.azure.com`,
    media: "//media/",
    addresses: "//addresses/",
    _dbs: "//dbs/",
    writableLocations: places.slice(0, 1),
    readableLocations: places,
    enableMultipleWriteLocations: false,
    userConsistencyPolicy: { defaultConsistencyLevel: "Session" },
  };
}

export const databaseBody = ({ name, rid }: DataDatabase): JsonObject => ({
  id: name,
  _rid: rid,
  _self: `dbs/${rid}/`,
  _colls: "colls/",
  _users: "users/",
});

export const containerBody = (database: DataDatabase, { name, rid, paths }: DataContainer): JsonObject => ({
  id: name,
  partitionKey: { paths, kind: paths.length > 1 ? "MultiHash" : "Hash", version: 2 },
  _rid: rid,
  _self: `dbs/${database.rid}/colls/${rid}/`,
  _docs: "docs/",
});

/** "Get a collection", x-ms-documentdb-populatequotainfo. */
export function quotaOf({ partitions }: DataContainer, headers: Headers): Headers {
  if (headers["x-ms-documentdb-populatequotainfo"]?.toLowerCase() !== "true") return {};
  const count = partitions.reduce((sum, { length }) => sum + length, 0);
  const usage = `functions=0;storedProcedures=0;triggers=0;documentSize=0;documentsSize=${count};documentsCount=${count};collectionSize=${count};`;
  return { "x-ms-resource-usage": usage };
}

/** The hash space in equal parts. */
export function rangesOf({ partitions, rid }: DataContainer): JsonObject[] {
  const edge = (i: number): string => {
    if (i === 0) return "";
    const part = Math.floor((i / partitions.length) * 255);
    return part.toString(16).toUpperCase().padStart(2, "0");
  };
  return partitions.map((_, i) => ({
    id: String(i),
    _rid: rid,
    minInclusive: edge(i),
    maxExclusive: edge(i + 1),
    status: "online",
    parents: [],
  }));
}

/** x-ms-max-item-count and x-ms-continuation, of every list. */
export function paged({ headers }: AzureRequest, items: JsonObject[], name: string, rid: string): DataAnswer {
  const from = Number(headers["x-ms-continuation"] ?? 0);
  const asked = Number(headers["x-ms-max-item-count"] ?? -1);
  const to = asked > 0 ? Math.min(items.length, from + asked) : items.length;
  const page = items.slice(from, to);
  const more: Headers = to < items.length ? { "x-ms-continuation": String(to) } : {};
  return { body: { _rid: rid, [name]: page, _count: page.length }, headers: { ...more, "x-ms-item-count": String(page.length) } };
}
