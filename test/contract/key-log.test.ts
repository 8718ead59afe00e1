import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AuditTable, Principal } from "../../sandbox/azure/world.ts";
import { addLogWorkspace } from "../../sandbox/estate/log-workspace.ts";
import { createReadKeyLog } from "../../src/azure/read-key-log.ts";
import { LOG_OPERATIONS } from "../../src/domain/signal.ts";
import { authorsInKeyLog, type KeyLogEntry } from "../../src/domain/turn/key-log.ts";
import { type Sandbox, startSandbox } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const MINUTE = 60_000;

describe("a vault's audit log", () => {
  const HOUR = 60 * MINUTE;
  /** A key changed by three, one of whom is refused; then what the reader is told. */
  async function afterChanges({ table, switches }: { table?: AuditTable; switches?: Record<string, boolean | string> } = {}) {
    const { world, azure, estate, clients, pass, patient } = sandbox;
    Object.assign(world.switches, switches);
    const { customerId: workspaceId } = addLogWorkspace(world, estate, table);
    await pass(11);
    const { vault, keyName } = patient("account", "rbac");
    const change = async (method: string, path: string, by: Principal, name = vault.name) => {
      const headers = { authorization: `Bearer ${await azure.tokens.issue(by, "https://vault.azure.net")}` };
      const url = new URL(`https://${name}.vault.azure.net${path}?api-version=7.4`);
      await azure.handle({ method, url, headers, body: method === "PATCH" ? '{"attributes":{"enabled":false}}' : "" });
    };
    const at = new Date(world.clock.now()).toISOString();
    await change("PATCH", `/keys/${keyName}/`, estate.operator);
    await change("PATCH", `/keys/${keyName}/`, estate.reader);
    await change("GET", `/keys/${keyName}/`, estate.operator);
    await change("DELETE", `/keys/${keyName}`, estate.operator);
    await change("PATCH", "/keys/cmk-catalog/", estate.operator, patient("cluster", "rbac").vault.name);
    const question = { workspaceId, vaultId: vault.id, operations: LOG_OPERATIONS };
    const time = (ms: number): string => new Date(world.clock.now() + ms).toISOString();
    const ask = () => createReadKeyLog(clients)({ ...question, since: time(-HOUR), until: time(0) });
    return { ask, at, uri: `https://${vault.name}.vault.azure.net/keys/${keyName}`, objectId: estate.operator.oid };
  }

  test.each<[string, Parameters<typeof afterChanges>[0]]>([
    ["in its own table", {}],
    ["in the table that resources share", { table: "AzureDiagnostics" }],
    ["with the long names of claims", { switches: { auditLogClaims: "long" } }],
    ["in the shared table with the long names of claims", { table: "AzureDiagnostics", switches: { auditLogClaims: "long" } }],
    ["in a workspace without the other table", { switches: { logTablesWithoutRows: false } }],
  ])("tells who changed a key, once it has come in: %s", async (_, over) => {
    const { ask, at, uri, objectId } = await afterChanges(over);
    await sandbox.pass(11);
    const answer = await ask();
    const uris = expect.arrayContaining([expect.stringContaining(uri)]) as string[];
    expect(answer).toHaveLength(2);
    expect(answer).toEqual(
      expect.arrayContaining([
        { operation: "KeyUpdate", uris, at, objectId },
        { operation: "KeyDelete", uris, at, objectId },
      ]),
    );
    expect(authorsInKeyLog(answer as KeyLogEntry[], "v").map(({ scope }) => scope)).toEqual(
      [1, 2].map(() => ({ kind: "key", vaultId: "v", name: "cmk-orders" })),
    );
  });

  test("is no answer where it is refused, cut off, or there is no such table", async () => {
    const { ask } = await afterChanges();
    const { faults } = sandbox.azure;
    const unreadable = (detail: string) => ({ state: "unreadable", detail: expect.stringContaining(detail) as string });
    const once = (fault: Parameters<typeof faults.arm>[0]["fault"]): void => {
      faults.arm({ match: { path: "/query" }, fault, times: 2 });
    };
    sandbox.world.switches["logTablesWithoutRows"] = false;
    expect(await ask()).toEqual({ ...unreadable("none of the tables"), why: "unusable" });
    once({ kind: "status", status: 403 });
    expect(await ask()).toMatchObject({ state: "unreadable", why: "denied" });
    once({ kind: "status", status: 503 });
    await expect(ask()).rejects.toMatchObject({ name: "TransientError" });
    once({ kind: "status", status: 429 });
    await expect(ask()).rejects.toMatchObject({ name: "TransientError" });
  });
});
