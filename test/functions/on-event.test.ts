import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createPatients } from "../../src/activities/patients.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { createOnEvent, type OnEventDeps } from "../../src/functions/on-event.ts";
import { createSendSignal } from "../../src/functions/send-signal.ts";
import { ACCOUNT_ID, CLUSTER_ID, IDENTITY_ID, KEY_URI, NOW, SUBSCRIPTION_ID, VAULT_ID } from "../support/builders.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";
import { fakeClient, LOOK } from "./support.ts";

type Expected = { event: "eventTaken"; vault: string } | { event: "eventIgnored" | "eventDropped"; says: string };
type Fixture = { source: string; about: string; delivery: unknown; expect: Expected[] };

const folder = new URL("../fixtures/events/", import.meta.url);
const fixtures = readdirSync(folder).map((file): [string, Fixture] => [
  file.replace(".json", ""),
  JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Fixture,
]);
const deliveryOf = (name: string): unknown => fixtures.find(([known]) => known === name)![1].delivery;

/** kv-orders holds the key of the account, kv-carts that of the cluster. */
function setUp(over: Partial<OnEventDeps> = {}) {
  /** As storage keeps them: the same signal twice is one. */
  const signals = new Map<string, Signal>();
  const durable = fakeClient();
  const log = fakeLog();
  const noted: string[] = [];
  const onEvent = createOnEvent({
    noteEvent: async () => void noted.push("event"),
    patients: createPatients({
      inventory: {
        listDatabases: async () => [
          { kind: "account", id: ACCOUNT_ID, keyUri: KEY_URI, identityIds: [IDENTITY_ID] },
          { kind: "cluster", id: CLUSTER_ID, keyUri: KEY_URI.replace("kv-orders", "kv-carts"), identityIds: [] },
        ],
        findVault: async (name) => VAULT_ID.replace("kv-orders", name),
      },
      baselines: { vaultIdOf: async () => undefined, listKnown: async () => [] },
      look: LOOK,
    }),
    sendSignal: createSendSignal({
      addSignal: async (patientId, signal) => void signals.set(`${patientId} ${signal.id}`, signal),
      hash: (text) => text,
      now: () => new Date(NOW),
    }),
    meant: async ({ patients }) => [...patients],
    ours: {
      principals: { observe: "99999999-0000-4000-8000-000000000001", keys: "99999999-0000-4000-8000-00000000000A" },
      subscriptionIds: [SUBSCRIPTION_ID],
    },
    now: () => new Date(NOW),
    ...over,
  });
  return { deliver: (raw: unknown) => onEvent(raw, durable.client, log), lines: log.lines, durable, signals, noted };
}

const summary = (lines: ReturnType<typeof setUp>["lines"]) =>
  lines.map(({ event, fields }) =>
    event === "eventTaken" ? { event, vault: String(fields["vaultId"]).split("/").at(-1) } : { event, says: fields["text"] },
  );

const matching = (expected: Expected) => ("says" in expected ? { ...expected, says: expect.stringContaining(expected.says) } : expected);

describe("every event, as documented and as irregular as they come", () => {
  test.each(fixtures)("%s ends in signals, or in one line that says what was done with it", async (_, fixture) => {
    const { deliver, lines, signals } = setUp();
    await deliver(fixture.delivery);
    expect(summary(lines)).toEqual(fixture.expect.map(matching));
    expect(signals.size).toBe(fixture.expect.filter(({ event }) => event === "eventTaken").length);
    expect(lines.every(({ fields }) => typeof fields["text"] === "string" && fields["text"] !== "")).toBe(true);
  });

  test.each(fixtures)("%s delivered twice is the same signal, and starts nothing twice", async (_, fixture) => {
    const { deliver, signals, durable } = setUp();
    await deliver(fixture.delivery);
    const [before, started] = [signals.size, durable.started.length];
    await deliver(fixture.delivery);
    expect([signals.size, durable.started.length]).toEqual([before, started]);
  });

  test("names where it was found", () => {
    expect(fixtures.length).toBeGreaterThan(40);
    expect(fixtures.filter(([, { source, about }]) => !source || !about)).toEqual([]);
  });
});

