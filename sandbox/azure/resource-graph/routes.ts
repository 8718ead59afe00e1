/**
 * POST Microsoft.ResourceGraph/resources: runs a query over what the caller may read and pages the answer.
 * Shapes: recorded, Azure/azure-cli-extensions resource-graph test_skip_token_query.yaml (2021-04);
 * refusals: Azure/azure-powershell Search-AzureRmGraph-QueryError, grafana/grafana issue 35225.
 */
import { reader } from "../authorization/evaluate.ts";
import { renderRoleAssignment } from "../authorization/role-assignments.ts";
import { renderRoleDefinition } from "../authorization/role-definitions.ts";
import { isAboveSubscription } from "../authorization/scope.ts";
import { listAt, objectAt, textAt } from "../json.ts";
import { AzureError, type Call, type Reply, type Route } from "../routes.ts";
import { type Json, type JsonObject, type World, subscriptionIn } from "../world.ts";
import { QueryError } from "../kql/cursor.ts";
import type { Row } from "../kql/expressions.ts";
import { compileQuery, type Table } from "../kql/operators.ts";
import { takeQuery } from "./quota.ts";
import { COLUMNS, rowOf } from "./rows.ts";
import { knownRows } from "./snapshot.ts";

const MOST = 1000;

/** No permission of its own: rows the caller may not read are left out without a word. */
export const resourceGraphRoutes: Route[] = [
  { method: "POST", pattern: "/providers/Microsoft.ResourceGraph/resources", action: null, handle: query },
];

function query(call: Call): Reply {
  const quota = takeQuery(call.world, call.caller.oid);
  if (quota.exceeded) {
    const message =
      "Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.";
    throw refusal(call, 429, "RateLimiting", [{ code: "RateLimiting", message }], quota.headers);
  }
  const body = objectAt(call.body);
  const options = readOptions(call, objectAt(body["options"]));
  const above = textAt(objectAt(body["options"])["authorizationScopeFilter"]).includes("Above");
  const table = run(call, { text: textAt(body["query"]), subscriptions: listAt(body["subscriptions"]), above });
  return { status: 200, headers: quota.headers, body: page(table, options) };
}

function refusal(call: Call, status: number, code: string, details: JsonObject[], headers: Record<string, string> = {}): AzureError {
  const timestamp = call.world.clock.iso().replace("Z", "0000Z");
  const correlationId = call.headers["x-ms-correlation-request-id"] ?? call.world.random.guid("graph-correlation");
  const message = `Please provide below info when asking for support: timestamp = ${timestamp}, correlationId = ${correlationId}.`;
  return new AzureError(status, code, message, { details, headers });
}

type Options = { top: number; skip: number; asTable: boolean };

function readOptions(call: Call, options: JsonObject): Options {
  const top = options["$top"] ?? MOST;
  const skip = options["$skip"] ?? 0;
  const bad = (what: string): AzureError =>
    refusal(call, 400, "BadRequest", [{ code: "InvalidRequestOptions", message: `Invalid value for ${what}.` }]);
  if (typeof top !== "number" || !Number.isInteger(top) || top < 1 || top > MOST) throw bad("$top");
  if (typeof skip !== "number" || !Number.isInteger(skip) || skip < 0) throw bad("$skip");
  const token = textAt(options["$skipToken"]);
  const skipped = token === "" ? skip : rowsToSkip(token);
  if (skipped === undefined) throw bad("$skipToken");
  return { top, skip: skipped, asTable: options["resultFormat"] === "table" };
}

/** The token is base64 of JSON: how many rows are behind, and where the cluster is. */
function skipToken(rows: number, top: number): string {
  const token = { $id: "1", MaxRows: top, RowsToSkip: rows, KustoClusterUrl: "https://arg-eus-four-sf.arg.core.windows.net" };
  return Buffer.from(JSON.stringify(token)).toString("base64");
}

function rowsToSkip(token: string): number | undefined {
  const found = /"RowsToSkip":(\d+)/.exec(Buffer.from(token, "base64").toString("utf8"))?.[1];
  return found === undefined ? undefined : Number(found);
}

type Query = { text: string; subscriptions: Json[]; above: boolean };

function run(call: Call, { text, subscriptions, above }: Query): Table {
  const { world, caller } = call;
  const may = reader(world, caller.oid);
  const wanted = new Set(subscriptions.map((one) => textAt(one).toLowerCase()));
  const isWanted = (id: string): boolean => wanted.size === 0 || wanted.has((subscriptionIn(id) ?? world.subscriptionId).toLowerCase());
  const visible = (rows: Row[]): Table => ({
    columns: COLUMNS,
    rows: rows.filter((r) => isWanted(textAt(r["id"])) && may(`${textAt(r["type"])}/read`, textAt(r["id"]))),
  });
  const tables: Record<string, () => Table> = {
    resources: () => visible(knownRows(world)),
    authorizationresources: () => visible(authorizationRows(world, above)),
  };
  try {
    return compileQuery(text)((name) => tables[name.toLowerCase()]?.());
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const message =
      "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.";
    throw refusal(call, 400, "BadRequest", [{ code: "InvalidQuery", message }, error.detail]);
  }
}

/**
 * Role assignments and definitions; denials and locks are in no table (supported-tables-resources.md). What is assigned above the
 * subscription shows only if `authorizationScopeFilter` asks for it. Built-in roles are shown as the subscription's.
 */
function authorizationRows(world: World, above: boolean): Row[] {
  const subscription = `/subscriptions/${world.subscriptionId}`;
  const assignments = [...world.roleAssignments.values()].filter((a) => above || !isAboveSubscription(a.scope));
  const bodies = [
    ...assignments.map((a) => renderRoleAssignment(a)),
    ...[...world.roleDefinitions.values()].map((d) => renderRoleDefinition(d, subscription, "2022-04-01")),
  ];
  return bodies.map((body) => rowOf(world, body));
}

/**
 * `$skipToken` comes as long as there are more rows, if the rows can be told apart by id; without it the rest cannot be had and
 * `resultTruncated`, a text, says so. Source: governance/resource-graph/concepts/work-with-data.md.
 */
function page(table: Table, { top, skip, asTable }: Options): JsonObject {
  const rows = table.rows.slice(skip, skip + top);
  const more = skip + rows.length < table.rows.length;
  const pageable = table.columns.includes("id");
  return {
    totalRecords: table.rows.length,
    count: rows.length,
    data: asTable ? columnar(table.columns, rows) : rows,
    facets: [],
    resultTruncated: String(more && !pageable),
    $skipToken: more && pageable ? skipToken(skip + rows.length, top) : undefined,
  };
}

function columnar(columns: string[], rows: Row[]): JsonObject {
  const types: Record<string, string> = { string: "string", number: "integer", boolean: "boolean" };
  const typeOf = (name: string): string => types[typeof rows.find((r) => r[name] !== null)?.[name]] ?? "object";
  return { columns: columns.map((name) => ({ name, type: typeOf(name) })), rows: rows.map((row) => columns.map((c) => row[c] ?? null)) };
}
