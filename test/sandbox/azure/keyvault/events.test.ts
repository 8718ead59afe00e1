import { describe, expect, test } from "vitest";
import { addKey, addKeyVersion, addVault, type KeySpec } from "../../../../sandbox/azure/keyvault/build.ts";
import { scheduleKeyEvents } from "../../../../sandbox/azure/keyvault/events.ts";
import { softDeleteKey } from "../../../../sandbox/azure/keyvault/key-change.ts";
import type { Json, Key, Vault } from "../../../../sandbox/azure/world.ts";
import { arm, aWorld, data, DAY, now, pass, type Setting } from "./support.ts";

type Running = Setting & { vault: Vault; key: Key; types: () => string[]; days: (n: number) => Promise<void> };

function running(spec: Partial<KeySpec> = {}, switches = {}): Running {
  const found = aWorld(switches);
  const vault = addVault(found.world, { name: "kv1", resourceGroup: "rg-keys" });
  const key = addKey(found.world, vault, { name: "k1", exp: now + 40 * DAY, ...spec });
  scheduleKeyEvents(found.world);
  const types = (): string[] => found.events.map((e) => e.eventType.split(".").at(-1)!);
  return { ...found, vault, key, types, days: (n) => pass(found.world, n * DAY * 1000) };
}

const patch = ({ world, vault, owner }: Running, body: Json) => data(world, vault, "PATCH", "/keys/k1/", { as: owner, body });

test("an expiring version is announced 30 days ahead and at its expiry, in the wire's casing (event-schema-key-vault.md)", async () => {
  const { vault, key, events, days } = running();
  await days(9);
  expect(events).toEqual([]);
  await days(1);
  expect(events).toEqual([
    {
      source: vault.id,
      subject: "k1",
      eventType: "Microsoft.KeyVault.KeyNearExpiry",
      eventTime: "2026-11-12T08:00:00.000Z",
      data: {
        Id: `https://kv1.vault.azure.net/keys/k1/${key.versions[0]!.version}`,
        VaultName: "kv1",
        ObjectType: "Key",
        ObjectName: "k1",
        Version: key.versions[0]!.version,
        NBF: null,
        EXP: now + 40 * DAY,
      },
      dataVersion: "1",
    },
  ]);
  await days(30);
  expect(events[1]).toMatchObject({ eventType: "Microsoft.KeyVault.KeyExpired", eventTime: "2026-12-12T08:00:00.000Z" });
  expect(events).toHaveLength(2);
});

test("times may be texts, as in the documentation's sample", async () => {
  const { events, days } = running({ nbf: 5 }, { "keyvault.eventTimesAs": "string" });
  await days(10);
  expect(events[0]!.data).toMatchObject({ NBF: "5", EXP: String(now + 40 * DAY) });
});

describe("a moved expiry", () => {
  test("later: events follow, none comes at the old time", async () => {
    const found = running();
    await patch(found, { attributes: { exp: now + 80 * DAY } });
    await found.days(49);
    expect(found.events).toEqual([]);
    await found.days(1);
    expect(found.types()).toEqual(["KeyNearExpiry"]);
  });

  test("sooner: the expiry is announced at the new time, the near one has passed and a change raises no event", async () => {
    const found = running();
    await patch(found, { attributes: { exp: now + 2 * DAY } });
    expect(found.events).toEqual([]);
    await found.days(2);
    expect(found.types()).toEqual(["KeyExpired"]);
  });

  test("moved behind the service's back: later still means later", async () => {
    const { key, events, types, days } = running();
    key.versions[0]!.exp = now + 80 * DAY;
    await days(49);
    expect(events).toEqual([]);
    await days(31);
    expect(types()).toEqual(["KeyNearExpiry", "KeyExpired"]);
  });
});

test.each([
  ["P7D", 33],
  ["P35D", 5],
])("the rotation policy's Notify %s before expiry holds for the version there is: after %d days", async (timeBeforeExpiry, expected) => {
  const found = running();
  const body = { lifetimeActions: [{ trigger: { timeBeforeExpiry }, action: { type: "Notify" } }] };
  await data(found.world, found.vault, "PUT", "/keys/k1/rotationpolicy", { as: found.owner, body });
  await found.days(expected - 1);
  expect(found.events).toEqual([]);
  await found.days(1);
  expect(found.types()).toEqual(["KeyNearExpiry"]);
});

test("a new version is announced; one born within its last 30 days is near expiry at once; the old one falls silent", async () => {
  const { world, vault, types, days } = running();
  addKeyVersion(world, vault, "k1", { exp: now + 20 * DAY });
  expect(types()).toEqual(["KeyNewVersionCreated", "KeyNearExpiry"]);
  await days(60);
  expect(types()).toEqual(["KeyNewVersionCreated", "KeyNearExpiry", "KeyExpired"]);
});

test("nothing comes of what lies in the past when events start", async () => {
  const { events, days } = running({ exp: now - DAY });
  await days(60);
  expect(events).toEqual([]);
});

test("disabling, changing and deleting a key raise nothing", async () => {
  const found = running();
  await patch(found, { attributes: { enabled: false }, key_ops: [] });
  await data(found.world, found.vault, "DELETE", "/keys/k1", { as: found.owner });
  expect(found.events).toEqual([]);
});

test("a deleted key and a deleted vault stay silent", async () => {
  const key = running();
  softDeleteKey(key.world, key.vault, key.key);
  const vault = running();
  await arm(vault.world, "DELETE", vault.vault.id, { as: vault.owner });
  await key.days(50);
  await vault.days(50);
  expect([...key.events, ...vault.events]).toEqual([]);
});

describe("versions from before the subscription (event-grid-overview.md, warning)", () => {
  test.each([
    [true, []],
    [false, ["KeyNearExpiry", "KeyExpired"]],
  ])("raise nothing: %s", async (onlyNew, expected) => {
    const { types, days } = running({ notifies: false }, { "keyvault.eventsOnlyForNewVersions": onlyNew });
    await days(50);
    expect(types()).toEqual(expected);
  });

  test("are also those that a vault was deleted and recovered with", async () => {
    const { world, owner, vault, events, days } = running();
    await arm(world, "DELETE", vault.id, { as: owner });
    const properties = { tenantId: world.tenantId, sku: { family: "A", name: "standard" }, createMode: "recover" };
    await arm(world, "PUT", vault.id, { as: owner, body: { location: "westus2", properties } });
    await days(50);
    expect(events).toEqual([]);
  });
});

test("without scheduleKeyEvents a world is quiet", () => {
  const { world, events } = aWorld();
  const vault = addVault(world, { name: "kv1", resourceGroup: "rg-keys" });
  addKey(world, vault, { name: "k1", exp: now + DAY });
  expect(events).toEqual([]);
  expect(world.clock.nextDue()).toBeUndefined();
});
