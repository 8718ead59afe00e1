/**
 * `api.loganalytics.azure.com` and `api.loganalytics.io`: queries of a workspace, as `@azure/monitor-query-logs` and `az monitor log-analytics
 * query` ask. Shapes: recorded, Azure/azure-cli-extensions log-analytics test_query.yaml (2024-09); refusals: azure-monitor-docs
 * logs/api/errors.md. The query language is the one of Resource Graph, which is a part of it; what it can't run it refuses.
 */
import { evaluateAction } from "../authorization/evaluate.ts";
import { LOG_AUDIENCES, type Tokens } from "../entra/tokens.ts";
import type { Faults } from "../faults.ts";
import { objectAt, textAt } from "../json.ts";
import { QueryError } from "../kql/cursor.ts";
import { compileQuery, type Table } from "../kql/operators.ts";
import { countRead } from "../reads.ts";
import { switchOf } from "../switches.ts";
import { bearerOf, jsonReply, recordedBody, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Caller, Json, JsonObject, Workspace, World } from "../world.ts";
import { AUDIT_COLUMNS, kustoTime } from "./audit-log.ts";
import { readTimespan } from "./timespan.ts";

export type LogAnalytics = { handle(request: AzureRequest): Promise<AzureReply | AzureFault> };

class Refusal extends Error {
  readonly status: number;
  readonly error: JsonObject;
  constructor(status: number, code: string, message: string, innererror?: JsonObject) {
    super(message);
    this.status = status;
    this.error = { message, code, ...(innererror ? { innererror } : {}) };
  }
}

