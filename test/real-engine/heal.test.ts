/** The shipped bundle on the real Durable extension: a repair that a deployment falls into. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, ended, putOffKeyChecks, startApp } from "../e2e/app.ts";
import { removePolicy, rotateBehindPin } from "../e2e/breaks.ts";
import { removeStateDirectories } from "../sandbox/host/host-process.ts";
import { REAL_HOST, writeSettings } from "./engines.ts";
import { build, missing } from "./program.ts";
import { type Storage, startStorage } from "./storage.ts";

const skipped = missing();
/** Of the app's time: an hour is half a minute. */
const SPEED = 120;
/** A file for the histories of this version: CONTRIBUTING.md says when. */
const RECORD = process.env["RECORD_HISTORIES"];

describe.skipIf(skipped)("on the real extension", () => {
  let storage: Storage;
  let app: App;
  const settings = writeSettings({ defaultVersion: "0.1.0" });

  type Instance = { runtimeStatus: string; version: string; instanceId: string };
  async function instances(): Promise<Instance[]> {
    const answer = await fetch(`${app.sandbox.hostUrl}/runtime/webhooks/durabletask/instances`);
    return (await answer.json()) as Instance[];
  }
  const allDone = (all: Instance[]): boolean => all.every(({ runtimeStatus }) => runtimeStatus === "Completed");

  beforeAll(async () => {
    const program = build();
    storage = await startStorage();
    app = await startApp({
      hostEntry: REAL_HOST,
      speed: SPEED,
      settings: {
        // Once, at the start: on a slow machine the app's hours go by while one look is taken, and the next would hide its end.
        KEYMEND_SWEEP_SCHEDULE: "0 0 9 * * *",
        KEYMEND_RECHECK_SCHEDULE: "0 0 9 * * *",
        REAL_ENGINE: program,
        REAL_ENGINE_STORAGE: storage.connectionString,
        REAL_ENGINE_SETTINGS: settings,
        ...(RECORD ? { REAL_ENGINE_RECORD: RECORD } : {}),
      },
    });
    // It knows what healthy looks like once the first sweep's looks are over.
    const vaults = app.sandbox.estate.patients.length;
    await app.until("the first looks", async () => {
      const all = await instances();
      return all.length === vaults && allDone(all);
    });
  });
  afterAll(async () => {
    await app?.close();
    await storage?.close();
    removeStateDirectories();
  });

  test("a host killed and replaced by the next version after its write finishes the incident, writes nothing twice, and begins the next as its own", async () => {
    const patient = app.patient("payments");
    const running = async (): Promise<Instance[]> => (await instances()).filter(({ runtimeStatus }) => runtimeStatus === "Running");
    putOffKeyChecks(app, patient);
    const since = await removePolicy(app, patient);
    const mine = (): number => app.sandbox.world.writes.filter(({ keymend, at }) => keymend && at >= since).length;
    await app.until("the write", () => mine() > 0);
    const [before] = await running();

    writeSettings({ defaultVersion: "0.2.0" }, settings);
    await app.sandbox.restartHost();
    const { incidents, writes } = await ended(app, patient, since);
    expect(incidents).toMatchObject([{ state: "closed", outcome: "OutageAvoided", reason: null }]);
    expect(writes.map(({ status }) => status < 300)).toEqual([true]);

    const versionOf = async (id: string): Promise<string | undefined> =>
      (await instances()).find(({ instanceId, runtimeStatus }) => instanceId === id && runtimeStatus === "Completed")?.version;
    await app.until("its instance to end", async () => (await versionOf(before!.instanceId)) !== undefined);
    expect([before!.version, await versionOf(before!.instanceId)]).toEqual(["0.1.0", "0.1.0"]);
    await app.operator.app("POST", "/api/heal", { id: patient.vault.id, reason: "once more, by the next version" });
    await app.until("the next look", async () => (await versionOf(before!.instanceId)) === "0.2.0");
  });

  test.runIf(RECORD)("records also a repair whose write is polled", async () => {
    const patient = app.patient("sessions");
    const { incidents } = await ended(app, patient, await rotateBehindPin(app, patient));
    expect(incidents).toMatchObject([{ state: "closed" }]);
  });
});
