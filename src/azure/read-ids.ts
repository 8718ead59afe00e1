/**
 * Document ids of an account, through its data plane with its own SDK, whatever its API: all of them are queried there (Microsoft Learn,
 * "Configure customer-managed keys for your existing Azure Cosmos DB account": "the endpoint from your 'sqlEndpoint' account property, no
 * matter the API selected"). By an Entra token; keys of an account are never asked for. Permission, of Cosmos DB's own data roles and none of
 * Azure RBAC's: readMetadata, containers/executeQuery and containers/items/read, as the built-in data reader has them (Microsoft Learn, "Azure Cosmos
 * DB for NoSQL data plane security reference").
 */
import type { Container, CosmosClient, FeedResponse, QueryIterator } from "@azure/cosmos";
import { createEmptyPipeline, type HttpClient, proxyPolicy, RestError } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import * as v from "valibot";
import {
  type IdPage,
  type Later,
  type ListedContainer,
  LONGEST_ID_BYTES,
  type ScannedContainer,
  SURELY_SHORT_CHARACTERS,
  type Unscannable,
} from "../domain/id-scan.ts";
import { isDocumentsUrl } from "../domain/clouds.ts";
import { classifyError, jsonIn } from "./classify-error.ts";

export type ReadIds = {
  listContainers: (endpoint: string) => Promise<ListedContainer[] | Unscannable | Later>;
  readPage: (endpoint: string, container: ScannedContainer) => Promise<IdPage | "gone" | Unscannable | Later>;
};

const REQUEST_TIMEOUT_MS = 20_000;

const words = v.object({ message: v.string() });

/** The SDK takes a refusal apart without looking at it: one that a box on the way sends would end in a TypeError, which is for mistakes of this program. */
function understandable(client: HttpClient): HttpClient {
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(proxyPolicy());
  return {
    async sendRequest(request) {
      // The SDK's own agent knows no proxy.
      delete request.agent;
      const response = await pipeline.sendRequest(client, request);
      const { status, bodyAsText } = response;
      const isJson = v.is(status >= 400 ? words : v.record(v.string(), v.unknown()), jsonIn(bodyAsText ?? ""));
      if (status === 204 || status === 304 || isJson) return response;
      throw new RestError(`an answer that is none of Azure Cosmos DB's (${status})`, { statusCode: status, request, response });
    },
  };
}

/** As the SDK throws what the service refuses. */
const refusal = v.object({ code: v.number(), message: v.string(), retryAfterInMs: v.optional(v.number()) });

const NOT_NOW: readonly number[] = [408, 410, 449];

/**
 * 403 is a role that lacks, or the network: "Request originated from IP ... through public internet. This is blocked by your Cosmos DB account
 * firewall settings" (Microsoft Learn, "Diagnose and troubleshoot Azure Cosmos DB forbidden exceptions").
 */
function endingOf(error: unknown): "gone" | Unscannable | Later {
  const said = v.safeParse(refusal, error);
  if (!said.success) return unansweredOf(error);
  const { code, message, retryAfterInMs } = said.output;
  const detail = `${code}: ${message.split(/\r?\n/)[0]}`;
  if (code === 404) return "gone";
  if (code === 401 || code === 403)
    return { why: /firewall|public internet|private endpoint/i.test(message) ? "firewall" : "denied", detail };
  if (code === 429) return { busy: true, askedMs: retryAfterInMs ?? null, detail };
  return code >= 500 || NOT_NOW.includes(code) ? { busy: false, askedMs: retryAfterInMs ?? null, detail } : { why: "unusable", detail };
}

/** No answer, or none of the service's: whoever answers instead of it may be gone in a while. */
function unansweredOf(error: unknown): Later {
  const { code, message, retryAfterMs } = classifyError(error);
  return { busy: false, askedMs: retryAfterMs ?? null, detail: `${code}: ${message}` };
}

/** `/a/b`, `/"a b"/c` (Microsoft Learn, "Indexing policies": property paths) → `c["a"]["b"]`. */
const propertyOf = (path: string): string =>
  `c${Array.from(path.matchAll(/"([^"]*)"|'([^']*)'|([^/]+)/g), ([, a, b, plain]) => `[${JSON.stringify(a ?? b ?? plain)}]`).join("")}`;

const queryFor = (paths: readonly string[]): string =>
  `SELECT c.id${paths.map((path, i) => `, ${propertyOf(path)} AS k${i}`).join("")} FROM c WHERE LENGTH(c.id) > ${SURELY_SHORT_CHARACTERS}`;

const row = v.looseObject({ id: v.string() });

/** A value that is not there is written as REST has it: `{}`. */
const keyOf = (item: Record<string, unknown>, paths: readonly string[]): string => JSON.stringify(paths.map((_, i) => item[`k${i}`] ?? {}));

function longIn(resources: readonly unknown[], paths: readonly string[]): IdPage["long"] {
  return resources.flatMap((resource) => {
    const item = v.parse(row, resource);
    const bytes = Buffer.byteLength(item.id, "utf8");
    return bytes > LONGEST_ID_BYTES ? [{ partitionKey: keyOf(item, paths), bytes, id: item.id }] : [];
  });
}

