import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createWatchDeliveries, type WatchDeliveriesDeps } from "../../src/activities/watch-deliveries.ts";
import type { DeliveriesRecord, Span } from "../../src/domain/turn/deliveries.ts";
import { MINUTE, toMs } from "../../src/domain/time.ts";
import { APP_ID, aSubscription, NOW, VAULT_ID } from "../support/builders.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";
import { PATIENT } from "../support/turns.ts";

const topic = { id: `${VAULT_ID}/topic`, name: "t", location: "westeurope" };
const leadsTo = (functionId: string, name: string) => ({
  ...aSubscription({ properties: { destination: { properties: { resourceId: functionId } } } }),
  name,
});
const OWN = leadsTo(`${APP_ID}/functions/onKeyVaultEvent`, "keymend-keys");
const OTHERS = leadsTo(`${APP_ID}-other/functions/onKeyVaultEvent`, "theirs");

function setUp(over: Partial<WatchDeliveriesDeps> = {}) {
  let at = toMs(NOW);
  let record: DeliveriesRecord | null = null;
  const read: (Span & { topicId: string })[] = [];
  const log = fakeLog();
  const watch = createWatchDeliveries({
    subscriptionIds: ["s1"],
    functionAppId: APP_ID,
    readTopic: async (sourceId) => (sourceId === VAULT_ID ? topic : null),
    readEvents: async () => ({ topic, subscriptions: [OWN, OTHERS] }),
    readUndelivered: async (topicId, span) => {
      read.push({ topicId, ...span });
      return [
        { subscription: "KEYMEND-KEYS", dropped: 2, kept: 1 },
        { subscription: "theirs", dropped: 9, kept: 9 },
      ];
    },
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    load: async () => record,
    keep: async (kept) => void (record = kept),
    now: () => new Date(at),
    ...over,
  });
  return {
    /** As often as every share has had its turn. */
    anHour: async () => {
      for (let sweep = 0; sweep < 12; sweep++) {
        await watch([PATIENT, { id: "https://kv-gone.vault.azure.net", kind: "vault", vaultName: "kv-gone" }], log);
        at += 5 * MINUTE;
      }
    },
    read,
    lines: log.lines,
    isKept: () => record !== null,
  };
}

test("events that were lost on the way to Keymend are told of each topic that brings them, once; those of others are theirs", async () => {
  const { anHour, read, lines } = setUp();
  await anHour();
  expect(read.map(({ topicId }) => topicId)).toEqual([topic.id]);
  expect(lines).toMatchObject([{ level: "warn", event: "eventsLost", fields: { vaultId: VAULT_ID, dropped: 2, kept: 1 } }]);
  await anHour();
  expect(read[1]!.since).toBe(read[0]!.until);
});

test("nothing is said where none was lost, where no topic brings any, or where Keymend does not know which app it is", async () => {
  for (const over of [
    { readUndelivered: async () => [{ subscription: OWN.name, dropped: 0, kept: 0 }] },
    { readEvents: async () => ({ topic, subscriptions: [OTHERS] }) },
    { functionAppId: null },
  ]) {
    const { anHour, lines } = setUp(over);
    await anHour();
    expect(lines).toEqual([]);
  }
});

test.each(["readUndelivered", "readEvents"])("what may not be read is said to be unread, and never taken for none: %s", async (read) => {
  const { anHour, lines } = setUp({ [read]: async () => ({ state: "unreadable", why: "denied", detail: "403" }) });
  await anHour();
  expect(lines).toMatchObject([{ level: "warn", event: "deliveriesUnread", fields: { vaultId: VAULT_ID } }]);
});

test("what gets no answer now is read with the next sweep, from where it was; a fault is none of that", async () => {
  const { anHour, lines } = setUp({ readUndelivered: throwing(transient()) });
  await anHour();
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.every(({ event }) => event === "deliveriesUnread")).toBe(true);
  await expect(setUp({ readUndelivered: throwing(new Error("a fault")) }).anHour()).rejects.toThrow("a fault");
});
