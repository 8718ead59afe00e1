import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyFacts } from "../../../src/domain/facts.ts";
import { type Decision, type Incident, openIncident, type PlannedStep } from "../../../src/domain/incident.ts";
import type { Step } from "../../../src/domain/steps/step.ts";
import { decidable } from "../../../src/domain/turn/decidable.ts";
import { questionId } from "../../../src/domain/turn/questions.ts";
import type { TurnInput } from "../../../src/domain/turn/record.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, NOW, PRINCIPAL, someFacts, someSettings, VAULT_ID } from "../../support/builders.ts";
import { aDecision, after, applied, aSignal, aStep, diagnosisOf, PATIENT, planOf, seen, turnInput } from "../../support/turns.ts";
import { aWish } from "../../support/wishes.ts";

const digest = (value: unknown): string => JSON.stringify(value);
const ask: Partial<TurnInput> = { digest, plan: planOf(aStep({ needs: "approval" })) };
const asking = decideTurn(turnInput(ask)).incident!;

/** What the operations API writes down for somebody who has read the incident. */
function answer({ plan, progress }: Incident, over: Partial<Decision> = {}): Decision {
  const asked = plan!.steps.filter(({ state }) => state === "waitsForApproval");
  const questions = Object.fromEntries(asked.map((step) => [step.id, questionId(step, progress.asked![step.id]!, digest)]));
  return aDecision({ planHash: plan!.hash, steps: asked.map(({ id }) => id), questions, ...over });
}

const unreadKey: KeyFacts = { state: "unreadable", name: "other", why: "denied", detail: "no" };
const mendedBefore: Incident = {
  ...openIncident("i1", PATIENT, NOW, 0),
  repairs: [{ cause: "AccessMissing", targetId: ACCOUNT_ID, at: after(-6 * 24 * 60) }],
};

const look = (incident: Incident, over: Partial<TurnInput>): ReturnType<typeof decideTurn> =>
  decideTurn(turnInput({ ...ask, incident, now: after(5), ...over }));

describe("the plan's hash covers what is asked", () => {
  const hashOf = (over: Partial<TurnInput>): string => decideTurn(turnInput({ ...ask, ...over })).incident!.plan!.hash;
  const grant = (principalId: string): Step => ({
    ...aStep({ needs: "approval" }),
    name: "AddAccessPolicyPermissions",
    params: { vaultId: VAULT_ID, tenantId: "t", applicationId: null, keys: ["get"], identityId: "/i", principalId },
  });

  test("and stays while the same is asked", () => {
    expect(look(asking, {}).incident!.plan!.hash).toBe(asking.plan!.hash);
    expect(look(asking, {}).incident!.timeline.filter(({ what }) => what.startsWith("planned"))).toHaveLength(1);
  });

  test.each<[string, Partial<TurnInput>, Partial<TurnInput>]>([
    ["its steps", ask, { plan: planOf(aStep({ needs: "approval", id: "step-2" })) }],
    ["who gets access", { plan: planOf(grant(PRINCIPAL)) }, { plan: planOf(grant("22222222-0000-4000-8000-000000000002")) }],
    [
      "what shows the cause",
      ask,
      diagnosisOf(seen({ findings: [{ code: "AccessMissing", evidence: { effect: "broken", facts: ["more"], values: {} } }] })),
    ],
    ["the causes", ask, { plan: planOf(aStep({ needs: "approval", causes: ["AccessMissing", "KeyDisabled"] })) }],
    ["when it is asked", ask, { now: after(1) }],
  ])("%s", (_, before, now) => {
    expect(hashOf(now)).not.toBe(hashOf(before));
  });
});

