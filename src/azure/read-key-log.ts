/** Reads from a vault's audit log, which a Log Analytics workspace keeps, who changed its keys. Rows come late: what it does not say yet is unknown. */
import type { LogsTable } from "@azure/monitor-query-logs";
import { actions } from "../domain/steps/spec.ts";
import type { Unreadable } from "../domain/facts.ts";
import type { KeyLogEntry, KeyLogQuestion } from "../domain/turn/key-log.ts";
import { type CallEnding, callAzure, toUnreadable } from "./call-azure.ts";
import type { Clients } from "./clients.ts";

export type ReadKeyLog = (question: KeyLogQuestion) => Promise<KeyLogEntry[] | Unreadable>;

/** The diagnostic setting decides which: resource-specific or shared (Azure Monitor, "Azure resource logs", collection mode). */
const TABLES = ["AZKVAuditLogs", "AzureDiagnostics"] as const;

/** Permission: Azure Monitor, "Manage access to Log Analytics workspaces". */
export const READ_KEY_LOG = actions(
  "Microsoft.OperationalInsights/workspaces/query/read",
  ...TABLES.map((table) => `Microsoft.OperationalInsights/workspaces/query/${table}/read`),
);

/** Of more rows the one that matters may be left out. */
const MOST_ROWS = 1000;

type Row = ReadonlyMap<string, unknown>;

export function createReadKeyLog({ logs }: Pick<Clients, "logs">): ReadKeyLog {
  return async (question) => {
    const answers = await Promise.all(TABLES.map((table) => ask(logs, table, question)));
    const refused = answers.find((answer) => !answer.ok && !isMissing(answer));
    // One that is missing may be just the one that names the author.
    if (refused && !refused.ok) return toUnreadable(refused.failure);
    if (answers.every(isMissing)) return unusable(`the workspace has none of the tables ${TABLES.join(" and ")}`);
    const results = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
    if (results.some(({ isWhole }) => !isWhole)) return unusable("the workspace answered a part of it");
    if (results.some(({ rows }) => rows.length > MOST_ROWS)) return unusable(`it has more than ${MOST_ROWS} changes of keys since`);
    return results.flatMap(({ rows }) => rows.flatMap(toEntry));
  };
}

const unusable = (detail: string): Unreadable => ({ state: "unreadable", why: "unusable", detail });

/** A table is not there before its first row (MicrosoftDocs/azure-docs issues 7738, 51652). */
const isMissing = (answer: CallEnding<unknown>): boolean => !answer.ok && answer.failure.code === "SemanticError";

const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, (sign) => `\\${sign}`)}'`;

/** Names no column that only some rows bring along: AzureDiagnostics has a column once some resource has sent it. */
function ask(logs: Clients["logs"], table: (typeof TABLES)[number], { workspaceId, vaultId, operations, since, until }: KeyLogQuestion) {
  const isOfVault = `_ResourceId =~ ${quoted(vaultId)}`;
  const isAsked = `OperationName in~ (${operations.map(quoted).join(", ")})`;
  const query = `${table} | where ${isOfVault} and ${isAsked} | take ${MOST_ROWS + 1}`;
  const timespan = { startTime: new Date(since), endTime: new Date(until) };
  return callAzure("read the audit log", vaultId, async () => {
    const result = await logs.queryWorkspace(workspaceId, query, timespan);
    if (!("tables" in result)) return { isWhole: false, rows: [] };
    return { isWhole: true, rows: result.tables.flatMap(rowsOf) };
  });
}

const rowsOf = ({ columnDescriptors, rows }: LogsTable): Row[] =>
  rows.map((row) => new Map(row.map((cell, i) => [columnDescriptors[i]?.name ?? "", cell])));

const OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier";

/** AzureDiagnostics flattens the claims into columns: each sign that no name may have becomes `_`, and the type's letter stands behind. */
const OBJECT_ID_COLUMNS = ["identity_claim_oid_g", "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g"];

/**
 * Of an operation that has ended well. `ResultType` is "Success" of a refusal too, and the caller's claims have short names or long ones (both
 * recorded: SEKOIA-IO/intake-formats Azure/azure-key-vault/tests test_event_key_purge.json, test_event_key_update.json; Microsoft Learn, "Azure
 * Key Vault logging").
 */
function toEntry(row: Row): KeyLogEntry[] {
  const status = Number(row.get("HttpStatusCode") ?? row.get("httpStatusCode_d"));
  const at = row.get("TimeGenerated");
  const operation = text(row.get("OperationName"));
  if (!(status >= 200 && status < 300) || !(at instanceof Date) || Number.isNaN(at.getTime()) || operation === "") return [];
  const claims = member(row.get("Identity"), "claim");
  const objectIds = [member(claims, "oid"), member(claims, OBJECT_ID), ...OBJECT_ID_COLUMNS.map((name) => row.get(name))];
  const uris = ["Id", "id_s", "RequestUri", "requestUri_s"].map((name) => text(row.get(name))).filter((uri) => uri !== "");
  return [{ operation, uris, at: at.toISOString(), objectId: objectIds.map(text).find((id) => id !== "") ?? null }];
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