describe("a signal from an event", () => {
  test("says who made the change, so that a deliberate one is not undone", async () => {
    const { deliver, signals } = setUp();
    await deliver(deliveryOf("claims-and-authorization-as-text"));
    expect([...signals.values()]).toEqual([
      {
        id: "19a69642-1aad-4a96-a5ab-8d05494513ce",
        source: "event",
        what: "Microsoft.Authorization/roleAssignments/delete",
        at: "2026-07-19T19:24:12.763Z",
        scope: { kind: "vault", id: VAULT_ID, assignment: "3f6c0000-0000-4000-8000-000000000001" },
        caller: { objectId: "22222222-0000-4000-8000-000000000001", name: "ada@example.com" },
      },
    ]);
  });

  test("starts the vault's orchestration, and the line tells so", async () => {
    const { deliver, lines, durable } = setUp();
    await deliver(deliveryOf("key-near-expiry"));
    expect(durable.started).toMatchObject([{ id: "heal-kv-orders", name: "healVault" }]);
    expect(lines).toEqual([
      {
        level: "info",
        event: "eventTaken",
        fields: {
          what: "Microsoft.KeyVault.KeyNearExpiry",
          vaultId: VAULT_ID,
          eventId: "00eccf70-95a7-4e7c-8299-2eb17ee9ad64",
          by: null,
          done: "started",
          text: "Microsoft.KeyVault.KeyNearExpiry → kv-orders (started)",
        },
      },
    ]);
  });

  test("of a database that names no vault is told by the database's id", async () => {
    const { deliver, lines } = setUp({
      patients: {
        find: async () => ({ patient: null, why: "none", detail: "" }),
        all: async () => ({ patients: [], databases: [], unlisted: [], unread: null }),
        named: throwing(new Error("this should not be called")),
        touchedBy: async () => ({ patients: [{ id: ACCOUNT_ID, kind: "database", vaultName: null }], databases: [] }),
      },
    });
    await deliver(deliveryOf("account-written"));
    expect(lines).toMatchObject([{ fields: { text: `Microsoft.DocumentDB/databaseAccounts/write → ${ACCOUNT_ID} (started)` } }]);
  });
});

test("undefined is dropped with a line of its own, not with a crash", async () => {
  const { deliver, lines } = setUp();
  await deliver(undefined);
  expect(lines).toMatchObject([{ level: "warn", event: "eventDropped", fields: { received: "null" } }]);
});

test("what was dropped is shown, but not without end", async () => {
  const { deliver, lines } = setUp();
  await deliver({ hello: "x".repeat(2000) });
  expect(String(lines[0]!.fields["received"])).toHaveLength(500);
});

test("Azure or storage not answering is thrown: Event Grid then delivers again", async () => {
  const { deliver } = setUp({ sendSignal: throwing(transient()) });
  await expect(deliver(deliveryOf("key-expired-cloudevents"))).rejects.toThrow("503");
});

describe("a grant above many vaults", () => {
  const vaults = ["kv-1", "kv-2", "kv-3"];
  const patients: OnEventDeps["patients"] = {
    ...createPatients({
      inventory: { listDatabases: async () => [], findVault: async () => undefined },
      baselines: { vaultIdOf: async () => undefined, listKnown: async () => [] },
      look: LOOK,
    }),
    touchedBy: async () => ({
      patients: vaults.map((name) => ({ id: VAULT_ID.replace("kv-orders", name), kind: "vault", vaultName: name })),
      databases: [],
    }),
  };
  const event = deliveryOf("role-assignment-deleted-at-the-subscription");

  test("wakes whom it can have meant", async () => {
    const { deliver, lines, durable } = setUp({ patients, meant: async (below) => below.patients.slice(1, 2) });
    await deliver(event);
    expect(durable.started).toHaveLength(1);
    expect(lines).toMatchObject([{ event: "eventTaken", fields: { vaultId: expect.stringContaining("kv-2") } }]);
  });

  test("is judged by when it was made", async () => {
    const asked: string[] = [];
    await setUp({ patients, meant: async (_, at) => (asked.push(at), []) }).deliver(event);
    expect(asked).toEqual([new Date((event as { eventTime: string }).eventTime).toISOString()]);
  });

  test("that meant none is told as that", async () => {
    const { deliver, lines, durable } = setUp({ patients, meant: async () => [] });
    await deliver(event);
    expect(durable.started).toEqual([]);
    expect(lines).toMatchObject([
      { event: "eventIgnored", fields: { text: expect.stringContaining("none of the 3 vaults below it is touched") } },
    ]);
  });

  test("of which nobody can tell whom it meant is delivered again", async () => {
    await expect(setUp({ patients, meant: throwing(transient()) }).deliver(event)).rejects.toThrow();
  });
});

test.each([
  ["one that is taken", "role-assignment-deleted", 1],
  ["what is no event", undefined, 0],
])("that an event has come is noted, once a delivery: %s", async (_, name, times) => {
  const { deliver, noted } = setUp();
  await deliver(name === undefined ? "nonsense" : deliveryOf(name));
  expect(noted).toHaveLength(times);
});

test("events of topics that are none of ours are ignored and counted", async () => {
  const { deliver, lines, noted } = setUp({ ours: { principals: { observe: "o" }, subscriptionIds: ["another"] } });
  for (let i = 0; i < 2; i++) await deliver(deliveryOf("role-assignment-deleted"));
  expect(lines).toMatchObject([1, 2].map((count) => ({ level: "warn", event: "eventForeign", fields: { count } })));
  expect(noted).toEqual([]);
});