describe("an approval is for one question", () => {
  const yes = answer(asking, { at: after(4) });

  test("and lets its step be taken", () => {
    expect(look(asking, { decisions: [yes] }).next).toMatchObject({ do: "step", step: { id: "step-1" } });
  });

  const shows = (...facts: string[]) =>
    diagnosisOf(seen({ findings: [{ code: "AccessMissing", evidence: { effect: "broken", facts, values: {} } }] }));

  test.each<[string, Partial<TurnInput>]>([
    ["what shows the cause is something else", shows("somebody took it away again")],
    ["another cause calls for it too", { plan: planOf(aStep({ needs: "approval", causes: ["AccessMissing", "KeyDisabled"] })) }],
    ["it came too late for the question that it answers", { decisions: [{ ...yes, late: true }] }],
    ["it answers another question", { decisions: [{ ...yes, questions: { "step-1": "another" } }] }],
  ])("not where %s: it is asked", (_, change) => {
    const turn = look(asking, { decisions: [yes], ...change });
    expect(turn.next).toMatchObject({ do: "wait" });
    expect(turn.incident!.plan!.steps).toMatchObject([{ state: "waitsForApproval" }]);
  });

  test("not for a second write of it: made, undone by somebody, and approved with the old answer again", () => {
    const made = { ...asking, ...applied({ at: after(5) }) };
    const turn = look(made, { now: after(40), decisions: [yes, { ...yes, id: "d2", at: after(39) }] });
    expect(turn.next).toMatchObject({ do: "wait" });
    expect(turn.incident!.plan!.hash).not.toBe(asking.plan!.hash);
    expect(
      look(turn.incident!, { now: after(45), decisions: [yes, answer(turn.incident!, { id: "d3", at: after(44) })] }).next,
    ).toMatchObject({
      do: "step",
    });
  });

  test("what Keymend itself has done since is part of it", () => {
    const two = planOf(aStep({ needs: "approval", id: "step-0" }), aStep({ needs: "approval" }));
    const first = decideTurn(turnInput({ ...ask, plan: two })).incident!;
    const both = answer(first, { at: after(1) });
    const halfway = { ...first, ...applied({ id: "step-0", at: after(2) }) };
    expect(look(halfway, { decisions: [both], ...shows("half of it is back") }).next).toMatchObject({ do: "step", step: { id: "step-1" } });
  });

  test("an identity that was still to be made may get what was approved for it, where Keymend made it", () => {
    const grant = (principalId: string | null): Step => ({
      ...aStep({ needs: "approval", ready: principalId !== null }),
      name: "GrantKeyRole",
      params: { identityId: "/i", principalId, scope: VAULT_ID, roleDefinitionId: "r" },
    });
    const first = decideTurn(turnInput({ ...ask, plan: planOf(aStep({ needs: "approval", id: "make" }), grant(null)) })).incident!;
    const both = answer(first, { at: after(1) });
    const there = { decisions: [both], plan: planOf(grant(PRINCIPAL)) };
    expect(look({ ...first, ...applied({ id: "make", at: after(2) }) }, there).next).toMatchObject({
      do: "step",
      step: { name: "GrantKeyRole" },
    });
    expect(look(first, there).next).toMatchObject({ do: "wait" });
  });
});

