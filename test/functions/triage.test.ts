import { expect, test } from "vitest";
import type { Sight } from "../../src/activities/patients.ts";
import type { Patient } from "../../src/domain/facts.ts";
import type { Screen, Screened } from "../../src/domain/reads/screening.ts";
import { createTriage, type TriageDeps } from "../../src/functions/triage.ts";
import { ACCOUNT_ID, KEY_URI, NOW, VAULT_ID } from "../support/builders.ts";
import { fakeLog, throwing } from "../support/fakes.ts";
import { after, PATIENT } from "../support/turns.ts";

const AT = Date.parse(NOW);
const hash = (text: string): string => `00000000-${text}`;
const OTHER: Patient = { id: VAULT_ID.replace("kv-orders", "kv-carts"), kind: "vault", vaultName: "kv-carts" };
const SAME: Screened = { lists: "d", keys: "k", isDoubtful: false, times: [] };
const KNOWN: Record<string, Screen> = {
  "kv-orders": { lists: "d", keys: "k", lookedAt: AT },
  "kv-carts": { lists: "d", keys: "k", lookedAt: AT },
};

function setUp({ running = [], sight = {}, ...over }: Partial<TriageDeps> & { running?: string[]; sight?: Partial<Sight> } = {}) {
  const kept: Record<string, Screen>[] = [];
  const log = fakeLog();
  const triage = createTriage({
    screen: async () => () => SAME,
    screens: { load: async () => KNOWN, keep: async (screens) => void kept.push(screens) },
    listWaiting: async () => () => false,
    listTroubled: async () => [],
    periodMs: 300_000,
    hash,
    now: () => new Date(NOW),
    ...over,
  });
  const client = { getStatusBy: async () => running.map((instanceId) => ({ instanceId })) as never };
  const all: Sight = { patients: [PATIENT, OTHER], databases: [], unlisted: [], unread: null, ...sight };
  return {
    round: (seenAllAt: string | null = null) => triage.round(client, all, seenAllAt, log),
    meant: (at = after(1)) => triage.meant(all, at),
    kept,
    lines: log.lines,
  };
}

test("a healthy vault needs no look, and nothing is written down", async () => {
  const { round, kept } = setUp();
  const { why, keep, later } = await round();
  expect([why(PATIENT), why(OTHER), later]).toEqual([null, null, 0]);
  await keep();
  expect(kept).toEqual([]);
});

test.each<[string, Parameters<typeof setUp>[0], string]>([
  ["is at work", { running: [`heal-${hash("kv-orders")}`] }, "it is at work"],
  ["is told of", { listWaiting: async () => (id) => id === PATIENT.id }, "it was told of and not looked at"],
  ["was in trouble", { listTroubled: async () => [VAULT_ID.toUpperCase()] }, "it was in trouble within the last day"],
  ["lists do not show", { screen: async () => (patient) => (patient === PATIENT ? "unread" : SAME) }, "lists do not show it"],
])("one that %s is looked at, and no other", async (_, over, said) => {
  const { why } = await setUp(over).round();
  expect([why(PATIENT), why(OTHER)]).toEqual([said, null]);
});

test("what is screened is all of them, with all the databases that are known to depend on them", async () => {
  const seen: unknown[] = [];
  const databases = [{ kind: "account" as const, id: ACCOUNT_ID, keyUri: KEY_URI, identityIds: [] }];
  const screen: TriageDeps["screen"] = async (sight) => (seen.push([sight.patients, sight.databases]), () => SAME);
  const { round, meant } = setUp({ screen, sight: { databases } });
  await round();
  await meant();
  expect(seen).toEqual([
    [[PATIENT, OTHER], databases],
    [[PATIENT, OTHER], databases],
  ]);
});

test("troubles of a day count", async () => {
  const asked: string[] = [];
  await setUp({ listTroubled: async (since) => (asked.push(since), []) }).round();
  expect(asked).toEqual(["2026-11-01T10:00:00.000Z"]);
});

test("what was looked at is remembered as it was screened; what could not be screened as it was; who is gone is forgotten", async () => {
  const screens: TriageDeps["screens"] = {
    load: async () => ({ ...KNOWN, gone: { lists: "x", keys: "", lookedAt: 1 } }),
    keep: async (all) => void kept.push(all),
  };
  const kept: Record<string, Screen>[] = [];
  const screen: TriageDeps["screen"] = async () => (patient) => (patient === PATIENT ? { ...SAME, lists: "e" } : "later");
  const { round } = setUp({ screens, screen });
  const { why, looked, keep, later } = await round();
  expect([why(PATIENT), why(OTHER), later]).toEqual(["it has changed", null, 1]);
  looked(PATIENT);
  looked(OTHER);
  await keep();
  expect(kept).toEqual([{ "kv-carts": { lists: "d", keys: "k", lookedAt: AT }, "kv-orders": { lists: "e", keys: "k", lookedAt: AT } }]);
});

test("a new one that can't be screened is remembered as looked at", async () => {
  const kept: Record<string, Screen>[] = [];
  const { round } = setUp({
    screens: { load: async () => ({}), keep: async (all) => void kept.push(all) },
    screen: async () => () => "unread",
  });
  const { looked, keep } = await round();
  looked(PATIENT);
  await keep();
  expect(kept).toEqual([{ "kv-orders": { lists: "", keys: "", lookedAt: AT } }]);
});

test("where screening fails all are looked at, and it is told", async () => {
  const own: Patient = { id: ACCOUNT_ID, kind: "database", vaultName: null };
  const { round, lines } = setUp({ screen: throwing(new TypeError("a mistake")), sight: { patients: [PATIENT, own] } });
  const { why } = await round();
  expect([why(PATIENT), why(own)]).toEqual(["lists do not show it", "it is new"]);
  expect(lines).toMatchObject([{ level: "error", event: "notScreened", fields: { text: expect.stringContaining("a mistake") } }]);
});

test("what was done above both meant the one whose lists are another; keys are not read for it", async () => {
  const asked: unknown[] = [];
  const { meant } = setUp({
    screen: async (_, withKeys) => {
      asked.push(withKeys);
      return (patient) => (patient === OTHER ? { ...SAME, lists: "e" } : { ...SAME, keys: "" });
    },
  });
  expect(await meant()).toEqual([OTHER]);
  expect(asked).toEqual([false]);
});

test("whose trouble a sweep has found before the event came that tells who is behind it hears of it all the same", async () => {
  const asked: string[] = [];
  const { meant } = setUp({ listTroubled: async (since) => (asked.push(since), [VAULT_ID.toUpperCase()]) });
  expect(await meant(after(-1))).toEqual([PATIENT]);
  expect(await meant(after(1))).toEqual([]);
  // Open ones alone, or still out of reach; and once, where a sweep can have been first.
  expect(asked).toEqual([NOW]);
});

test("where lists get no answer who was looked at long ago is looked at, unless a sweep saw all of them since", async () => {
  const looked = { lists: "d", keys: "k", lookedAt: AT - 3_600_000 };
  const load = async () => ({ "kv-orders": looked, "kv-carts": looked });
  const { round } = setUp({ screens: { load, keep: async () => undefined }, screen: async () => () => "later" });
  expect((await round()).why(PATIENT)).toBe("lists could not be read");
  expect((await round(after(-5))).why(PATIENT)).toBe(null);
});

test("where lists got no answer nobody can tell, and the event comes again", async () => {
  await expect(setUp({ screen: async () => () => "later" }).meant()).rejects.toThrow("its lists could not be read");
});
