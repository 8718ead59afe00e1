import { afterEach, describe, expect, test } from "vitest";
import { countRead } from "../../../sandbox/azure/reads.ts";
import { createFaults } from "../../../sandbox/azure/faults.ts";
import { startControl } from "../../../sandbox/running/control.ts";
import { aWorld, START } from "../azure/pipeline.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function aControl() {
  const world = aWorld();
  const faults = createFaults();
  const delivery = {
    at: "2026-11-02T08:00:01Z",
    eventId: "e1",
    eventType: "Microsoft.KeyVault.KeyExpired",
    subject: "k1",
    subscription: "s1",
    functionName: "onKeyVaultEvent",
    attempt: 1,
    status: 200,
  };
  const advance = async (ms: number): Promise<void> => world.clock.set(world.clock.now() + ms);
  const { controlUrl, close } = await startControl({ world, azure: { faults, eventGrid: { deliveries: [delivery] } }, advance });
  open.push(close);
  const ask = async (method: string, path: string, body?: string) => {
    const response = await fetch(`${controlUrl}${path}`, { method, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
  };
  return { world, faults, delivery, ask };
}

describe("the control API", () => {
  test("tells how often each caller has read what, the most first", async () => {
    const { ask, world } = await aControl();
    const caller = (name: string, keymend: boolean) => ({ oid: name, appid: name, name, keymend });
    countRead(world, caller("person", false), { method: "GET", pattern: "/a" });
    for (let i = 0; i < 2; i++) countRead(world, caller("id-keymend", true), { method: "GET", pattern: "/keys" }, "vault");

    await expect(ask("GET", "/reads")).resolves.toEqual({
      status: 200,
      body: [
        { caller: "id-keymend", keymend: true, route: "GET vault/keys", count: 2 },
        { caller: "person", keymend: false, route: "GET /a", count: 1 },
      ],
    });
  });

  test("tells the virtual time and its speed", async () => {
    const { ask } = await aControl();

    await expect(ask("GET", "/clock")).resolves.toEqual({ status: 200, body: { now: new Date(START).toISOString(), speed: 0 } });
  });

  test.each([
    ["PT1H", 3_600_000],
    ["P1DT2H3M4.5S", ((26 * 60 + 3) * 60 + 4.5) * 1000],
    ["P2W", 14 * 86_400_000],
  ])("advances by %s", async (by, ms) => {
    const { ask, world } = await aControl();

    const { status } = await ask("POST", "/clock/advance", JSON.stringify({ by }));

    expect(status).toBe(200);
    expect(world.clock.now()).toBe(START + ms);
  });

  test("arms faults and clears them", async () => {
    const { ask, faults } = await aControl();

    await expect(ask("POST", "/faults", '{"fault":{"kind":"reset"}}')).resolves.toEqual({ status: 201, body: { armed: 1 } });
    expect(faults.armed()).toBe(1);
    await expect(ask("DELETE", "/faults")).resolves.toEqual({ status: 204, body: null });
    expect(faults.armed()).toBe(0);
  });

  test("shows writes and deliveries", async () => {
    const { ask, delivery } = await aControl();

    await expect(ask("GET", "/writes")).resolves.toEqual({ status: 200, body: [] });
    await expect(ask("GET", "/events")).resolves.toEqual({ status: 200, body: [delivery] });
  });

  test.each([
    ["POST", "/clock/advance", '{"by":"an hour"}', 400, /ISO 8601/],
    ["POST", "/clock/advance", '{"by":"P1M"}', 400, /ISO 8601/],
    ["POST", "/clock/advance", "{", 400, /not JSON/],
    ["POST", "/faults", '{"fault":{"kind":"boom"}}', 400, /fault\.kind/],
    ["GET", "/faults", undefined, 404, /POST \/faults/],
    ["GET", "/nothing", undefined, 404, /GET \/clock/],
  ])("refuses %s %s %s and says why", async (method, path, body, status, why) => {
    const { ask } = await aControl();

    const reply = await ask(method, path, body);

    expect(reply.status).toBe(status);
    expect((reply.body as { error: { message: string } }).error.message).toMatch(why);
  });
});
