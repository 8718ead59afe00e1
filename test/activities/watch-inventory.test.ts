import { expect, test } from "vitest";
import type { Sight } from "../../src/activities/patients.ts";
import { createWatchInventory } from "../../src/activities/watch-inventory.ts";
import { ACCOUNT_ID, NOW, SUBSCRIPTION } from "../support/builders.ts";
import { fakeEdges, throwing, transient } from "../support/fakes.ts";
import { after, PATIENT } from "../support/turns.ts";

const WHOLE: Sight = { patients: [PATIENT], databases: [], unlisted: [], unread: null };
const SHRUNK: Sight = { ...WHOLE, unlisted: [{ kind: "account", id: ACCOUNT_ID, keyUri: null, identityIds: [] }] };

function setUp(over: Partial<ReturnType<typeof fakeEdges>["deps"]> = {}) {
  const edges = fakeEdges();
  const estate = { subscriptionIds: [SUBSCRIPTION.split("/").at(-1)!], principalId: "p1" };
  const watch = createWatchInventory({ ...edges.deps, ...over, estate, hash: () => "0123456789abcdef" });
  let since: string | null = null;
  const sweep = async (minutes: number, sight: Sight): Promise<string | null> => {
    edges.clock.at = after(minutes);
    since = await watch(sight, since, edges.deps.log);
    return since;
  };
  return { ...edges, sweep };
}

test("an inventory that shrinks is an incident once it has stayed so, told once, and closes by itself", async () => {
  const { sweep, incidents, audit, told, lines } = setUp();
  expect(await sweep(-5, WHOLE)).toBeNull();
  for (const minutes of [0, 5, 10, 15]) expect(await sweep(minutes, SHRUNK)).toBe(NOW);
  expect(incidents.all).toEqual([]);
  for (const minutes of [20, 25, 300]) await sweep(minutes, SHRUNK);
  expect(incidents.all).toMatchObject([
    { id: "20261102T102000000Z-0123456789ab", state: "waiting", reason: "InventoryShrank", audit: { rows: 1 } },
  ]);
  expect(lines).toMatchObject([{ level: "error", event: "closed", fields: { vaultId: SUBSCRIPTION, reason: "InventoryShrank" } }]);
  expect(await sweep(305, WHOLE)).toBeNull();
  expect(incidents.all).toMatchObject([{ state: "closed", outcome: "Superseded", audit: { rows: 2 } }]);
  expect(audit.rows.map(({ kind }) => kind)).toEqual(["outcome", "outcome"]);
  expect(told.map(({ type }) => type)).toEqual(["Keymend.Escalated", "Keymend.Superseded"]);
  // Another time is another incident, and has to last as long.
  for (const minutes of [310, 325]) await sweep(minutes, SHRUNK);
  expect(incidents.all).toHaveLength(1);
  await sweep(330, SHRUNK);
  expect(incidents.all).toHaveLength(2);
});

test("a sweep that dies as it writes it down has told it: nobody tells of an incident that is there already", async () => {
  const edges = fakeEdges();
  const { sweep, told } = setUp({ incidents: { ...edges.incidents, save: throwing(new Error("killed")) } });
  await sweep(0, SHRUNK);
  await expect(sweep(20, SHRUNK)).rejects.toThrow("killed");
  expect(told).toMatchObject([{ data: { reason: "InventoryShrank" } }]);
});

test("one query that fails is no incident", async () => {
  const { sweep, incidents } = setUp();
  await sweep(0, { ...WHOLE, unread: transient() });
  expect(await sweep(5, WHOLE)).toBeNull();
  await sweep(30, { ...WHOLE, unread: transient() });
  expect(incidents.all).toEqual([]);
});

test("a storage that does not answer is told of in the log; another fault is thrown", async () => {
  const quiet = setUp({ teller: { ...fakeEdges().deps.teller, put: throwing(transient()) } });
  await quiet.sweep(0, SHRUNK);
  await quiet.sweep(20, SHRUNK);
  expect(quiet.lines.map(({ event }) => event)).toEqual(["closed", "outcomeNotTold"]);
  expect(quiet.incidents.all).toHaveLength(1);
  const broken = setUp({ teller: { ...fakeEdges().deps.teller, put: throwing(new Error("ours")) } });
  await broken.sweep(0, SHRUNK);
  await expect(broken.sweep(20, SHRUNK)).rejects.toThrow("ours");
});
