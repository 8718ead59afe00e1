import { describe, expect, test } from "vitest";
import type { Incident } from "../../../src/domain/incident.ts";
import { DAY, SECOND, toIso, toMs } from "../../../src/domain/time.ts";
import { judgeNow } from "../../../src/domain/turn/judge-steps.ts";
import type { TurnInput } from "../../../src/domain/turn/record.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, CLUSTER_ID, NOW, someSettings } from "../../support/builders.ts";
import { after, applied, aSignal, aStep, diagnosisOf, finding, healthy, planOf, seen, turnInput, turns } from "../../support/turns.ts";

const settings = someSettings({ settleMs: 60 * SECOND });
const nothingLeft: Partial<TurnInput> = { plan: planOf(), ...diagnosisOf(healthy()) };
const sweep = [aSignal({ id: "s", source: "sweep" })];

describe("a loss that an event reported", () => {
  test("is looked at once more before it is undone", () => {
    const first = decideTurn(turnInput({ settings }));
    expect(first.next).toMatchObject({ do: "wait", until: after(1) });
    expect(first.incident!.plan!.steps).toMatchObject([{ state: "settles" }]);
    expect(turns({ settings }, { settings, now: after(0.5), signals: [aSignal({ id: "e2" })] }).next).toMatchObject({
      do: "wait",
      until: after(1),
    });
    expect(turns({ settings }, { settings, now: after(1), signals: [] }).next).toMatchObject({ do: "step" });
  });

  test("and that is over by then was somebody's own doing", () => {
    const { next, incident } = turns(
      { settings },
      { settings, ...nothingLeft, now: after(1) },
      { settings, ...nothingLeft, now: after(67) },
    );
    expect(next).toMatchObject({ do: "end", outcome: { code: "Superseded" } });
    expect(incident!.repairs).toEqual([]);
  });

  test("and comes back settles anew", () => {
    const again = { settings, now: after(9), signals: [aSignal({ id: "e2" })] };
    expect(turns({ settings }, { settings, ...nothingLeft, now: after(1) }, again).next).toMatchObject({ do: "wait", until: after(10) });
  });

  test.each<[string, Partial<TurnInput>]>([
    ["the service has noticed", diagnosisOf(seen({ phase: "revoked" }))],
    ["no event told of it", { signals: sweep }],
    [
      "it is none yet",
      diagnosisOf(
        seen({ phase: "atRisk", findings: [{ code: "AccessMissing", evidence: { effect: "willBreak", facts: [], values: {} } }] }),
      ),
    ],
    [
      "an older one calls for the same step",
      {
        incident: turns({ settings, signals: sweep }).incident,
        plan: planOf(aStep({ targetIds: [CLUSTER_ID, aStep().targetIds[0]!] })),
        ...diagnosisOf(seen(), seen({ id: CLUSTER_ID, kind: "cluster" })),
      },
    ],
    ["it is set to nothing", { settings: someSettings({ settleMs: 0 }) }],
  ])("is undone at once where %s", (_, change) => {
    expect(decideTurn(turnInput({ settings, ...change })).next).toMatchObject({ do: "step" });
  });

  test("is neither asked about nor told as observed before", () => {
    for (const mode of ["approve", "observe"] as const) {
      const turn = decideTurn(turnInput({ settings: someSettings({ settleMs: 60 * SECOND, mode }) }));
      expect(turn.next).toMatchObject({ do: "wait", until: after(1) });
    }
  });

  test("and is tagged as meant is refused at once", () => {
    const { facts } = turnInput();
    const tagged = { ...facts, targets: facts.targets.map((target) => ({ ...target, tags: { "keymend:revoked": "" } })) };
    expect(decideTurn(turnInput({ settings, facts: tagged })).next).toMatchObject({ do: "end", outcome: { reason: "RevokedOnPurpose" } });
  });
});

