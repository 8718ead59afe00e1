import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { STAGES, stageOf, warningsOf } from "../../../src/domain/telling/warnings.ts";
import { DAY, HOUR, MINUTE } from "../../../src/domain/time.ts";
import { aKey, anAccount, aVersion, someFacts, someSettings, V1, V2 } from "../../support/builders.ts";
import { after } from "../../support/turns.ts";

const inDays = (days: number): string => after((days * DAY) / MINUTE);
const factsWith = (days: number | null) => someFacts({ keys: [aKey([aVersion(V1, { expiresOn: days === null ? null : inDays(days) })])] });
const warnings = (days: number | null, over = {}) => warningsOf(factsWith(days), someSettings({ expiryLeadMs: 30 * DAY, ...over }), "i1");

test.each([
  [31, undefined],
  [30, 30],
  [14.1, 30],
  [14, 14],
  [7, 7],
  [1.01, 7],
  [1, 1],
  [0.01, 1],
  [0, undefined],
  [-3, undefined],
])("with %s days left the stage is %s", (days, stage) => {
  expect(stageOf(days * DAY)).toBe(stage);
  expect(warnings(days).map(({ data }) => data["stageDays"])).toEqual(stage === undefined ? [] : [stage]);
});

describe("a warning", () => {
  test("names the key, when it runs out, who depends on it and why it still does", () => {
    expect(warnings(6)).toMatchObject([
      {
        type: "Keymend.KeyExpiryWarning",
        weight: "soon",
        incidentId: "i1",
        title: "Expires in 6 d: key cmk of kv-orders",
        text: expect.stringContaining("orders can't be reached. Keymend did not move it by itself") as string,
        data: { key: "cmk", version: V1, expiresOn: inDays(6), databases: ["orders"] },
      },
    ]);
    expect(warnings(6, { mode: "observe" })[0]!.text).toContain("only watches");
    expect(warnings(6, { mode: "approve" })[0]!.text).toContain("once somebody agrees");
  });

  test("of the last day can't wait", () => {
    expect(warnings(0.9)[0]!.weight).toBe("now");
  });

  test("is one for each version, however many databases use it; the version that they move to counts too", () => {
    const facts = someFacts({
      keys: [aKey([aVersion(V2, { expiresOn: inDays(5) }), aVersion(V1, { expiresOn: inDays(12) })])],
      targets: [anAccount({ name: "a", versionInUse: V1 }), anAccount({ name: "b", versionInUse: V1 })],
    });
    expect(
      warningsOf(facts, someSettings({ expiryLeadMs: 30 * DAY }), null).map(({ data }) => [
        data["version"],
        data["stageDays"],
        data["databases"],
      ]),
    ).toEqual([
      [V1, 14, ["a", "b"]],
      [V2, 7, ["a", "b"]],
    ]);
  });

  test("there is none without an expiry", () => {
    expect(warnings(null)).toEqual([]);
  });

  describe.each([
    ["observe", "soon", "only watches"],
    ["approve", "soon", `asks for it from ${inDays(2)} on`],
    ["heal", "record", `moves it by itself from ${inDays(2)} on`],
  ] as const)("before the lead, in mode %s", (mode, weight, words) => {
    const short = { mode, expiryLeadMs: 10 * DAY };
    test(`is for ${weight}, and says who will do what`, () => {
      expect(warnings(12, short)).toMatchObject([{ weight, text: expect.stringContaining(words) as string, data: { stageDays: 14 } }]);
    });

    test("and within it the same stage is for people once, with why it is still to come", () => {
      const [before, within] = [warnings(12, short)[0]!, warningsOf({ ...factsWith(12), at: inDays(3) }, someSettings(short), "i1")[0]!];
      expect({ weight: within.weight, stage: within.data["stageDays"] }).toEqual({ weight: "soon", stage: 14 });
      expect(within.text).not.toContain(inDays(2));
      expect(before.id === within.id).toBe(mode !== "heal");
    });
  });

  test("goes by the mode that the databases' tags leave, as a write for them does", () => {
    const facts = { ...factsWith(12), targets: [anAccount(), anAccount({ name: "b", tags: { "keymend:mode": "observe" } })] };
    const found = warningsOf(facts, someSettings({ mode: "heal", expiryLeadMs: 10 * DAY }), null);
    expect(found).toMatchObject([{ weight: "soon", text: expect.stringContaining("only watches") as string }]);
  });
});

test("while time passes each stage is told once, in order, and the same look tells the same, whatever the lead", () => {
  const rules = fc.record({
    mode: fc.constantFrom("observe" as const, "approve" as const),
    expiryLeadMs: fc.integer({ min: HOUR, max: 90 * DAY }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 20 }), rules, (hours, limits) => {
      const expiresOn = inDays(40);
      const told: string[] = [];
      for (let left = 40 * DAY; left > -DAY; left -= hours * HOUR) {
        const at = after((40 * DAY - left) / MINUTE);
        const facts = { ...someFacts({ keys: [aKey([aVersion(V1, { expiresOn })])] }), at };
        const found = warningsOf(facts, someSettings(limits), null);
        expect(found.map(({ id }) => id)).toEqual(warningsOf(facts, someSettings(limits), null).map(({ id }) => id));
        told.push(...found.map(({ id }) => id));
      }
      expect([...new Set(told)].map((id) => Number(id.split("-").at(-1)))).toEqual([...STAGES].toReversed());
    }),
    { numRuns: 20 },
  );
});
