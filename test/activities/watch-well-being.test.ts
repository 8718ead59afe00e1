import { expect, test } from "vitest";
import { createWatchWellBeing } from "../../src/activities/watch-well-being.ts";
import type { SweepRecord } from "../../src/domain/turn/sweep-record.ts";
import type { Vitals } from "../../src/domain/turn/well-being.ts";
import { NOW, VAULT_ID } from "../support/builders.ts";
import { fakeLog } from "../support/fakes.ts";
import { after } from "../support/turns.ts";

const RECORD: SweepRecord = { sweeps: [NOW], doubtSince: null, rounds: [{ at: NOW, vaults: 2, late: 0 }] };
const WELL = { record: RECORD, periodMs: 300_000, signs: {}, isAnchoring: true, unarmed: [], roles: { at: NOW, lacks: [] } };

function setUp() {
  let record: SweepRecord | null = RECORD;
  let keeps = 0;
  const log = fakeLog();
  return {
    lines: log.lines,
    keeps: () => keeps,
    sweep: (over: Partial<Vitals> = {}) =>
      createWatchWellBeing({
        loadVitals: async () => ({ ...WELL, record, ...over }),
        keep: async (kept) => {
          record = kept;
          keeps += 1;
        },
        now: () => new Date(NOW),
      })(log),
  };
}

const LATE = { record: { ...RECORD, rounds: [{ at: NOW, vaults: 10, late: 1 }] } };

test("what is well is not told, and nothing is written for it", async () => {
  const { sweep, lines, keeps } = setUp();
  await sweep();
  await sweep({ record: null });
  expect([lines, keeps()]).toEqual([[], 0]);
});

/** Each check that makes `GET /api/health` answer 503, whatever else is logged of it. */
test.each<[string, Partial<Vitals>]>([
  ["round", { record: { ...RECORD, rounds: [{ at: after(-20), vaults: 2, late: 0 }] } }],
  ["seen", LATE],
  ["canary", { record: { ...RECORD, canary: { patientId: VAULT_ID, sentAt: after(-31), arrivedAt: null } } }],
  ["anchor", { signs: { anchorFailed: NOW } }],
  ["roles", { roles: null }],
])("a check that does not hold is told as an error: %s", async (name, over) => {
  const { sweep, lines } = setUp();
  await sweep(over);
  expect(lines).toMatchObject([
    { level: "error", event: "notWell", fields: { checks: [name], text: expect.stringContaining(`${name}: `) as string } },
  ]);
});

test("it is told once, another one beside it too, and that all are well again once they are", async () => {
  const { sweep, lines, keeps } = setUp();
  const anchor = { signs: { anchorFailed: NOW } };
  for (const over of [anchor, anchor, { ...anchor, roles: null }, { roles: null }, {}, {}, anchor]) await sweep(over);
  expect(lines.map(({ event, fields }) => [event, fields["checks"]])).toEqual([
    ["notWell", ["anchor"]],
    ["notWell", ["roles"]],
    ["wellAgain", undefined],
    ["notWell", ["anchor"]],
  ]);
  expect(keeps()).toBe(5);
});
