/** An instance that hangs is noticed, ended and begun anew; one that only had no host to run on is left to itself. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { chainOf } from "../../sandbox/play/audit.ts";
import { truePhase } from "../../sandbox/play/watch.ts";
import { type App, ended, HOUR, MINUTE, putOffKeyChecks, SECOND, startApp } from "./app.ts";
import { removeGrant } from "./breaks.ts";

let app: App;

beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => app?.close());

const instances = (): string => `${app.sandbox.hostUrl}/runtime/webhooks/durabletask/instances`;

async function running(): Promise<string> {
  const found = (await (await fetch(`${instances()}?runtimeStatus=Running`)).json()) as { instanceId: string }[];
  expect(found).toHaveLength(1);
  return found[0]!.instanceId;
}

const stuckSince = (since: string) => app.log.filter(({ event, at }) => event === "instanceStuck" && at >= since);

test("an instance that hangs before its write is ended and begun anew under the same incident, which says so", async () => {
  const patient = app.patient("orders");
  putOffKeyChecks(app, patient);
  const since = await removeGrant(app, patient);
  // It has heard of the loss, and waits a minute to look once more.
  await app.wait(10 * SECOND);
  await fetch(`${instances()}/${await running()}/suspend?reason=hangs`, { method: "POST" });
  await app.wait(55 * MINUTE);
  expect(stuckSince(since)).toEqual([]);
  expect(patient.databases.map((database) => truePhase(app.sandbox.world, database))).not.toContain("healthy");
  await app.wait(15 * MINUTE);
  expect(stuckSince(since)).toMatchObject([{ level: "error", vaultId: patient.vault.id }]);
  const { incidents, audit, writes } = await ended(app, patient, since);
  expect(incidents).toMatchObject([{ state: "closed", outcome: "Healed" }]);
  expect(audit.filter(({ kind }) => kind === "signal").map(({ what }) => what)).toContainEqual(
    expect.stringMatching(/had not moved since .*: it was ended, and begun anew/),
  );
  expect(writes).toHaveLength(1);
  expect(patient.databases.map((database) => truePhase(app.sandbox.world, database))).toEqual(patient.databases.map(() => "healthy"));
  expect(chainOf(incidents[0]!.id, audit)).toBe("verified");
});

test("the hours in which the app was down count for nothing: what did not move in them goes on by itself", async () => {
  const patient = app.patient("catalog");
  putOffKeyChecks(app, patient);
  const since = await removeGrant(app, patient);
  await app.wait(10 * MINUTE);
  const id = await running();
  // Held, so that the sweep meets it unmoved once the app is back.
  await fetch(`${instances()}/${id}/suspend?reason=held`, { method: "POST" });
  await app.sandbox.setHostDown(true);
  await app.wait(10 * HOUR);
  await app.sandbox.setHostDown(false);
  await app.wait(30 * MINUTE);
  await fetch(`${instances()}/${id}/resume?reason=held`, { method: "POST" });
  const { incidents, audit, writes } = await ended(app, patient, since);
  await app.wait(HOUR);
  expect(incidents).toMatchObject([{ state: "closed" }]);
  expect(writes).toHaveLength(1);
  expect(stuckSince(since)).toEqual([]);
  expect(audit.some(({ what }) => what.includes("had not moved"))).toBe(false);
  const { runtimeStatus } = (await (await fetch(`${instances()}/${id}`)).json()) as { runtimeStatus: string };
  expect(runtimeStatus).toBe("Completed");
});
