/** The audit's anchors, end to end: the app writes them as its deployment has it, and tells records that were taken away from those that never were. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { assignRole } from "../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../sandbox/azure/authorization/builtin-roles.ts";
import { addContainer } from "../../sandbox/azure/storage/build.ts";
import { listIncidents } from "../../sandbox/running/app-api.ts";
import { TableClient } from "@azure/data-tables";
import { type App, ended, startApp } from "./app.ts";

const ACCOUNT = "keymendrec";
let app: App;

beforeAll(async () => {
  app = await startApp({
    settings: { KEYMEND_ANCHOR_CONTAINER: `https://${ACCOUNT}.blob.core.windows.net/anchors` },
    arrange: (world, { keymend }) => {
      const { id } = addContainer(world, { resourceGroup: "rg-keymend", account: ACCOUNT, name: "anchors", takesPolicies: true });
      assignRole(world, { principalId: keymend.observe.principalId, role: ROLE.storageBlobDataOwner, scope: id });
    },
  });
});
afterAll(async () => app?.close());

type Audit = { value: unknown[]; chain: { ok: boolean; rows: number; anchored?: number; why?: string } };
const auditOf = async (id: string): Promise<{ status: number; body: Audit }> => {
  const { status, body } = await app.reader.app("GET", `/api/audit?incidentId=${id}`);
  return { status, body: body as Audit };
};

test("each append is anchored, and records that were taken away with their incident are told from those that never were", async () => {
  const { vault, identity } = app.patient("orders");
  const since = app.sandbox.world.clock.iso();
  const grant = [...app.sandbox.world.roleAssignments.values()].find(({ principalId }) => principalId === identity.principalId)!;
  const deleted = await app.operator.arm(
    "DELETE",
    `${grant.scope}/providers/Microsoft.Authorization/roleAssignments/${grant.name}`,
    "2022-04-01",
  );
  expect(deleted.status).toBe(200);
  await ended(app, app.patient("orders"), since);
  const { id } = (await listIncidents(app.reader)).find(({ vaultId }) => vaultId === vault.id)!;
  const { body } = await auditOf(id);
  expect(body.chain).toMatchObject({ ok: true, rows: body.value.length, anchored: body.value.length });

  for (const table of ["audit", "incidents"]) {
    const client = TableClient.fromConnectionString(app.sandbox.tableConnectionString, table, { allowInsecureConnection: true });
    for await (const row of client.listEntities()) await client.deleteEntity(row.partitionKey!, row.rowKey!);
  }
  expect(await auditOf(id)).toMatchObject({ status: 200, body: { value: [], chain: { ok: false, rows: 0 } } });
  expect((await auditOf("inc-none")).status).toBe(404);
});
