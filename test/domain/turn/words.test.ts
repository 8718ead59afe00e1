import { describe, expect, test } from "vitest";
import type { TargetDiagnosis } from "../../../src/domain/cause.ts";
import { aBlock, after, applied, blocked, diagnosisOf, finding, healthy, planOf, seen, turns } from "../../support/turns.ts";

const unclear = { verdict: "unclear", says: "KeyAccessLost" } as const;
const word = (over: Partial<TargetDiagnosis> = {}) =>
  seen({
    findings: [{ code: "Unreadable", evidence: { effect: "unknown", facts: ["what?"], values: { words: ["what?"] } } }],
    service: unclear,
    ...over,
  });
const silent = { plan: planOf() };
const says = blocked(aBlock({ kind: "escalate", cause: "Unreadable", reason: "what?", isWord: true }));

describe("what the service says in words nobody knows", () => {
  test("is an outage once the path was broken, and never told as avoided", () => {
    const turn = turns(
      { ...diagnosisOf(seen()) },
      { now: after(1), change: applied(), plan: says, ...diagnosisOf(word()) },
      { now: after(30), ...silent, ...diagnosisOf(healthy()) },
    );
    expect(turn.incident).toMatchObject({ outcome: "Healed", targets: [{ worst: "revoked" }] });
  });

  test("is none where the path never was", () => {
    const risk = finding("KeyNearExpiry");
    const atRisk = seen({ phase: "atRisk", findings: [{ ...risk, evidence: { ...risk.evidence, effect: "willBreak" } }] });
    const turn = turns(
      { ...diagnosisOf(atRisk) },
      { now: after(1), change: applied(), plan: says, ...diagnosisOf(word()) },
      { now: after(30), ...silent, ...diagnosisOf(healthy()) },
    );
    expect(turn.incident).toMatchObject({ outcome: "Prevented" });
  });
});

describe("what rests on the service's word alone", () => {
  const perimeter = (isWord: boolean) => ({
    plan: blocked(aBlock({ kind: "escalate", cause: "PerimeterBlocked", reason: "4016", ...(isWord ? { isWord: true } : {}) })),
    ...diagnosisOf(seen({ phase: "revoked", findings: [finding("PerimeterBlocked")] })),
  });
  const broken = diagnosisOf(seen({ phase: "revoked" }));

  test("is waited for after Keymend's own repair: it may be from before", () => {
    const turn = turns(broken, { ...perimeter(true), now: after(1), change: applied() });
    expect(turn.next).toMatchObject({ do: "wait", why: "4016; it may not have looked since the repair" });
  });

  test.each<[string, number, boolean, ReturnType<typeof applied>]>([
    ["for two hours at most", 121, true, applied()],
    ["not where something that was read says so too", 1, false, applied()],
    ["not after a repair that was refused", 1, true, applied({ result: "refused", detail: "x" })],
    ["not after the repair of another database", 1, true, applied({ targetIds: ["/another"] })],
    ["not where nothing was repaired", 1, true, {}],
  ])("%s", (_what, minutes, isWord, change) => {
    const turn = turns(broken, { ...perimeter(isWord), now: after(minutes), change });
    expect(turn.incident).toMatchObject({ outcome: "Escalated", reason: "PerimeterBlocked" });
  });
});
