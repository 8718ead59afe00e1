import { describe, expect, test } from "vitest";
import { toMs, toIso, DAY, HOUR } from "../../../src/domain/time.ts";
import { heldBack, lossesIn, type Pause, pauseEnd, type Restraint } from "../../../src/domain/turn/restraint.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { anAccount, NOW, someFacts, someSettings } from "../../support/builders.ts";
import { after, applied, aSignal, aStep, finding, healthy, planOf, recovering, seen, turnInput, turns } from "../../support/turns.ts";
import { noRestraint } from "../../support/fakes.ts";

const pause: Pause = { reason: "a migration", by: "o1", name: "ada", at: NOW, until: null };
const LIMITS = { maxAffectedVaults: 2, stormWindowMs: HOUR };
const held = heldBack({ ...noRestraint(), pause }, LIMITS, NOW)!;
const digest = (value: unknown): string => JSON.stringify(value);

describe("a pause", () => {
  test.each<[string, Partial<Pause> | null, number, boolean]>([
    ["none", null, 0, false],
    ["without an end holds at once", {}, 0, true],
    ["without an end holds ever after", {}, 10_000, true],
    ["with an end holds before it", { until: after(30) }, 29, true],
    ["with an end is over with it", { until: after(30) }, 30, false],
  ])("%s", (_what, over, minutes, holds) => {
    expect(heldBack({ ...noRestraint(), pause: over && { ...pause, ...over } }, LIMITS, after(minutes)) !== null).toBe(holds);
  });

  test("says who, since when, until when, why, and what ends it", () => {
    expect(heldBack({ ...noRestraint(), pause: { ...pause, until: after(30) } }, LIMITS, NOW)?.why).toBe(
      `nothing is written until ${after(30)}: ada paused Keymend at ${NOW} (a migration); POST /api/resume ends it`,
    );
  });

  test.each<[string, string | undefined]>([
    ["PT4H", toIso(toMs(NOW) + 4 * HOUR)],
    [" PT4H ", toIso(toMs(NOW) + 4 * HOUR)],
    ["P30D", toIso(toMs(NOW) + 30 * DAY)],
    [toIso(toMs(NOW) + HOUR).replace("Z", "+00:00"), toIso(toMs(NOW) + HOUR)],
    ["P30DT1S", undefined],
    ["P99999999999Y", undefined],
    ["PT0S", undefined],
    [NOW, undefined],
    [toIso(toMs(NOW) + 31 * DAY), undefined],
    [toIso(toMs(NOW) + HOUR).replace("Z", ""), undefined],
    ["2026-13-45T00:00:00Z", undefined],
    ["tomorrow", undefined],
    ["", undefined],
  ])("that is to end '%s' ends at %s", (text, end) => {
    expect(pauseEnd(text, NOW)).toBe(end);
  });
});

