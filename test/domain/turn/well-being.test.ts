import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RoleLack } from "../../../src/domain/roles/lacking.ts";
import type { SweepRecord } from "../../../src/domain/turn/sweep-record.ts";
import { type Check, type Vitals, wellBeing } from "../../../src/domain/turn/well-being.ts";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import { NOW, VAULT_ID } from "../../support/builders.ts";
import { after } from "../../support/turns.ts";

const rounds = (...of: [minute: number, vaults: number, late: number][]) =>
  of.map(([at, vaults, late]) => ({ at: after(at), vaults, late }));
const RECORD: SweepRecord = {
  sweeps: [after(-10), after(-5), NOW],
  doubtSince: null,
  rounds: rounds([-10, 100, 0], [-5, 100, 0], [0, 100, 0]),
  canary: { patientId: VAULT_ID, sentAt: after(-10), arrivedAt: after(-5) },
};
const WELL: Vitals = {
  now: NOW,
  record: RECORD,
  periodMs: 5 * MINUTE,
  signs: { event: after(-600), anchor: after(-30) },
  isAnchoring: true,
  unarmed: [],
  roles: { at: after(-40), lacks: [] },
};
const LACK: RoleLack = { capability: "keys", state: "lacking", why: "none grants it", actions: ["a"], vaultIds: [VAULT_ID], az: [] };
const checkOf = (over: Partial<Vitals>, name: Check["name"]): Check =>
  wellBeing({ ...WELL, ...over }).checks.find((one) => one.name === name)!;
const withRecord = (over: Partial<SweepRecord>): Partial<Vitals> => ({ record: { ...RECORD, ...over } });

test("tells the age of each sign, and all is well", () => {
  const { ok, checks } = wellBeing(WELL);
  expect(ok).toBe(true);
  expect(checks.map(({ name, at, ageSeconds, limitSeconds }) => [name, at, ageSeconds, limitSeconds])).toEqual([
    ["round", NOW, 0, 900],
    ["seen", NOW, 0, null],
    ["canary", after(-5), 300, null],
    ["event", after(-600), 36_000, null],
    ["anchor", after(-30), 1800, null],
    ["arming", null, null, null],
    ["roles", after(-40), 2400, 10_800],
  ]);
});

describe("is not well by a stated limit", () => {
  test.each<[string, Partial<Vitals>, Check["name"], boolean]>([
    ["the last round is a quarter of an hour old", withRecord({ rounds: rounds([-15, 1, 0]) }), "round", true],
    ["it is older", withRecord({ rounds: rounds([-16, 1, 0]) }), "round", false],
    ["sweeps are rare by schedule", { ...withRecord({ rounds: rounds([-110, 1, 0]) }), periodMs: HOUR }, "round", true],
    ["... and are seen in time by it", { ...withRecord({ rounds: rounds([-110, 1, 0]) }), periodMs: HOUR }, "seen", true],
    ["no round ever ended", { record: { sweeps: [NOW], doubtSince: null } }, "round", false],
    ["nothing is remembered", { record: null }, "round", false],
    ["99 % was seen in time", withRecord({ rounds: rounds([-5, 100, 2], [0, 100, 0]) }), "seen", true],
    ["less was", withRecord({ rounds: rounds([-5, 100, 2], [0, 99, 0]) }), "seen", false],
    ["what is older than an hour counts no more", withRecord({ rounds: rounds([-61, 100, 100], [0, 100, 0]) }), "seen", true],
    ["there is nothing to see", withRecord({ rounds: rounds([0, 0, 0]) }), "seen", false],
    ["nothing is remembered", { record: null }, "seen", false],
    ["no look was followed", withRecord({ canary: null }), "canary", true],
    ["nothing is remembered", { record: null }, "canary", true],
    ["a look is under way", withRecord({ canary: { patientId: "a", sentAt: after(-30), arrivedAt: null } }), "canary", true],
    ["it left no record", withRecord({ canary: { patientId: "a", sentAt: after(-31), arrivedAt: null } }), "canary", false],
    ["the last anchor went well", { signs: { anchor: NOW, anchorFailed: after(-1) } }, "anchor", true],
    ["none was needed yet", { signs: {} }, "anchor", true],
    ["it failed", { signs: { anchor: after(-2), anchorFailed: after(-1) } }, "anchor", false],
    ["roles were looked at three hours ago", { roles: { at: after(-180), lacks: [] } }, "roles", true],
    ["they were before", { roles: { at: after(-181), lacks: [] } }, "roles", false],
    ["they were never", { roles: null }, "roles", false],
    ["one is lacking", { roles: { at: NOW, lacks: [LACK] } }, "roles", false],
    ["of one it is not known", { roles: { at: NOW, lacks: [{ ...LACK, state: "unknown" }] } }, "roles", false],
    ["it failed from the first", { signs: { anchorFailed: after(-1) } }, "anchor", false],
  ])("%s", (_, over, name, ok) => {
    const check = checkOf(over, name);
    expect(check).toMatchObject({ ok, detail: expect.stringMatching(/./) });
    expect(wellBeing({ ...WELL, ...over }).ok).toBe(ok && wellBeing({ ...WELL, ...over }).checks.every((one) => one.ok));
  });
});

test("without a place for anchors nothing is said of them", () => {
  expect(wellBeing({ ...WELL, isAnchoring: false }).checks.map(({ name }) => name)).not.toContain("anchor");
});

test("that no event ever came is told, and is no limit: Azure raises none while nothing is changed", () => {
  expect(checkOf({ signs: {} }, "event")).toMatchObject({ ok: true, at: null, ageSeconds: null, detail: "no event was taken yet" });
});

test("names ten vaults that are not armed, and how many more", () => {
  const unarmed = Array.from({ length: 12 }, (_, i) => ({ vaultId: `v${i}`, why: "no event subscription", az: [] }));
  const { ok, detail } = checkOf({ unarmed }, "arming");
  expect([ok, detail.startsWith("v0: no event subscription; "), detail.endsWith("and 2 more")]).toEqual([true, true, true]);
  expect(checkOf({ unarmed: unarmed.slice(0, 1) }, "arming").detail).toBe("v0: no event subscription");
});

test("says in words what roles lack, and that they lack nothing", () => {
  const lacks = [LACK, { ...LACK, capability: "access" as const }];
  const both =
    "Keymend's identity for keys lacks a at kv-orders: none grants it; Keymend's identity for access lacks a at kv-orders: none grants it";
  expect(checkOf({ roles: { at: NOW, lacks } }, "roles").detail).toBe(both);
  expect(checkOf({}, "roles").detail).toBe("Keymend's identities may do all that they are deployed for");
  expect(checkOf({ roles: null }, "roles").detail).toBe("what Keymend's identities may do was not looked at yet");
});

test("the share that was seen is never told better than it was", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(10_000), (vaults, late) => {
      fc.pre(late <= vaults);
      const check = checkOf(withRecord({ rounds: rounds([0, vaults, late]) }), "seen");
      // In whole tenths: a quotient is rounded, and may come out below what it is compared with.
      const tenths = Math.round(Number.parseFloat(check.detail) * 10);
      expect(tenths * vaults).toBeLessThanOrEqual((vaults - late) * 1000);
      expect(check.ok).toBe((vaults - late) * 100 >= vaults * 99);
    }),
  );
});
