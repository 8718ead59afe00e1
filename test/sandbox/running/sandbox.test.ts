import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keyPath } from "../../../sandbox/azure/documentdb/key-path.ts";
import { type Delivery, type Sandbox, startSandbox } from "../../../sandbox/running/sandbox.ts";
import type { HostLog } from "../../../sandbox/running/host-child.ts";

const START = Date.parse("2026-11-02T08:59:00Z");
const MINUTE = 60_000;
const AUTHORIZATION = "2022-04-01";

let sandbox: Sandbox;
let logs: HostLog[];
let deliveries: Delivery[];

beforeEach(async () => {
  logs = [];
  deliveries = [];
  sandbox = await startSandbox({
    seed: 7,
    mode: "observe",
    start: START,
    onLog: (log) => logs.push(log),
    onDelivery: (delivery) => deliveries.push(delivery),
  });
});
afterEach(() => sandbox.close());

const until = (ms: number) => sandbox.time.until(() => false, START + ms);
const sweeps = () => logs.filter(({ function: name, message }) => name === "sweep" && message.includes('"swept"'));

describe("the sample estate", () => {
  test("is healthy, on vaults of both kinds, for accounts and clusters", () => {
    const { patients } = sandbox.estate;
    expect(patients.map(({ kind, access }) => `${kind} ${access}`).toSorted()).toEqual([
      "account policies",
      "account rbac",
      "cluster policies",
      "cluster rbac",
    ]);
    for (const { databases } of patients)
      for (const database of databases) expect(keyPath(sandbox.world, database)).toMatchObject({ ok: true });
  });

  test("gives each vault an identity of its own, and one vault more databases than one", () => {
    const { patients } = sandbox.estate;
    expect(new Set(patients.map(({ identity }) => identity.principalId)).size).toBe(patients.length);
    expect(Math.max(...patients.map(({ databases }) => databases.length))).toBeGreaterThan(1);
  });

  test("lets the operator do what the reader may not", async () => {
    const { world, estate } = sandbox;
    const id = estate.patients[0]!.vault.id;
    const patch = (who: typeof estate.operator) => sandbox.actor(who).arm("PATCH", id, "2026-02-01", { tags: { a: "b" } });
    await expect(patch(estate.reader)).rejects.toThrow("403");
    expect((await patch(estate.operator)).status).toBe(200);
    expect(world.writes.map(({ caller, keymend }) => [caller, keymend])).toContainEqual(["operator", false]);
  });
});

describe("time", () => {
  test("jumps from one due thing to the next, for Azure and the app alike", async () => {
    await until(31 * MINUTE);
    expect(sandbox.world.clock.now()).toBe(START + 31 * MINUTE);
    // Every five minutes, from 9:00 to 9:30.
    expect(sweeps().map(({ at }) => at)).toEqual(
      ["09:00", "09:05", "09:10", "09:15", "09:20", "09:25", "09:30"].map((time) => `2026-11-02T${time}:00.000Z`),
    );
  });

  test("stops where a condition holds", async () => {
    expect(await sandbox.time.until(() => sweeps().length === 2, START + 60 * MINUTE)).toBe(true);
    expect(sandbox.world.clock.iso()).toBe("2026-11-02T09:05:00.000Z");
  });

  test("runs at a speed, and an advance on top of it ends idle at the new time", async () => {
    await sandbox.time.setSpeed(60);
    await sandbox.time.until(() => sweeps().length === 1, START + 5 * MINUTE);
    const before = { ms: sandbox.world.clock.now(), sweeps: sweeps().length };
    expect(before.sweeps).toBeGreaterThan(0);
    await sandbox.time.advance(10 * MINUTE);
    expect(sweeps().length).toBeGreaterThanOrEqual(before.sweeps + 2);
    expect(sandbox.world.clock.now()).toBeGreaterThanOrEqual(before.ms + 10 * MINUTE);
    expect(sandbox.world.clock.speed).toBe(60);
  });
});

describe("events", () => {
  const breakIt = async (): Promise<void> => {
    const { vault, identity } = sandbox.estate.patients[0]!;
    const [id] = [...sandbox.world.roleAssignments].find(([, a]) => a.principalId === identity.principalId && a.scope === vault.id)!;
    await sandbox.actor(sandbox.estate.operator).arm("DELETE", id, AUTHORIZATION);
  };

  test("reach the function that they are meant for", async () => {
    await until(2 * MINUTE);
    await breakIt();
    await until(4 * MINUTE);
    expect(deliveries.map(({ functionName, isUp }) => [functionName, isUp])).toEqual([["onResourceEvent", true]]);
    expect(sandbox.azure.eventGrid.deliveries.map(({ status }) => status)).toEqual([202]);
  });

  test("wait for a host that is down, which hears nothing and does nothing meanwhile", async () => {
    await until(2 * MINUTE);
    await sandbox.setHostDown(true);
    await breakIt();
    await until(12 * MINUTE);
    expect(sweeps()).toHaveLength(1);
    expect(new Set(sandbox.azure.eventGrid.deliveries.map(({ status }) => status))).toEqual(new Set([503]));
    await sandbox.setHostDown(false);
    await until(40 * MINUTE);
    expect(sandbox.azure.eventGrid.deliveries.at(-1)).toMatchObject({ status: 202, functionName: "onResourceEvent" });
    expect(sweeps().length).toBeGreaterThan(4);
  });
});

test("a host that crashed comes back on the same address and state", async () => {
  await until(2 * MINUTE);
  const { hostUrl } = sandbox;
  await sandbox.restartHost();
  expect(sandbox.hostUrl).toBe(hostUrl);
  await until(7 * MINUTE);
  expect(sweeps()).toHaveLength(2);
});

test("two sandboxes live side by side, and each leaves nothing behind", async () => {
  const other = await startSandbox({ seed: 8, mode: "heal", start: START });
  const folder = dirname(other.network.caFile);
  expect(other.hostUrl).not.toBe(sandbox.hostUrl);
  expect(folder).not.toBe(dirname(sandbox.network.caFile));
  await other.close();
  expect(existsSync(folder)).toBe(false);
  await expect(fetch(`${other.hostUrl}/api/health`)).rejects.toThrow("fetch failed");
  expect((await fetch(`${sandbox.hostUrl}/api/health`)).status).toBe(200);
});