export function createLogAnalytics(world: World, tokens: Tokens, faults: Faults): LogAnalytics {
  return {
    async handle(request) {
      const bearer = bearerOf(request);
      if (bearer === undefined) {
        return refused(new Refusal(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."));
      }
      const verified = await tokens.verify(bearer, LOG_AUDIENCES);
      if ("problem" in verified) return refused(new Refusal(403, "InvalidAuthenticationToken", "The access token is invalid."));
      return faults.around(request, verified.caller, async (fault) =>
        fault ? refused(new Refusal(fault.status, fault.code, fault.message)) : answer(world, request, verified.caller),
      );
    },
  };
}

const refused = ({ status, error }: Refusal): AzureReply => jsonReply(status, { error });

function answer(world: World, request: AzureRequest, caller: Caller): AzureReply {
  countRead(world, caller, { method: request.method, pattern: "/v1/workspaces/{id}/query" }, "logs");
  try {
    const body = request.method === "POST" ? objectAt(recordedBody(request.body)) : Object.fromEntries(request.url.searchParams);
    const [, id = ""] = /^\/v1\/workspaces\/([^/]+)\/query$/i.exec(request.url.pathname) ?? [];
    if (id === "" || !["GET", "POST"].includes(request.method)) {
      throw new Refusal(404, "PathNotFoundError", "The requested path does not exist");
    }
    const workspace = [...world.workspaces.values()].find(({ customerId }) => customerId.toLowerCase() === id.toLowerCase());
    // The code is not in the page of errors; seen in public issue threads.
    if (!workspace) throw new Refusal(404, "WorkspaceNotFoundError", "The workspace could not be found");
    return jsonReply(200, run(world, caller, workspace, { text: textAt(body["query"]), timespan: textAt(body["timespan"]) }));
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

type Query = { text: string; timespan: string };

function run(world: World, caller: Caller, workspace: Workspace, { text, timespan }: Query): JsonObject {
  const now = world.clock.now();
  const range = timespan === "" ? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY } : readTimespan(timespan, now);
  if (!range) throw badArgument("InvalidTimespan", `The timespan '${timespan}' is not valid.`);
  const types: Record<string, string> = {};
  const table = (name: string): Table | undefined => {
    const columns = new Map(Object.entries(AUDIT_COLUMNS)).get(name);
    if (!columns) throw unresolved(name);
    requireRead(world, caller, workspace, name);
    Object.assign(types, columns);
    const rows = world.auditLog.filter((e) => e.table === name && e.workspaceId === workspace.id && e.visibleAt <= now);
    if (rows.length === 0 && !switchOf(world, "logTablesWithoutRows")) throw unresolved(name);
    const empty = Object.fromEntries(Object.keys(columns).map((column): [string, Json] => [column, null]));
    const inRange = rows.filter(({ at }) => at >= range.from && at <= range.to);
    return {
      columns: Object.keys(columns),
      rows: inRange.map(({ row }) => ({ ...empty, ...structuredClone(row) })),
    };
  };
  try {
    if (!/^\s*[A-Za-z_]\w*\s*(\||$)/.test(text)) throw badArgument("SyntaxError", "The query does not begin with a table.");
    return primaryResult(compileQuery(withTimes(text, now))(table), types);
  } catch (error) {
    if (error instanceof QueryError)
      throw badArgument(
        "SemanticError",
        error.detail["token"] === undefined ? error.message : `can't be run from '${textAt(error.detail["token"])}' on`,
      );
    throw error;
  }
}

const unresolved = (name: string): Refusal => badArgument("SemanticError", `Failed to resolve table or column expression named '${name}'`);

function badArgument(code: string, message: string): Refusal {
  const outer = "The request had some invalid properties";
  const inner =
    code === "SemanticError"
      ? { code, message: "A semantic error occurred.", innererror: { code: "SEM0100", message } }
      : { code, message };
  return new Refusal(400, "BadArgumentError", outer, inner);
}

/** Azure Monitor, "Manage access to Log Analytics workspaces": to query takes an action, to read a table one more. */
function requireRead(world: World, caller: Caller, workspace: Workspace, table: string): void {
  const taken = ["query", `query/${table}`].map((what) => `Microsoft.OperationalInsights/workspaces/${what}/read`);
  if (taken.every((action) => evaluateAction(world, caller.oid, action, workspace.id).allowed)) return;
  throw new Refusal(403, "InsufficientAccessError", "The provided credentials have insufficient access to perform the requested operation");
}

const UNIT_MS: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

/** `ago(2h)`, `now()` and `datetime(...)` outside of texts, as the moments that they are. */
function withTimes(query: string, now: number): string {
  const at = (ms: number): string => (Number.isNaN(ms) ? "datetime(null)" : `'${kustoTime(ms)}'`);
  return (
    query
      .split(/('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")/)
      .map((part, index) =>
        index % 2 === 1
          ? part
          : part
              .replace(/\bago\(\s*(\d+(?:\.\d+)?)(d|h|m|s)\s*\)/g, (_, n: string, unit: string) => at(now - Number(n) * UNIT_MS[unit]!))
              .replace(/\bnow\(\s*\)/g, () => at(now))
              .replace(/\bdatetime\(\s*([^)]+?)\s*\)/g, (_, text: string) =>
                at(Date.parse(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text.replace(" ", "T")}${text.length > 10 ? "Z" : ""}`)),
              ),
      )
      .join("")
      // Their argument may be quoted: the text then stands between the halves.
      .replace(/\bdatetime\(\s*['"]([^'"]+)['"]\s*\)/g, (_, text: string) => at(Date.parse(text)))
  );
}

function primaryResult({ columns, rows }: Table, types: Record<string, string>): JsonObject {
  const typeOf = (name: string): string => types[name] ?? inferred(rows.find((row) => row[name] !== null)?.[name] ?? null);
  // A dynamic value crosses the wire as JSON text.
  const cell = (value: Json): Json => (typeof value === "object" && value !== null ? JSON.stringify(value) : value);
  return {
    tables: [
      {
        name: "PrimaryResult",
        columns: columns.map((name) => ({ name, type: typeOf(name) })),
        rows: rows.map((row) => columns.map((name) => cell(row[name] ?? null))),
      },
    ],
  };
}

const inferred = (value: Json): string =>
  typeof value === "number"
    ? "long"
    : typeof value === "boolean"
      ? "bool"
      : typeof value === "object" && value !== null
        ? "dynamic"
        : "string";