describe("a no", () => {
  const no = answer(asking, { id: "no", at: after(4), decision: "reject", reason: "meant" });

  test("beats any yes to the same step, in whatever order, however close, and both are told", () => {
    const minutes = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.array(minutes, { minLength: 1, maxLength: 4 }), minutes, fc.nat(4), (yeses, when, place) => {
        const decisions = yeses.map((at, i) => answer(asking, { id: `yes-${i}`, at: after(at) }));
        decisions.splice(place, 0, { ...no, at: after(when) });
        const { incident, next } = look(asking, { decisions });
        expect(next).toMatchObject({ do: "end", outcome: { code: "Refused", reason: "Rejected", detail: "rejected by ada: meant" } });
        const told = incident!.timeline.map(({ what }) => what);
        expect(told.filter((what) => what === "approve by ada: fine")).toHaveLength(yeses.length);
        expect(told.filter((what) => what === "reject by ada: meant")).toHaveLength(1);
      }),
    );
  });

  test("that came too late for one write is heard for the next", () => {
    const late = { ...no, late: true as const };
    const { incident, next } = look(asking, { decisions: [late] });
    expect(next).toMatchObject({ do: "end", outcome: { reason: "Rejected" } });
    expect(incident!.timeline.map(({ what }) => what)).toContain("reject by ada: meant (too late)");
  });

  const operator = (minute: number) => [aSignal({ id: `o${minute}`, source: "operator", at: after(minute) })];

  test("is lifted by an operator who asks anew, and then it takes a new yes", () => {
    const yes = answer(asking, { id: "yes", at: after(3) });
    const anew = look(asking, { now: after(6), decisions: [yes, no], signals: operator(5) });
    expect(anew.next).toMatchObject({ do: "wait" });
    expect(anew.incident).toMatchObject({ rejected: [], progress: { askedAnewAt: after(5) } });
    const decisions = [yes, no, answer(anew.incident!, { id: "yes-2", at: after(7) })];
    expect(look(anew.incident!, { now: after(8), decisions, signals: [] }).next).toMatchObject({ do: "step" });
  });

  test("given after the operator asked stands, whenever it is read", () => {
    expect(look(asking, { decisions: [no], signals: operator(3) }).next).toMatchObject({ do: "end" });
    expect(look(asking, { decisions: [no], signals: operator(4) }).next).toMatchObject({ do: "end" });
    expect(look(asking, { decisions: [no], signals: operator(0) }).next).toMatchObject({ do: "end" });
  });

  test.each<[string, PlannedStep["state"], Partial<TurnInput>]>([
    ["is about to be written", "next", {}],
    ["waits for a place", "waitsForPlace", { crowd: "others are mended" }],
    ["waits for an earlier step", "waitsForEarlierStep", { plan: planOf(aStep({ needs: "approval", ready: false })) }],
  ])("is heard after the yes, while that %s", (_, state, over) => {
    const yes = answer(asking, { id: "yes", at: after(2) });
    const approved = look(asking, { ...over, now: after(3), decisions: [yes] }).incident!;
    expect(approved.plan).toMatchObject({ hash: asking.plan!.hash, steps: [{ state }] });
    expect(decidable("reject", approved)).toMatchObject([{ id: "step-1" }]);
    expect(decidable("approve", approved)).toEqual([]);
    expect(look(approved, { ...over, now: after(6), decisions: [yes, no] }).next).toMatchObject({
      do: "end",
      outcome: { reason: "Rejected" },
    });
  });

  const byItself: Partial<TurnInput> = { digest, plan: planOf(aStep()) };

  describe.each<[string, asks: Partial<TurnInput>]>([
    ["its cause is set to be mended by itself", ask],
    ["the mode is heal again", { ...byItself, settings: someSettings({ mode: "approve" }) }],
    ["nobody's changes count as meant any more", { ...byItself, settings: someSettings({ privilegedCallers: ["boss"] }) }],
    ["all can be read again", { ...byItself, facts: someFacts({ keys: [unreadKey] }) }],
    ["its repair before is long enough ago", { ...byItself, incident: mendedBefore }],
  ])("stands also where nothing would ask any more, for %s:", (_, asks) => {
    const first = decideTurn(turnInput(asks)).incident!;
    const said = answer(first, { id: "no", at: after(1), decision: "reject", reason: "meant" });
    const later: Partial<TurnInput> = { ...byItself, now: after(8 * 24 * 60), signals: [] };

    test("it was asked", () => {
      expect(first.plan!.steps).toMatchObject([{ state: "waitsForApproval" }]);
    });

    test("in its incident", () => {
      const turn = decideTurn(turnInput({ ...later, incident: first, decisions: [said] }));
      expect(turn.next).toMatchObject({ do: "end", outcome: { reason: "Rejected", detail: "rejected by ada: meant" } });
    });

    test("in the next, until an operator asks anew", () => {
      const closed = decideTurn(turnInput({ ...asks, incident: first, now: after(2), decisions: [said] })).incident!;
      const next = { ...later, previous: closed, newId: "i2" };
      expect(closed).toMatchObject({ outcome: "Refused", reason: "Rejected" });
      expect(decideTurn(turnInput(next)).next).toMatchObject({ do: "end", outcome: { reason: "Rejected" } });
      expect(decideTurn(turnInput({ ...next, signals: operator(8 * 24 * 60) })).next).toMatchObject({ do: "step" });
    });
  });

  test.each([
    ["before it, is over", 3, "end"],
    ["at the same moment, is over", 4, "end"],
    ["after it, is a new request", 5, "step"],
  ])("to what somebody has wanted by name %s", (_, minute, then) => {
    const facts = someFacts({ wishes: [aWish(undefined, { id: "w1", at: after(minute) })] });
    const wished: Step = { ...aStep(), wish: "w1" };
    const turn = look(asking, { decisions: [no], signals: [], facts, plan: planOf(wished) });
    expect(turn.next.do).toBe(then);
  });

  test("to other steps leaves this one asking", () => {
    expect(look(asking, { decisions: [{ ...no, steps: ["other"] }] }).next).toMatchObject({ do: "wait" });
  });

  test("is told once", () => {
    const { incident } = look(asking, { decisions: [{ ...no, steps: ["other"] }] });
    const again = look(incident!, { now: after(9), decisions: [{ ...no, steps: ["other"] }] }).incident!;
    expect(again.timeline.filter(({ what }) => what === "reject by ada: meant")).toHaveLength(1);
  });
});