describe("a storm", () => {
  const since = (...minutes: number[]): Restraint["troubles"] =>
    minutes.map((minute, i) => ({ vaultId: `https://kv${i}.vault.azure.net`, since: after(minute), causes: ["AccessMissing"] }));

  test.each<[string, number[], string | null, boolean]>([
    ["as many as are allowed", [0, 1], null, false],
    ["one more at once", [0, 0, 0], null, true],
    ["one more just within the window", [59, 0, 30], null, true],
    ["one more as the window is over", [0, 30, 60], null, false],
    ["one now and then", [0, 90, 180, 270], null, false],
    ["many of late, beside old ones", [0, 300, 310, 320], null, true],
    ["those that a person has looked at", [0, 1, 2], after(2), false],
    ["new ones since, no more than allowed", [0, 1, 2, 3, 4], after(2), false],
    ["one more since", [0, 3, 4, 5], after(2), true],
  ])("of %s: minutes %j, resumed %s", (_what, minutes, resumedAt, isStorm) => {
    expect(heldBack({ ...noRestraint(), troubles: since(...minutes), resumedAt }, LIMITS, after(600))?.reason).toBe(
      isStorm ? "Storm" : undefined,
    );
  });

  test("says how many, of what, by what limit, and what is to be done", () => {
    const troubles = [...since(0, 1), { ...since(2)[0]!, causes: ["AccessMissing", "KeyDeleted"] as const }].map((one) => ({
      ...one,
      causes: [...one.causes],
    }));
    expect(heldBack({ ...noRestraint(), troubles }, LIMITS, NOW)?.why).toMatch(
      /3 vaults are out of reach \(AccessMissing of 3, KeyDeleted of 1\), more than 2 of them since within 1 h: .*POST \/api\/resume/,
    );
  });

  test("a pause is heard first", () => {
    expect(heldBack({ ...noRestraint(), pause, troubles: since(0, 0, 0) }, LIMITS, NOW)?.reason).toBe("Paused");
  });

  const risk = seen({ phase: "atRisk", findings: [{ ...finding(), evidence: { ...finding().evidence, effect: "willBreak" } }] });
  test.each([
    ["out of reach", [seen(), healthy()], ["AccessMissing"]],
    [
      "revoked, by several causes",
      [seen({ phase: "revoked", findings: [finding("KeyExpired"), finding()] }), seen()],
      ["AccessMissing", "KeyExpired"],
    ],
    ["at risk only", [risk], []],
    ["healthy", [healthy()], []],
    ["recovering", [recovering()], []],
    ["not to be seen", [seen({ findings: [finding("Unreadable")] })], []],
    ["never come up", [seen({ findings: [finding("ProvisioningFailed")] })], []],
  ])("counts a vault whose databases are %s by %j", (_what, targets, causes) => {
    expect(lossesIn({ targets })).toEqual(causes);
  });
});

describe("while all writing is held", () => {
  test("what would be written at once is refused with the reason, and said why", () => {
    const { incident, next } = decideTurn(turnInput({ held }));
    expect(next).toEqual({ do: "end", outcome: { code: "Refused", reason: "Paused", detail: held.why } });
    expect(incident?.plan?.steps).toMatchObject([{ state: "refused", why: held.why }]);
    // Keymend does not write; a person may.
    expect(incident?.plan?.steps[0]?.az).not.toEqual([]);
  });

  test.each([
    ["waits for a person", aStep({ needs: "approval" })],
    ["waits for another", aStep({ ready: false })],
  ])("so is what %s", (_what, step) => {
    expect(decideTurn(turnInput({ held, plan: planOf(step) })).next).toMatchObject({ outcome: { code: "Refused", reason: "Paused" } });
  });

  test("what was revoked on purpose is refused for that, and observing stays observing", () => {
    const facts = someFacts({ targets: [anAccount({ tags: { "keymend:revoked": "yes" } })] });
    expect(decideTurn(turnInput({ held, facts })).next).toMatchObject({ outcome: { reason: "RevokedOnPurpose" } });
    expect(decideTurn(turnInput({ held, settings: someSettings({ mode: "observe" }) })).next).toMatchObject({
      outcome: { code: "Observed" },
    });
  });

  test("what was written before is waited for", () => {
    expect(turns({}, { held, now: after(1), change: applied({ at: after(1) }) }).next).toMatchObject({ do: "wait" });
  });

  const ended = decideTurn(turnInput({ held, digest })).incident!;
  const sweep = { previous: ended, newId: "i2", digest, signals: [aSignal({ id: "s2", source: "sweep" })], now: after(5) };

  test("the next sweep has nothing new to tell; once it is over, it is judged anew", () => {
    expect(decideTurn(turnInput({ ...sweep, held })).incident).toBeNull();
    expect(decideTurn(turnInput({ ...sweep, held: null })).next).toMatchObject({ do: "step" });
  });

  test("another pause is told again", () => {
    const another = heldBack({ ...noRestraint(), pause: { ...pause, at: after(4) } }, LIMITS, after(5));
    expect(decideTurn(turnInput({ ...sweep, held: another })).next).toMatchObject({ outcome: { reason: "Paused" } });
  });
});
