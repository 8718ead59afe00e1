/** One page of a query over a container. Azure Cosmos DB REST API, "Query documents"; "Pagination in Azure Cosmos DB"; "Request rate too large". */
import { listAt, objectAt, textAt } from "../json.ts";
import type { AzureRequest } from "../wire.ts";
import type { Json, JsonObject, World } from "../world.ts";
import type { DataContainer } from "./data.ts";
import { parseQuery, type Query, QuerySyntaxError } from "./data-query.ts";
import { type DataAnswer, DataRefusal, type Headers } from "./data-refusal.ts";

function queryIn({ body }: AzureRequest): Query {
  const sent: Json = JSON.parse(body);
  const { query, parameters } = objectAt(sent);
  const values = listAt(parameters).map((one) => [textAt(objectAt(one)["name"]), objectAt(one)["value"] ?? null] as const);
  return parseQuery(textAt(query), new Map(values));
}

function parsed(request: AzureRequest): Query {
  try {
    return queryIn(request);
  } catch (error) {
    if (!(error instanceof QuerySyntaxError || error instanceof SyntaxError)) throw error;
    const text = JSON.stringify({ errors: [{ severity: "Error", code: "SC1001", message: error.message }] });
    throw new DataRefusal(400, "BadRequest", `Message: ${text}`);
  }
}

/** What a client needs to run a query over partitions itself: of those that the sandbox knows, nothing but all of them. */
export function planOf(request: AzureRequest): JsonObject {
  parsed(request);
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: "None",
      top: null,
      offset: null,
      limit: null,
      orderBy: [],
      orderByExpressions: [],
      groupByExpressions: [],
      groupByAliases: [],
      aggregates: [],
      groupByAliasToAggregateType: {},
      rewrittenQuery: "",
      hasSelectValue: false,
      hasNonStreamingOrderBy: false,
    },
    queryRanges: [{ min: "", max: "FF", isMinInclusive: true, isMaxInclusive: false }],
  };
}

/** How many documents a page looks at: the service ends a page by its own measure, also with no result in it. */
const LOOKED_AT = 500;
/** The sandbox's own scale: what a query costs depends on much that it has not. */
const PER_QUERY = 2.3;
const PER_DOCUMENT = 0.05;

/** Where a query goes on. Nobody but the service reads it. */
type Place = { partition: number; index: number };

const written = ({ rid }: DataContainer, { partition, index }: Place): string => `-RID:~${rid}#RT:${partition}#FPC:${index}`;

function placeIn({ rid }: DataContainer, headers: Headers): Place {
  const sent = headers["x-ms-continuation"];
  const range = headers["x-ms-documentdb-partitionkeyrangeid"];
  if (sent === undefined) return { partition: Number(range ?? 0), index: 0 };
  const [, of, partition, index] = /^-RID:~([^#]+)#RT:(\d+)#FPC:(\d+)$/.exec(sent) ?? [];
  if (of !== rid) throw new DataRefusal(400, "BadRequest", "Invalid Continuation Token");
  return { partition: Number(partition), index: Number(index) };
}

function requireReach({ partitions }: DataContainer, headers: Headers): void {
  const isCross = headers["x-ms-documentdb-query-enablecrosspartition"]?.toLowerCase() === "true";
  if (partitions.length === 1 || isCross || headers["x-ms-documentdb-partitionkeyrangeid"] !== undefined) return;
  const advice =
    "Please set x-ms-documentdb-query-enablecrosspartition to true, specify x-ms-documentdb-partitionkey, or revise your query to avoid this exception.";
  throw new DataRefusal(400, "BadRequest", `Cross partition query is required but disabled. ${advice}`);
}

/** most: how many results a page may have. */
function read({ where, project }: Query, { partitions }: DataContainer, { partition, index: from }: Place, most: number) {
  const documents = partitions[partition] ?? [];
  const rows: Json[] = [];
  let looked = 0;
  for (const document of documents.slice(from, from + LOOKED_AT)) {
    if (rows.length === most) break;
    looked += 1;
    const row = where(document) === true ? project(document) : undefined;
    if (row !== undefined) rows.push(row);
  }
  return { rows, looked, isEnd: from + looked >= documents.length };
}

export function pageOf(world: World, container: DataContainer, request: AzureRequest): DataAnswer {
  const { headers } = request;
  const asked = parsed(request);
  requireReach(container, headers);
  const place = placeIn(container, headers);
  const most = Number(headers["x-ms-max-item-count"] ?? -1);
  const { rows, looked, isEnd } = read(asked, container, place, most > 0 ? most : Number.POSITIVE_INFINITY);
  const charge = Math.round((PER_QUERY + looked * PER_DOCUMENT) * 100) / 100;
  take(world, container, charge);
  const isLast = headers["x-ms-documentdb-partitionkeyrangeid"] !== undefined || place.partition === container.partitions.length - 1;
  const inside = { partition: place.partition, index: place.index + looked };
  const next = isEnd ? { partition: place.partition + 1, index: 0 } : inside;
  return {
    body: { _rid: container.rid, Documents: rows, _count: rows.length },
    charge,
    headers: {
      "x-ms-item-count": String(rows.length),
      ...(isEnd && isLast ? {} : { "x-ms-continuation": written(container, next) }),
      ...metricsOf(headers, looked, rows.length),
    },
  };
}

/** "Get SQL query execution metrics": only where they are asked for. */
function metricsOf(headers: Headers, looked: number, returned: number): Headers {
  if (headers["x-ms-documentdb-populatequerymetrics"]?.toLowerCase() !== "true") return {};
  const times = "totalExecutionTimeInMs=1.25;queryCompileTimeInMs=0.08;documentLoadTimeInMs=0.5";
  const seen = `retrievedDocumentCount=${looked};retrievedDocumentSize=${looked * 200}`;
  return { "x-ms-documentdb-query-metrics": `${times};${seen};outputDocumentCount=${returned};outputDocumentSize=${returned * 100}` };
}

/** Provisioned throughput is so many request units each second (429 and 3200: Azure/azure-sdk-for-java issue 20288). */
function take(world: World, container: DataContainer, charge: number): void {
  const second = Math.floor(world.clock.now() / 1000) * 1000;
  if (container.usedAt !== second) Object.assign(container, { used: 0, usedAt: second });
  if (container.used >= container.throughput) {
    const wait = second + 1000 - world.clock.now();
    const text =
      "Request rate is large. More Request Units may be needed, so no changes were made. Please retry this request later. Learn more: http://aka.ms/cosmosdb-error-429";
    throw new DataRefusal(429, "429", text, { substatus: 3200, headers: { "x-ms-retry-after-ms": String(wait) } });
  }
  container.used += charge;
}