/** As the SDK takes them apart, by partition, whatever its type says (Microsoft Learn, "Get SQL query execution metrics"). */
const metrics = v.record(v.string(), v.object({ retrievedDocumentCount: v.number() }));

/** How many documents the service looked at for a page; 0 where it does not tell. */
function lookedIn({ queryMetrics }: FeedResponse<unknown>): number {
  const said = v.safeParse(metrics, queryMetrics);
  return said.success ? Object.values(said.output).reduce((sum, one) => sum + one.retrievedDocumentCount, 0) : 0;
}

/** The endpoint is what Azure Resource Manager tells of the account; a token goes there only where it is one of Azure Cosmos DB's all the same. */
const strange = (endpoint: string): Unscannable | null =>
  isDocumentsUrl(endpoint)
    ? null
    : { why: "unusable", detail: `${endpoint} is no address of Azure Cosmos DB in this cloud: it gets no token` };

/** Goes on where the page before ended: the SDK asks for a plan each time a query is begun. */
type Begun = { token: string; iterator: QueryIterator<unknown> };

export function createReadIds(options: { credential: TokenCredential; httpClient: HttpClient }): ReadIds {
  const clients = new Map<string, Promise<CosmosClient>>();
  const begun = new Map<string, Begun>();
  const httpClient = understandable(options.httpClient);

  /** Loaded when it is first used: nothing else of the app waits for it. */
  async function open(endpoint: string): Promise<CosmosClient> {
    const { CosmosClient } = await import("@azure/cosmos");
    return new CosmosClient({
      endpoint,
      aadCredentials: options.credential,
      httpClient,
      connectionPolicy: {
        requestTimeout: REQUEST_TIMEOUT_MS,
        // The account's own name leads to a region that answers; regions' names are more that a network may not know.
        enableEndpointDiscovery: false,
        enableBackgroundEndpointRefreshing: false,
        retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
      },
    });
  }
  const clientOf = (endpoint: string): Promise<CosmosClient> => {
    const known = clients.get(endpoint) ?? open(endpoint);
    clients.set(endpoint, known);
    return known;
  };

  return {
    async listContainers(endpoint) {
      const refused = strange(endpoint);
      if (refused) return refused;
      try {
        const client = await clientOf(endpoint);
        const { resources: databases } = await client.databases.readAll().fetchAll();
        const all: ListedContainer[] = [];
        for (const { id: database } of databases) all.push(...(await containersIn(client, database)));
        return all;
      } catch (error) {
        const ending = endingOf(error);
        return ending === "gone" ? { busy: false, askedMs: null, detail: "a database was deleted while it was listed" } : ending;
      }
    },
    async readPage(endpoint, { database, container, paths, token }) {
      const refused = strange(endpoint);
      if (refused) return refused;
      const name = JSON.stringify([endpoint, database, container]);
      const before = begun.get(name);
      begun.delete(name);
      try {
        const client = await clientOf(endpoint);
        const iterator =
          token !== null && before?.token === token ? before.iterator : query(client.database(database).container(container), paths, token);
        const page: FeedResponse<unknown> = await iterator.fetchNext();
        const next = page.continuationToken || null;
        if (next === null && iterator.hasMoreResults())
          return { why: "unusable", detail: `${database}/${container} has more pages, and no token to go on with` };
        if (next !== null) begun.set(name, { token: next, iterator });
        return { long: longIn(page.resources ?? [], paths), charge: page.requestCharge || 0, looked: lookedIn(page), token: next };
      } catch (error) {
        return endingOf(error);
      }
    },
  };
}

async function containersIn(client: CosmosClient, database: string): Promise<ListedContainer[]> {
  const { containers } = client.database(database);
  const { resources } = await containers.readAll().fetchAll();
  const listed: ListedContainer[] = [];
  for (const { id, partitionKey } of resources) {
    const documents = await countIn(client.database(database).container(id));
    listed.push({ database, container: id, paths: partitionKey?.paths ?? [], documents });
  }
  return listed;
}

/** `documentsCount=12;` (Microsoft Learn, "Get a collection": x-ms-resource-usage). For progress alone: null where it is not told. */
async function countIn(container: Container): Promise<number | null> {
  const { headers } = await container.read({ populateQuotaInfo: true });
  const usage: unknown = headers["x-ms-resource-usage"];
  const [, digits] = /(?:^|;)documentsCount=(\d+)/.exec(typeof usage === "string" ? usage : "") ?? [];
  return digits === undefined ? null : Number(digits);
}

function query(container: Container, paths: readonly string[], token: string | null): QueryIterator<unknown> {
  return container.items.query<unknown>(queryFor(paths), {
    maxItemCount: 100,
    populateQueryMetrics: true,
    // Each token lies in the row of the scan.
    continuationTokenLimitInKB: 4,
    ...(token === null ? {} : { continuationToken: token }),
  });
}