describe("what Keymend has put back", () => {
  const made = { change: applied({ at: after(1), causes: ["AccessMissing"] }) };
  const closed = turns({}, { ...nothingLeft, ...made, now: after(2) }, { ...nothingLeft, now: after(70) }).incident!;
  const lostAt = (ms: number, over: Partial<TurnInput> = {}) =>
    decideTurn(turnInput({ previous: closed, newId: "i2", signals: [aSignal({ id: "e2" })], now: toIso(toMs(after(1)) + ms), ...over }));

  test("is remembered once a look has seen it", () => {
    expect(closed).toMatchObject({ outcome: "OutageAvoided", repairs: [{ cause: "AccessMissing", at: after(1) }] });
    expect(turns({}, made).incident!.repairs).toEqual([]);
  });

  test.each([DAY / 12, DAY, 7 * DAY - 1])("and is lost again within the window is asked about (%i ms)", (ms) => {
    const { next, incident } = lostAt(ms);
    expect(next).toMatchObject({ do: "wait" });
    expect(incident!.plan!.steps).toMatchObject([{ state: "waitsForApproval", needs: "approval" }]);
  });

  test("and is lost again after it is put back again", () => {
    expect(lostAt(7 * DAY).next).toMatchObject({ do: "step" });
    expect(lostAt(DAY, { settings: someSettings({ repeatWindowMs: DAY }) }).next).toMatchObject({ do: "step" });
  });

  test("and is lost again in the same incident is asked about", () => {
    const { next } = turns({}, { ...nothingLeft, ...made, now: after(2) }, { now: after(20) });
    expect(next).toMatchObject({ do: "wait", why: expect.stringContaining("AccessMissing of orders was mended at") });
  });

  test("and was not whole yet is tried again", () => {
    expect(turns({}, { ...made, now: after(2) }, { now: after(20) }).next).toMatchObject({ do: "step" });
  });

  test("is not known where a look could not read everything", () => {
    const blind = { plan: planOf(), ...diagnosisOf(seen({ findings: [finding("Unreadable")] })) };
    expect(turns({}, { ...blind, ...made, now: after(2) }).incident!.repairs).toEqual([]);
  });

  test("is remembered for as long as it counts, whatever comes between", () => {
    const carried = (ms: number): Incident["repairs"] =>
      lostAt(ms, { ...nothingLeft, signals: [aSignal({ id: "o2", source: "operator" })] }).incident!.repairs;
    expect(carried(DAY)).toHaveLength(1);
    expect(carried(8 * DAY)).toEqual([]);
  });

  test("is another loss where its cause is another", () => {
    const other = { plan: planOf(aStep({ causes: ["KeyExpired"] })), ...diagnosisOf(seen({ findings: [finding("KeyExpired")] })) };
    expect(lostAt(DAY, other).next).toMatchObject({ do: "step" });
  });

  test("is not known of an incident that an earlier version kept", () => {
    const { losses: _, ...progress } = decideTurn(turnInput({})).incident!.progress;
    const { repairs: __, ...incident } = { ...decideTurn(turnInput({})).incident!, progress, ...applied({ at: after(1) }) };
    expect(decideTurn(turnInput({ incident, now: after(20) })).next).toMatchObject({ do: "step" });
    const { facts, diagnosis, digest } = turnInput();
    const view = { incident, facts, diagnosis, digest, settings, decisions: [], now: after(20), held: null };
    expect(judgeNow(aStep(), view)).toEqual({ kind: "allowed", ready: true });
    const seenBefore = {
      ...incident,
      progress: { ...progress, losses: [{ cause: "AccessMissing" as const, targetId: ACCOUNT_ID, since: NOW, byEvent: true }] },
    };
    expect(decideTurn(turnInput({ ...nothingLeft, incident: seenBefore, now: after(20) })).incident!.repairs).toEqual([]);
  });

  test("twice counts from the second time", () => {
    const second = { change: applied({ at: after(30), causes: ["AccessMissing"] }) };
    const { repairs } = turns(
      {},
      { ...nothingLeft, ...made, now: after(2) },
      { now: after(20) },
      { ...nothingLeft, ...second, now: after(31) },
    ).incident!;
    expect(repairs).toMatchObject([{ at: after(30) }]);
  });
});
