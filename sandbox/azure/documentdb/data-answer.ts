/** What a request to the data plane is answered, once it is known who asks: the rights it takes, and what is there. */
import { listAt } from "../json.ts";
import type { AzureRequest } from "../wire.ts";
import type { Account, Caller, World } from "../world.ts";
import { accountFeed, containerBody, databaseBody, paged, quotaOf, rangesOf } from "./data-bodies.ts";
import { pageOf, planOf } from "./data-page.ts";
import { type DataAnswer, DataRefusal, notFound } from "./data-refusal.ts";
import { type DataContainer, type DataDatabase, dataOf, EXECUTE_QUERY, mayInData, READ_METADATA } from "./data.ts";

type Asked = { world: World; account: Account; caller: Caller; request: AzureRequest };

/** Text and sub-status: Azure/azure-cosmos-dotnet-v3 issue 2891. */
function requireRole({ world, account, caller: { oid } }: Asked, action: string, resource: string): void {
  const groups = world.principals.get(oid)?.memberOf ?? [];
  if (mayInData(account, [oid, ...groups], action, resource)) return;
  const who = `Request blocked by Auth ${account.name} : Request is blocked because principal [${oid}] does not have required RBAC permissions`;
  const what = `to perform action [${action}] on resource [${resource}]. Learn more: https://aka.ms/cosmos-native-rbac.`;
  throw new DataRefusal(403, "Forbidden", `${who} ${what}`, { substatus: 5301 });
}

/** Microsoft Learn, "Diagnose and troubleshoot Azure Cosmos DB forbidden exceptions", firewall blocking requests. */
function requireNetwork({ name, properties }: Account): void {
  if (properties["publicNetworkAccess"] === "Enabled" && listAt(properties["ipRules"]).length === 0) return;
  const why = "This is blocked by your Cosmos DB account firewall settings. More info: https://aka.ms/cosmosdb-tsg-forbidden";
  throw new DataRefusal(403, "Forbidden", `Request originated from IP 203.0.113.5 through public internet to ${name}. ${why}`);
}

function accountAnswer(asked: Asked): DataAnswer {
  requireRole(asked, READ_METADATA, "/");
  return { body: accountFeed(asked.account) };
}

function databasesAnswer(asked: Asked): DataAnswer {
  requireRole(asked, READ_METADATA, "/");
  return paged(asked.request, [...dataOf(asked.account).databases.values()].map(databaseBody), "Databases", "");
}

/** Who may not is told so, whether it is there or not. */
function databaseIn(asked: Asked, name: string): DataDatabase {
  requireRole(asked, READ_METADATA, `/dbs/${name}`);
  const found = dataOf(asked.account).databases.get(name);
  if (!found) throw notFound();
  return found;
}

function containerIn(asked: Asked, database: string, name: string): { database: DataDatabase; container: DataContainer } {
  requireRole(asked, READ_METADATA, `/dbs/${database}/colls/${name}`);
  const found = dataOf(asked.account).databases.get(database);
  const container = found?.containers.get(name);
  if (!found || !container) throw notFound();
  return { database: found, container };
}

function containersAnswer(asked: Asked, name: string): DataAnswer {
  const database = databaseIn(asked, name);
  const bodies = [...database.containers.values()].map((one) => containerBody(database, one));
  return paged(asked.request, bodies, "DocumentCollections", database.rid);
}

function containerAnswer(asked: Asked, names: [string, string]): DataAnswer {
  const { database, container } = containerIn(asked, ...names);
  return { body: containerBody(database, container), headers: quotaOf(container, asked.request.headers) };
}

function rangesAnswer(asked: Asked, names: [string, string]): DataAnswer {
  const { container } = containerIn(asked, ...names);
  return paged(asked.request, rangesOf(container), "PartitionKeyRanges", container.rid);
}

function queryAnswer(asked: Asked, names: [string, string]): DataAnswer {
  const { container } = containerIn(asked, ...names);
  if (asked.request.headers["x-ms-cosmos-is-query-plan-request"] !== undefined) return { body: planOf(asked.request) };
  requireRole(asked, EXECUTE_QUERY, `/dbs/${names[0]}/colls/${names[1]}`);
  return pageOf(asked.world, container, asked.request);
}

type Handler = (asked: Asked, names: [string, string]) => DataAnswer;

const HANDLERS: Readonly<Record<string, Handler>> = {
  "GET /": accountAnswer,
  "GET /dbs": databasesAnswer,
  "GET /dbs/*": (asked, [database]) => ({ body: databaseBody(databaseIn(asked, database)) }),
  "GET /dbs/*/colls": (asked, [database]) => containersAnswer(asked, database),
  "GET /dbs/*/colls/*": containerAnswer,
  "GET /dbs/*/colls/*/pkranges": rangesAnswer,
  "POST /dbs/*/colls/*/docs": queryAnswer,
};

/** Names stand at every second place. */
export function placeOf({ url }: AzureRequest): { pattern: string; names: [string, string] } {
  const parts = url.pathname.split("/").filter((part) => part !== "");
  const [database = "", container = ""] = parts.filter((_, i) => i % 2 === 1).map((part) => decodeURIComponent(part));
  return { pattern: `/${parts.map((part, i) => (i % 2 === 1 ? "*" : part)).join("/")}`, names: [database, container] };
}

export function answerData(asked: Asked): DataAnswer {
  requireNetwork(asked.account);
  const { pattern, names } = placeOf(asked.request);
  const handler = HANDLERS[`${asked.request.method} ${pattern}`];
  if (handler) return handler(asked, names);
  const isKnown = Object.keys(HANDLERS).some((one) => one.endsWith(` ${pattern}`));
  throw isKnown ? new DataRefusal(405, "MethodNotAllowed", "The requested verb is not supported.") : notFound();
}
