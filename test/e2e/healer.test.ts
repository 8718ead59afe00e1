/** Who heals the healer: a timer that stands still, as those of Flex Consumption are known to (Azure/azure-functions-host issue 11828). */
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

test("probes alone keep every vault in sight, and who may read hears that the timer stands still", async () => {
  expect(said("swept")).toEqual([]);
  const unwell = await app.reader.app("GET", "/api/health");
  expect([unwell.status, unwell.body["status"]]).toEqual([503, "notOk"]);
  await probed(12);
  expect(said("swept")).toHaveLength(1);

  const { vault, keyName } = app.patient("orders");
  for (const { version } of vault.keys.get(keyName)!.versions)
    await app.operator.key("PATCH", vault.name, `/keys/${keyName}/${version}`, { attributes: { enabled: false } });
  await probed(12);
  expect(said("diagnosis")).toEqual([expect.objectContaining({ vaultId: vault.id, text: expect.stringContaining("KeyDisabled") })]);
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
  ]);
  expect(checks.find(({ name }) => name === "canary")!.at).not.toBeNull();
  expect(well.status).toBe(200);
});
