import { expect, test } from "vitest";
import { createWatchResourceEvents, type WatchResourceEventsDeps } from "../../src/activities/watch-resource-events.ts";
import type { Unarmed } from "../../src/domain/turn/unarmed.ts";
import { APP_ID, aSubscription } from "../support/builders.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";

const ID = "/subscriptions/s1";
const topic = { id: `${ID}/resourceGroups/rg/providers/Microsoft.EventGrid/systemTopics/t`, name: "t", location: "global" };
const properties = { destination: { properties: { resourceId: `${APP_ID}/functions/onResourceEvent` } } };

function setUp(over: Partial<WatchResourceEventsDeps> = {}) {
  const kept: (Unarmed | null)[] = [];
  const log = fakeLog();
  const watch = createWatchResourceEvents({
    subscriptionIds: ["s1"],
    functionAppId: APP_ID,
    readEvents: async () => ({ topic, subscriptions: [] }),
    listUnarmed: async () => kept.slice(-1).flatMap((one) => one ?? []),
    keepUnarmed: async (_, unarmed) => void kept.push(unarmed),
    ...over,
  });
  return { watch: () => watch(log), kept, lines: log.lines };
}

test("a subscription whose events do not reach Keymend is told once, with commands, and kept for whoever asks", async () => {
  const { watch, kept, lines } = setUp();
  for (let sweep = 0; sweep < 2; sweep++) await watch();
  expect(lines).toMatchObject([
    { level: "warn", event: "notArmed", fields: { vaultId: ID, runbook: expect.arrayContaining([expect.stringMatching(/^az /)]) } },
  ]);
  expect(kept).toMatchObject([{ vaultId: ID, why: expect.stringContaining("no event subscription") }]);
});

test("that they reach it again is told as well, and what is armed all along is not", async () => {
  const subscriptions = [aSubscription({ properties })];
  const told: Unarmed = { vaultId: ID.toUpperCase(), why: "it was not", az: [] };
  const { watch, kept, lines } = setUp({ readEvents: async () => ({ topic, subscriptions }), listUnarmed: async () => [told] });
  await watch();
  expect([kept, lines]).toMatchObject([[null], [{ level: "info", event: "armed", fields: { vaultId: ID } }]]);
  const quiet = setUp({ readEvents: async () => ({ topic, subscriptions }) });
  await quiet.watch();
  expect([quiet.kept, quiet.lines]).toEqual([[], []]);
});

test("what Keymend may not read is said, never taken for armed; nor without commands", async () => {
  const { watch, kept } = setUp({ readEvents: async () => ({ state: "unreadable", why: "denied", detail: "403" }) });
  await watch();
  expect(kept).toEqual([{ vaultId: ID, why: "its event subscriptions can't be read: 403", az: [] }]);
  const taken = setUp({ readEvents: async () => ({ topic: null, subscriptions: [] }) });
  await taken.watch();
  expect(taken.kept).toMatchObject([{ az: [] }]);
});

test("what gets no answer now is left as it was; a fault is none of that", async () => {
  const { watch, kept, lines } = setUp({ readEvents: throwing(transient()) });
  await watch();
  expect([kept, lines]).toMatchObject([[], [{ level: "warn", event: "armingUnread" }]]);
  await expect(setUp({ readEvents: throwing(new Error("a fault")) }).watch()).rejects.toThrow("a fault");
});

test("nothing is said where Keymend does not know which app it is", async () => {
  const { watch, lines } = setUp({ functionAppId: null });
  await watch();
  expect(lines).toEqual([]);
});
