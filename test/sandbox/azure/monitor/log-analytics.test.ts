// Key Vault's audit log by query (Key Vault, logging.md; Azure Monitor Logs reference, AZKVAuditLogs; logs/api/errors.md).
import { beforeEach, describe, expect, test } from "vitest";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { createAzure, type Azure } from "../../../../sandbox/azure/azure.ts";
import { addCustomRole, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { addKey, addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import { keyDataRoutes } from "../../../../sandbox/azure/keyvault/data-plane.ts";
import { operationNameOf } from "../../../../sandbox/azure/monitor/audit-log.ts";
import { addWorkspace, sendAuditLog } from "../../../../sandbox/azure/monitor/build.ts";
import { readTimespan } from "../../../../sandbox/azure/monitor/timespan.ts";
import type { Json, JsonObject, Principal, Vault, Workspace, World } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, START } from "../pipeline.ts";
import { pass } from "../through-arm.ts";

const MINUTE = 60_000;
type Answer = { status: number; body: JsonObject };
let world: World;
let azure: Azure;
let owner: Principal;
let vault: Vault;
let workspace: Workspace;

beforeEach(() => {
  world = aWorld({ rbacPropagationMaxSeconds: 0 });
  azure = createAzure(world, { deliver: async () => 200 });
  owner = aPerson(world, "owner", { role: ROLE.owner });
  assignRole(world, { principalId: owner.oid, role: ROLE.keyVaultAdministrator, scope: `/subscriptions/${world.subscriptionId}` });
  vault = addVault(world, { name: "kv-orders", resourceGroup: "rg1" });
  addKey(world, vault, { name: "cmk" });
  workspace = addWorkspace(world, { resourceGroup: "rg1", name: "log-audit" });
});

async function send(audience: string, method: string, url: string, body?: Json, as = owner): Promise<Answer> {
  const headers = { authorization: `Bearer ${await azure.tokens.issue(as, audience)}` };
  const reply = await azure.handle({ method, url: new URL(url), headers, body: body === undefined ? "" : JSON.stringify(body) });
  if ("fault" in reply) throw new Error(reply.fault);
  return { status: reply.status, body: JSON.parse(reply.body) as JsonObject };
}

const disable = (as = owner): Promise<Answer> =>
  send(
    "https://vault.azure.net",
    "PATCH",
    "https://kv-orders.vault.azure.net/keys/cmk?api-version=7.4",
    { attributes: { enabled: false } },
    as,
  );
const ask = (query: string, timespan?: string, as = owner, host = "api.loganalytics.io"): Promise<Answer> =>
  send(
    "https://api.loganalytics.io",
    "POST",
    `https://${host}/v1/workspaces/${workspace.customerId}/query`,
    { query, ...(timespan === undefined ? {} : { timespan }) },
    as,
  );
const rowsOf = ({ body }: Answer): Json[] => (body as unknown as { tables: { rows: Json[] }[] }).tables[0]!.rows;

describe("what it tells", () => {
  test("who did what on a vault's data plane, and with which answer, in the order and types asked for", async () => {
    sendAuditLog(world, vault, workspace);
    await disable();
    await pass(world, 10 * MINUTE);

    const query = `AZKVAuditLogs | where TimeGenerated > ago(1h) and OperationName == "KeyUpdate" | where _ResourceId =~ '${vault.id}' | project TimeGenerated, OperationName, HttpStatusCode, Identity, Id`;
    const answer = await ask(query, "PT1H");

    expect(answer.body["tables"]).toEqual([
      {
        name: "PrimaryResult",
        columns: [
          { name: "TimeGenerated", type: "datetime" },
          { name: "OperationName", type: "string" },
          { name: "HttpStatusCode", type: "int" },
          { name: "Identity", type: "dynamic" },
          { name: "Id", type: "string" },
        ],
        rows: [
          [
            "2026-11-02T08:00:00.0000000Z",
            "KeyUpdate",
            200,
            expect.stringContaining(`"oid":"${owner.oid}"`),
            expect.stringMatching(/^https:\/\/kv-orders\.vault\.azure\.net\/keys\/cmk\/[0-9a-f]{32}$/),
          ],
        ],
      },
    ]);
    expect(rowsOf(await ask(query, "PT1H", owner, "api.loganalytics.azure.com"))).toHaveLength(1);
  });

  test("also in the table that resources share", async () => {
    sendAuditLog(world, vault, workspace, "AzureDiagnostics");
    await disable();
    await pass(world, 10 * MINUTE);

    const answer = await ask(
      `AzureDiagnostics | where ResourceProvider == 'MICROSOFT.KEYVAULT' and Category == "AuditEvent" and ResourceId == '${vault.id.toUpperCase()}' | project OperationName, httpStatusCode_d, identity_claim_oid_g | take 5`,
    );

    expect(rowsOf(answer)).toEqual([["KeyUpdate", 200, owner.oid]]);
    expect(rowsOf(await ask("AZKVAuditLogs"))).toEqual([]);
  });

  test("by the long names of claims, where the switch says so", async () => {
    world.switches["auditLogClaims"] = "long";
    const long = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    sendAuditLog(world, vault, workspace);
    await disable();
    sendAuditLog(world, vault, workspace, "AzureDiagnostics");
    await disable();
    await pass(world, 10 * MINUTE);

    const column = "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g";
    expect(rowsOf(await ask("AZKVAuditLogs | project Identity"))).toEqual([[expect.stringContaining(`"${long}":"${owner.oid}"`)]]);
    expect(rowsOf(await ask(`AzureDiagnostics | project identity_claim_oid_g, ${column}`))).toEqual([[null, owner.oid]]);
  });

  test("no table before its first row, where the switch says so", async () => {
    world.switches["logTablesWithoutRows"] = false;
    sendAuditLog(world, vault, workspace);
    const unresolved = { status: 400, body: { error: { innererror: { code: "SemanticError" } } } };
    await expect(ask("AZKVAuditLogs")).resolves.toMatchObject(unresolved);
    await disable();
    await pass(world, 10 * MINUTE);
    expect(rowsOf(await ask("AZKVAuditLogs"))).toHaveLength(1);
    await expect(ask("AzureDiagnostics")).resolves.toMatchObject(unresolved);
  });

  test("refusals too, and nothing without a diagnostic setting", async () => {
    await disable();
    sendAuditLog(world, vault, workspace);
    await disable(aPerson(world, "stranger"));
    await pass(world, 10 * MINUTE);

    expect(rowsOf(await ask("AZKVAuditLogs | project HttpStatusCode, ResultType, ResultSignature"))).toEqual([
      [403, "Success", "Forbidden"],
    ]);
  });

  test("up to ten minutes late", async () => {
    sendAuditLog(world, vault, workspace);
    for (let i = 0; i < 10; i++) await disable();
    const count = async (): Promise<unknown> => rowsOf(await ask("AZKVAuditLogs | count"));
    await pass(world, MINUTE);
    expect(await count()).not.toEqual([[10]]);
    await pass(world, 9 * MINUTE);
    expect(await count()).toEqual([[10]]);
  });

  test("within the timespan alone", async () => {
    sendAuditLog(world, vault, workspace);
    await disable();
    await pass(world, 30 * MINUTE);
    expect(rowsOf(await ask("AZKVAuditLogs", "PT20M"))).toHaveLength(0);
    expect(rowsOf(await ask("AZKVAuditLogs", "2026-11-02T07:00:00Z/2026-11-02T09:00:00Z"))).toHaveLength(1);
  });

  test("every operation of the data plane has its name", () => {
    for (const route of keyDataRoutes) expect(operationNameOf(route)).toMatch(/^Key[A-Z]/);
  });
});

describe("what it refuses", () => {
  test.each([
    ["AZKVAuditLogs | where Nothing == 1", "SemanticError"],
    ["AZKVAuditLogs | join kind=inner (AzureDiagnostics) on Id", "SemanticError"],
    ["NoSuchTable | take 1", "SemanticError"],
    ["| take 1", "SyntaxError"],
  ])("%s: 400 %s, with the reason", async (query, code) => {
    const { status, body } = await ask(query);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: "BadArgumentError", innererror: { code, message: expect.stringMatching(/./) } } });
  });

  test("who may not read the table, a workspace that is not there, another path, a token for elsewhere", async () => {
    const nobody = aPerson(world, "nobody");
    await expect(ask("AZKVAuditLogs", undefined, nobody)).resolves.toMatchObject({
      status: 403,
      body: { error: { code: "InsufficientAccessError" } },
    });
    const role = addCustomRole(world, { roleName: "table alone" });
    role.permissions[0] = {
      actions: ["Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs/read"],
      notActions: [],
      dataActions: [],
      notDataActions: [],
    };
    assignRole(world, { principalId: nobody.oid, role: role.name, scope: workspace.id });
    await expect(ask("AZKVAuditLogs", undefined, nobody)).resolves.toMatchObject({ status: 403 });
    assignRole(world, { principalId: nobody.oid, role: ROLE.reader, scope: workspace.id });
    await expect(ask("AZKVAuditLogs", undefined, nobody)).resolves.toMatchObject({ status: 200 });
    const logs = "https://api.loganalytics.io";
    await expect(send(logs, "POST", `${logs}/v1/workspaces/${world.tenantId}/query`, { query: "x" })).resolves.toMatchObject({
      status: 404,
    });
    await expect(send(logs, "GET", `${logs}/v1/nothing`)).resolves.toMatchObject({
      status: 404,
      body: { error: { code: "PathNotFoundError" } },
    });
    await expect(send("https://vault.azure.net", "GET", `${logs}/v1/nothing`)).resolves.toMatchObject({ status: 403 });
    await expect(ask("AZKVAuditLogs", "yesterday")).resolves.toMatchObject({ status: 400 });
  });
});

test.each([
  ["PT1H", START - 60 * MINUTE, START],
  ["P1D", START - 1440 * MINUTE, START],
  ["2026-11-02T07:00:00Z/PT30M", START - 60 * MINUTE, START - 30 * MINUTE],
  ["PT30M/2026-11-02T08:00:00Z", START - 30 * MINUTE, START],
])("the timespan %s", (text, from, to) => {
  expect(readTimespan(text, START)).toEqual({ from, to });
});
