import { expect, test } from "vitest";
import { createFaults } from "../../../sandbox/azure/faults.ts";
import { createWorld } from "../../../sandbox/azure/world.ts";
import { Clock } from "../../../sandbox/time/clock.ts";
import { columns } from "../../../sandbox/matrix/columns.ts";
import { type Moment, type Strike, tapCalls } from "../../../sandbox/matrix/tap.ts";
import { buildEstate } from "../../../sandbox/estate/estate.ts";
import { createRandom } from "../../../sandbox/time/random.ts";

const ARM = "https://management.azure.com/subscriptions/s/resourceGroups/rg/providers";
const column = columns.find(({ name }) => name === "503")!;
const forGood = columns.find(({ name }) => name === "503 for good")!;

/** Azure as far as the tap needs one: every request is served, unless it is struck. */
function tapped(strikes: readonly Strike[], usualWrites = 1) {
  const faults = createFaults();
  const clock = new Clock(0);
  const world = createWorld({ clock, random: createRandom(1), tenantId: "t", subscriptionId: "s", switches: {} });
  const tap = tapCalls({ azure: { faults }, world }, strikes, usualWrites);
  tap.begin(() => []);
  const caller = { oid: "o", appid: "a", name: "id-keymend", keymend: true };
  const call = async (method: string, name: string): Promise<"struck" | "served"> => {
    const url = new URL(`${ARM}/Microsoft.KeyVault/vaults/${name}?api-version=1`);
    try {
      await faults.around({ method, url, headers: {}, body: "" }, caller, async (refusal) => {
        if (refusal) throw refusal;
        return { status: 200, headers: {}, body: "" };
      });
      return "served";
    } catch {
      return "struck";
    }
  };
  return {
    tap,
    read: (name: string) => call("GET", name),
    write: (name: string) => call("PUT", name),
    at: (ms: number) => clock.set(ms),
  };
}

const strike = (name: string, moment: Moment, method = "GET", what = column): Strike => {
  const shape = `${method} Microsoft.KeyVault/vaults/{}`;
  return {
    column: what,
    shape,
    key: `${method} management.azure.com/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/${name}`,
    moment,
  };
};

test("each of several strikes has an instant of its own", async () => {
  const { tap, read, at } = tapped([strike("a", "first"), strike("b", "first"), strike("a", "first")]);
  expect([await read("a"), await read("b")]).toEqual(["struck", "served"]);
  at(1);
  expect([await read("a"), await read("b"), await read("a")]).toEqual(["served", "struck", "served"]);
  at(2);
  expect(await read("a")).toBe("struck");
  expect(tap.hits.map((hit) => hit.at)).toEqual([0, 1, 2]);
});

test("a recheck is the second reading in one instant, before anything is written", async () => {
  const { read, write, at } = tapped([strike("a", "recheck")]);
  expect(await read("a")).toBe("served");
  at(1);
  expect([await read("a"), await read("a")]).toEqual(["served", "struck"]);
  const { read: again, write: first } = tapped([strike("a", "recheck")]);
  await first("a");
  expect([await again("a"), await again("a")]).toEqual(["served", "served"]);
  expect(await write("a")).toBe("served");
});

test("after everything is written, a look in peace lies between two strikes", async () => {
  const { read, write, at } = tapped([strike("a", "after"), strike("b", "after")]);
  await write("a");
  expect(await read("a")).toBe("served");
  at(1);
  expect([await read("a"), await read("b")]).toEqual(["struck", "served"]);
  at(2);
  expect([await read("b"), await read("a")]).toEqual(["served", "served"]);
  at(3);
  expect([await read("a"), await read("b")]).toEqual(["served", "struck"]);
});

test("the nth write is struck; for good means every such call from then on", async () => {
  const { write, at } = tapped([strike("a", { write: 1 }, "PUT", forGood)]);
  expect(await write("a")).toBe("served");
  expect([await write("a"), await write("b")]).toEqual(["struck", "struck"]);
  at(5);
  expect(await write("a")).toBe("struck");
});

test("a database is hurt that is not well, or was seen not to be, also where the app asks nothing meanwhile", async () => {
  const faults = createFaults();
  const world = createWorld({ clock: new Clock(0), random: createRandom(1), tenantId: "t", subscriptionId: "s", switches: {} });
  const { databases, vault } = buildEstate(world).patients[0]!;
  const tap = tapCalls({ azure: { faults }, world }, [], 0);
  tap.begin(() => databases);
  const look = () =>
    faults.around(
      { method: "GET", url: new URL(`${ARM}/x`), headers: {}, body: "" },
      { oid: "o", appid: "a", name: "id-keymend", keymend: true },
      async () => ({ status: 200, headers: {}, body: "" }),
    );
  await look();
  expect(tap.isHurt).toBe(false);
  world.vaults.delete(vault.id.toLowerCase());
  expect(tap.isHurt).toBe(true);
  world.clock.set(1);
  await look();
  world.vaults.set(vault.id.toLowerCase(), vault);
  expect(tap.isHurt).toBe(true);
});
