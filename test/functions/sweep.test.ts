import { expect, test } from "vitest";
import type { Sight } from "../../src/activities/patients.ts";
import type { Patient } from "../../src/domain/facts.ts";
import type { SweepRecord } from "../../src/domain/turn/sweep-record.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { createSweep, type SweepDeps } from "../../src/functions/sweep.ts";
import { ACCOUNT_ID, NOW, VAULT_ID } from "../support/builders.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";
import { after, PATIENT } from "../support/turns.ts";
import { fakeClient } from "./support.ts";

const OWN: Patient = { id: ACCOUNT_ID, kind: "database", vaultName: null };

type Watch = (sight: Sight, since: string | null) => string | null;

function setUp(
  send: (patient: Patient) => void = () => undefined,
  seen: Partial<Sight> = {},
  answer: "started" | "begunAnew" = "started",
  before: SweepRecord | null = null,
  watch: Watch = () => null,
  rested: readonly Patient[] = [],
  told: readonly string[] = [],
) {
  const sent: { patient: Patient; signal: Signal }[] = [];
  const judged: (string | null | undefined)[] = [];
  const kept: SweepRecord[] = [];
  const looked: Patient[] = [];
  const delivered: string[] = [];
  /** Of each round, when all were seen last. */
  const rounds: (string | null)[] = [];
  /** Whenever roles were watched: how often the round was written down before. */
  const watched: number[] = [];
  const log = fakeLog();
  const deps: SweepDeps = {
    patients: {
      all: async () => ({ patients: [PATIENT, OWN], databases: [], unlisted: [], unread: null, ...seen }),
      named: throwing(new Error("this should not be called")),
      touchedBy: throwing(new Error("this should not be called")),
      find: throwing(new Error("this should not be called")),
    },
    sendSignal: async (_, patient, signal, stuckBefore) => {
      judged.push(stuckBefore);
      send(patient);
      sent.push({ patient, signal });
      return answer;
    },
    triage: async (_, __, seenAllAt) => (
      rounds.push(seenAllAt),
      {
        later: 0,
        why: (patient) => (rested.includes(patient) ? null : "it is new"),
        looked: (patient) => void looked.push(patient),
        isTold: (id) => told.includes(id),
        keep: async () => undefined,
      }
    ),
    listWanted: async () => [],
    watchResourceEvents: async () => undefined,
    watchDeliveries: async () => undefined,
    watchRoles: async () => void watched.push(kept.length),
    watchWellBeing: async () => undefined,
    watchInventory: async (sight, since) => watch(sight, since),
    deliver: async () => void delivered.push(NOW),
    record: { load: async () => before, keep: async (record) => void kept.push(record) },
    now: () => new Date(NOW),
  };
  const sweep = (over: Partial<SweepDeps> = {}) => createSweep({ ...deps, ...over })(fakeClient().client, log);
  return { run: () => sweep(), sweep, sent, judged, kept, looked, delivered, watched, rounds, lines: log.lines };
}

test("sends every patient a signal, by nobody, once per sweep", async () => {
  const { run, sent, lines } = setUp();
  await run();
  const signal = { id: `sweep-${NOW}`, source: "sweep", what: "sweep", at: NOW, caller: null };
  expect(sent).toEqual([
    { patient: PATIENT, signal: { ...signal, scope: { kind: "vault", id: VAULT_ID } } },
    { patient: OWN, signal: { ...signal, scope: { kind: "database", id: ACCOUNT_ID } } },
  ]);
  expect(lines).toEqual([
    {
      level: "info",
      event: "swept",
      fields: { vaults: 2, looks: 2, later: 0, failed: 0, text: "screened 2 of 2 vaults, 2 of them are looked at" },
    },
  ]);
});

test("what Keymend's own identities may do is looked at once a sweep, when what came of it is on record", async () => {
  const { run, kept, watched } = setUp();
  await run();
  expect(watched).toEqual([kept.length]);
});

