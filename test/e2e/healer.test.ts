/**
 * Who heals the healer: a timer that stands still, as those of Flex Consumption are known to (Azure/azure-functions-host issue 11828), and a
 * role of Keymend's own that somebody took away.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, MINUTE, startApp } from "./app.ts";

let app: App;

beforeAll(async () => {
  app = await startApp({ settings: { SANDBOX_HOST_FROZEN_TIMERS: "sweep,recheck" } });
});
afterAll(async () => app?.close());

type Health = { status: string; checks?: { name: string; ok: boolean; at: string | null; ageSeconds: number | null }[] };

const probe = async (): Promise<Health> => (await fetch(`${app.sandbox.hostUrl}/api/health`)).json() as Promise<Health>;
const said = (event: string) => app.log.filter((line) => line.event === event);

/** A probe a minute, as a platform sends them. */
async function probed(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await app.wait(MINUTE);
    expect(await probe()).toEqual({ status: "alive" });
  }
}

/** Through Azure's front door; answers what gives it back. */
async function takeRole(capability: keyof App["sandbox"]["estate"]["keymend"]): Promise<() => Promise<unknown>> {
  const { world, estate } = app.sandbox;
  const own = [...world.roleAssignments.values()].find(({ principalId }) => principalId === estate.keymend[capability].principalId)!;
  const { roleDefinitionId, principalId, principalType } = own;
  const id = `${own.scope}/providers/Microsoft.Authorization/roleAssignments/${own.name}`;
  expect((await app.operator.arm("DELETE", id, "2022-04-01")).status).toBe(200);
  return () => app.operator.arm("PUT", id, "2022-04-01", { properties: { roleDefinitionId, principalId, principalType } });
}

test("probes alone keep every vault in sight, and who may read hears that the timer stands still, and which role is lacking", async () => {
  expect(said("swept")).toEqual([]);
  const unwell = await app.reader.app("GET", "/api/health");
  expect([unwell.status, unwell.body["status"]]).toEqual([503, "notOk"]);
  const giveBack = await takeRole("keys");
  await probed(12);
  expect(said("swept")).toHaveLength(1);
  const lacking = await app.reader.app("GET", "/api/health");
  const at = (...names: string[]) => ({ capability: "keys", state: "lacking", vaultIds: names.map((name) => app.patient(name).vault.id) });
  // Of keys on vaults with access policies a role only makes new ones.
  expect(lacking.body["roles"]).toMatchObject([at("catalog", "orders"), at("payments", "sessions")]);
  const told = expect.objectContaining({ level: "error", runbook: expect.arrayContaining(["npm run deploy -- --again"]) });
  expect(said("roleLacking")).toEqual([told, told]);
  expect(app.sandbox.world.writes.filter(({ keymend }) => keymend)).toEqual([]);
  await giveBack();

  const { vault, keyName } = app.patient("orders");
  for (const { version } of vault.keys.get(keyName)!.versions)
    await app.operator.key("PATCH", vault.name, `/keys/${keyName}/${version}`, { attributes: { enabled: false } });
  // The events of the roles ask whether a sweep is overdue, too: the next one comes a probe or two later.
  await probed(14);
  // While it waits for a person it is looked at, and that the service has noticed is told.
  const found = expect.objectContaining({ vaultId: vault.id, text: expect.stringContaining("KeyDisabled") });
  expect(said("diagnosis")).toEqual([found, found]);
  expect(said("diagnosis")[1]!["text"]).toContain("orders revoked");
  expect(said("sweepOverdue").length).toBe(said("swept").length);

  await probed(24);
  const well = await app.reader.app("GET", "/api/health");
  const { checks } = well.body as unknown as Required<Health>;
  expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
    ["round", true],
    ["seen", true],
    ["canary", true],
    ["event", true],
    ["arming", true],
    ["roles", true],
  ]);
  expect([said("roleLacking"), said("rolesWhole")].map(({ length }) => length)).toEqual([2, 1]);
  expect(checks.find(({ name }) => name === "canary")!.at).not.toBeNull();
  expect(well.status).toBe(200);
});
