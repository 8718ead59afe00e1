/** What a vault had around it: said before its recovery is approved, and at the end what is still missing. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { getIncident, listIncidents } from "../../sandbox/running/app-api.ts";
import { type App, ended, HOUR, startApp } from "./app.ts";

let app: App;

beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => app?.close());

test("the plan that is approved says what does not come back, and the outcome what is still missing, with the commands", async () => {
  const { vault } = app.patient("orders");
  const { subscriptionId, clock } = app.sandbox.world;
  // Somebody reads the vault's settings. Keymend's own roles stand at its resource group and outlive it.
  const [reader, guid] = ["acdd72a7-3385-48ef-bd42-f606fba81ae7", "7f3a1f60-0000-4000-8000-000000000001"];
  const grant = {
    principalId: app.sandbox.estate.approver.oid,
    principalType: "ServicePrincipal",
    roleDefinitionId: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${reader}`,
  };
  const assignment = `${vault.id}/providers/Microsoft.Authorization/roleAssignments/${guid}`;
  await app.operator.arm("PUT", assignment, "2022-04-01", { properties: grant });
  // Each vault is looked at once an hour, whatever lists show.
  await app.wait(2 * HOUR);
  const since = clock.iso();
  await app.operator.arm("DELETE", vault.id, "2026-02-01");
  const waiting = async () => (await listIncidents(app.reader)).find(({ vaultId, state }) => vaultId === vault.id && state === "waiting");
  await app.until("the question", async () => (await waiting()) !== undefined);
  const { id } = (await waiting())!;
  const asked = (await app.reader.app("GET", `/api/incidents/${id}`)).body as {
    plan: { hash: string; steps: { name: string; why: string | null; az: string[] }[] };
  };
  const recover = asked.plan.steps.find(({ name }) => name === "RecoverVault")!;
  expect(recover.why).toMatch(/this does not put back: 1 role assignment \([^)]+ at kv-orders\).*event subscriptions do not come back/);
  expect(recover.az).toContainEqual(expect.stringContaining(`az role assignment create`));
  const decision = { planHash: asked.plan.hash, decision: "approve", reason: "an accident" };
  expect((await app.approver.app("POST", `/api/incidents/${id}/decision`, decision)).status).toBe(202);
  await ended(app, app.patient("orders"), since);
  const { outcome, detail, runbook } = await getIncident(app.reader, id);
  expect(["OutageAvoided", "Healed"]).toContain(outcome);
  expect(detail).toMatch(/still missing since the recovery: 1 role assignment \([^)]+ at kv-orders\)/);
  expect(runbook).toEqual([expect.stringMatching(/^# still missing/), expect.stringContaining("az role assignment create --name")]);
});