test("who needs no look gets none; who is looked at is remembered", async () => {
  const { run, sent, looked, lines } = setUp(undefined, {}, "started", null, () => null, [OWN]);
  await run();
  expect(sent.map(({ patient }) => patient)).toEqual([PATIENT]);
  expect(looked).toEqual([PATIENT]);
  expect(lines).toMatchObject([{ event: "swept", fields: { vaults: 2, looks: 1 } }]);
});

test("a vault that nothing depends on is looked at while something is wanted of it; each vault once, whatever names it", async () => {
  const EMPTY: Patient = { id: "https://kv-new.vault.azure.net", kind: "vault", vaultName: "kv-new" };
  const { sweep, sent } = setUp();
  await sweep({ listWanted: async () => [EMPTY, { ...PATIENT, id: "https://KV-orders.vault.azure.net" }] });
  expect(sent.map(({ patient }) => patient)).toEqual([PATIENT, OWN, EMPTY]);
});

test("what is wanted and can't be read keeps nobody from being looked at; the sweep then fails visibly", async () => {
  const { sweep, sent } = setUp();
  await expect(sweep({ listWanted: throwing(transient()) })).rejects.toThrow("the sweep failed");
  expect(sent).toHaveLength(2);
});

test("where nobody can tell who needs a look all are looked at; the sweep then fails visibly", async () => {
  const { sweep, sent, lines } = setUp();
  await expect(sweep({ triage: throwing(transient()) })).rejects.toThrow("the sweep failed");
  expect(sent).toHaveLength(2);
  expect(lines[0]).toMatchObject({ level: "error", event: "notScreened" });
});

test("one that can't be signalled does not keep the others from it; the sweep then fails visibly", async () => {
  const { run, sent, lines } = setUp((patient) => {
    if (patient === PATIENT) throw transient();
  });
  await expect(run()).rejects.toThrow("the sweep failed at 1 of 2 vaults");
  expect(sent.map(({ patient }) => patient)).toEqual([OWN]);
  expect(lines).toMatchObject([
    { level: "error", event: "sweepFailed", fields: { vaultId: VAULT_ID, text: expect.stringContaining("503") } },
    { level: "info", event: "swept", fields: { vaults: 2, failed: 1 } },
  ]);
});

test("tells what was thrown, whatever it is", async () => {
  const { run, lines } = setUp(() => {
    throw "a text"; // oxlint-disable-line typescript/only-throw-error
  });
  await expect(run()).rejects.toThrow(AggregateError);
  expect(lines[0]).toMatchObject({ fields: { text: "a text" } });
});

test("an inventory that can't be read keeps nobody from being looked at that is known; the sweep then fails visibly", async () => {
  const { run, sent } = setUp(undefined, { unread: transient() });
  await expect(run()).rejects.toThrow("the inventory can't be read, so only what is known was looked at");
  expect(sent.map(({ patient }) => patient)).toEqual([PATIENT, OWN]);
});

test("an inventory that shrinks is told, with what it no longer lists", async () => {
  const unlisted = Array.from({ length: 12 }, (_, i) => ({
    kind: "account" as const,
    id: `${ACCOUNT_ID}-${i}`,
    keyUri: null,
    identityIds: [],
  }));
  const { run, lines } = setUp(undefined, { unlisted });
  await run();
  expect(lines[0]).toMatchObject({ level: "warn", event: "inventoryShrank", fields: { count: 12 } });
  expect(lines[0]!.fields["databases"]).toHaveLength(10);
});

test("to look at nothing is no success", async () => {
  const { run, lines } = setUp(undefined, { patients: [] });
  await run();
  expect(lines[0]).toMatchObject({ level: "warn", event: "nothingToWatch" });
});

test("tells of an instance that was stuck", async () => {
  const { run, lines } = setUp(undefined, { patients: [PATIENT] }, "begunAnew");
  await run();
  expect(lines[0]).toMatchObject({ level: "error", event: "instanceStuck", fields: { vaultId: VAULT_ID, done: "begunAnew" } });
});