describe("a step by which more is reached", () => {
  const grant: Step = {
    ...aStep({ needs: "approval" }),
    name: "GrantKeyRole",
    params: { identityId: "/i", principalId: PRINCIPAL, scope: VAULT_ID, roleDefinitionId: "r" },
  };
  const opened: Step = { ...aStep({ needs: "approval" }), name: "AllowTrustedServices", params: { vaultId: VAULT_ID } };
  const played = (step: Step, quorum: number) => {
    const input: Partial<TurnInput> = { digest, plan: planOf(step), settings: someSettings({ quorum }) };
    const first = decideTurn(turnInput(input)).incident!;
    return {
      first,
      after: (decisions: Decision[], minutes = 30) => decideTurn(turnInput({ ...input, incident: first, now: after(minutes), decisions })),
    };
  };

  test.each<[string, Step, number, [by: string, minute: number][], number, boolean]>([
    [
      "two of two",
      grant,
      2,
      [
        ["ada", 1],
        ["bob", 2],
      ],
      30,
      true,
    ],
    [
      "two of two, by a firewall's bypass",
      opened,
      2,
      [
        ["ada", 1],
        ["bob", 2],
      ],
      30,
      true,
    ],
    ["one of two", grant, 2, [["ada", 1]], 30, false],
    [
      "one of two, who says it twice",
      grant,
      2,
      [
        ["ada", 1],
        ["ADA", 2],
      ],
      30,
      false,
    ],
    ["one of one", grant, 1, [["ada", 1]], 30, true],
    ["one, where nothing more is reached by it", aStep({ needs: "approval" }), 3, [["ada", 1]], 30, true],
    [
      "two of two, until the first runs out",
      grant,
      2,
      [
        ["ada", 1],
        ["bob", 600],
      ],
      1440,
      true,
    ],
    [
      "two of two, of which one has run out",
      grant,
      2,
      [
        ["ada", 1],
        ["bob", 600],
      ],
      1441,
      false,
    ],
    [
      "two of two, of whom one has said it anew",
      grant,
      2,
      [
        ["ada", 1],
        ["bob", 600],
        ["ada", 601],
      ],
      1439,
      true,
    ],
  ])("may be taken with %s", (_, step, quorum, yeses, minutes, taken) => {
    const { first, after: later } = played(step, quorum);
    const decisions = yeses.map(([by, minute], i) => answer(first, { id: `y${i}`, by, at: after(minute) }));
    expect(later(decisions, minutes).next.do === "step").toBe(taken);
  });

  test("says how many have agreed, and until when they have", () => {
    const { first, after: later } = played(grant, 3);
    const yeses = ["ada", "bob"].map((by, i) => answer(first, { id: by, by, at: after(i + 1) }));
    expect(later(yeses).incident!.plan!.steps[0]!.why).toMatch(/; 2 of 3 approvers have agreed$/);
    const all = [...yeses, answer(first, { id: "c", by: "cyd", at: after(9) })];
    expect(later(all).incident!.decision).toMatchObject({ expiresAt: after(1 + 1440) });
  });

  test("is taken where so many different people have said yes, and nobody no, and in no other case", () => {
    const says = fc.record({
      by: fc.constantFrom("ada", "bob", "cyd"),
      minute: fc.integer({ min: 1, max: 29 }),
      decision: fc.constantFrom<Decision["decision"]>("approve", "approve", "approve", "approve", "reject"),
      late: fc.constantFrom(true, false, false, false),
    });
    fc.assert(
      fc.property(fc.array(says, { maxLength: 6 }), fc.integer({ min: 1, max: 3 }), (said, quorum) => {
        const { first, after: later } = played(grant, quorum);
        const decisions = said.map(({ minute, late, ...one }, i) =>
          answer(first, { id: `d${i}`, at: after(minute), ...one, ...(late ? { late: true as const } : {}) }),
        );
        const people = new Set(said.filter(({ decision, late }) => decision === "approve" && !late).map(({ by }) => by));
        const isRefused = said.some(({ decision }) => decision === "reject");
        expect(later(decisions).next.do === "step").toBe(!isRefused && people.size >= quorum);
      }),
    );
  });
});