test("remembers when it ran and since when it doubts the inventory, and judges by that what is stuck", async () => {
  const before = { sweeps: Array.from({ length: 13 }, (_, i) => after(-5 * (13 - i))), doubtSince: after(-5) };
  const { run, judged, kept } = setUp(undefined, {}, "started", before, ({ patients }, since) => (patients.length === 2 ? since : null));
  await run();
  expect(judged).toEqual([after(-60), after(-60)]);
  const begun = { sweeps: [...before.sweeps.slice(1), NOW], doubtSince: after(-5) };
  const canary = { patientId: VAULT_ID, sentAt: NOW, arrivedAt: null };
  expect(kept).toEqual([begun, { ...begun, rounds: [{ at: NOW, vaults: 2, late: 0 }], canary }]);
});

test("who needs a look is told by when a sweep last saw all of them, too", async () => {
  const round = (at: number, late: number) => ({ at: after(at), vaults: 2, late });
  const before = { sweeps: [after(-5)], doubtSince: null, rounds: [round(-10, 0), round(-5, 1)] };
  const { run, rounds } = setUp(undefined, {}, "started", before);
  await run();
  expect(rounds).toEqual([after(-10)]);
});

test("a first sweep calls nothing stuck", async () => {
  const { run, judged, kept } = setUp();
  await run();
  expect(judged).toEqual([null, null]);
  expect(kept[0]).toEqual({ sweeps: [NOW], doubtSince: null });
});

test("an inventory whose incident can't be kept keeps nobody from being looked at; the sweep then fails visibly", async () => {
  const { run, sent, kept, lines } = setUp(undefined, {}, "started", null, () => {
    throw transient();
  });
  await expect(run()).rejects.toThrow("the sweep failed");
  expect([sent.length, kept]).toEqual([2, [{ sweeps: [NOW], doubtSince: null }]]);
  expect(lines[0]).toMatchObject({ level: "error", event: "sweepNotKept" });
});

test.each<[string, Partial<SweepDeps>, string]>([
  ["the incident of the inventory", { watchInventory: throwing(transient()) }, "sweepNotKept"],
  ["whether events reach Keymend", { watchResourceEvents: throwing(transient()) }, "eventsNotWatched"],
])("where %s can't be kept what Keymend may do is watched all the same, and what is to be told is sent", async (_, over, event) => {
  const { sweep, watched, delivered, lines } = setUp();
  await expect(sweep(over)).rejects.toThrow("the sweep failed");
  expect([watched.length, delivered, lines.map((line) => line.event)]).toEqual([1, [NOW], [event, "swept"]]);
});

test("what Keymend may do and can't be watched is told, and fails the sweep", async () => {
  const { sweep, delivered, lines } = setUp();
  await expect(sweep({ watchRoles: throwing(transient()) })).rejects.toThrow("the sweep failed");
  expect([delivered, lines[0]]).toMatchObject([[NOW], { level: "error", event: "rolesNotWatched" }]);
});

test("what could not be asked for counts as not seen in time", async () => {
  const { run, kept } = setUp((patient) => {
    if (patient === PATIENT) throw transient();
  });
  await expect(run()).rejects.toThrow("the sweep failed");
  expect(kept.at(-1)).toMatchObject({ rounds: [{ vaults: 2, late: 1 }] });
});

test("sends what is to be told; where that fails all were looked at, and the sweep fails visibly at its end", async () => {
  const { run, sweep, delivered, sent, lines } = setUp();
  await run();
  expect(delivered).toEqual([NOW]);
  await expect(sweep({ deliver: throwing(transient()) })).rejects.toThrow("failed at 1 of 2");
  expect(sent).toHaveLength(4);
  expect(lines.map(({ event }) => event)).toContain("notDelivered");
});
