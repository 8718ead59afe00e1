import { describe, expect, test } from "vitest";
import type { TargetDiagnosis } from "../../../src/domain/cause.ts";
import type { EventSubscriptionFacts } from "../../../src/domain/facts.ts";
import type { Incident } from "../../../src/domain/incident.ts";
import type { TurnInput } from "../../../src/domain/turn/record.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { DAY, MINUTE } from "../../../src/domain/time.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccount,
  aPolicyVault,
  aSubscription,
  aVault,
  aVersion,
  CLUSTER_ID,
  NOW,
  someFacts,
  someSettings,
  V1,
  VAULT_ID,
} from "../../support/builders.ts";
import {
  aBlock,
  aDecision,
  after,
  applied,
  aSignal,
  aStep,
  blocked,
  diagnosisOf,
  finding,
  healthy,
  planOf,
  recovering,
  seen,
  turnInput,
  turns,
} from "../../support/turns.ts";

const nothingLeft = { plan: planOf() };
const incidentOf = (turn: { incident: Incident | null }): Incident => {
  if (!turn.incident) throw new Error("no incident");
  return turn.incident;
};

test("a write whose answer was lost counts as Keymend's own once it shows, and only then", () => {
  const sent = { progress: { looks: 1, verdictSince: {}, askedAt: null, saidSlow: false, sent: aStep() } };
  const enabled = { facts: someFacts({ keys: [aKey([aVersion(V1)])] }) };
  const disabled = { facts: someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])] }) };
  const still = turns(disabled, { ...disabled, change: sent });
  expect(incidentOf(still)).toMatchObject({ applied: [], progress: { sent: aStep() } });
  const shown = turns(disabled, { ...enabled, change: sent, ...diagnosisOf(healthy()), ...nothingLeft });
  expect(incidentOf(shown).applied).toMatchObject([{ id: aStep().id, result: "done", detail: "Azure's answer was lost; it is so now" }]);
  expect(incidentOf(shown).progress).not.toHaveProperty("sent");
  expect(shown.entries.map(({ entryId, kind }) => [entryId, kind])).toContainEqual(["1-step", "step"]);
});

test("so does a step that did its write though its operation failed", () => {
  const { id, name, on, targetIds } = aStep();
  const failed = { id, name, on, targetIds, at: NOW, result: "failed" as const, detail: "InternalServerError" };
  const change = { applied: [failed], progress: { looks: 0, verdictSince: {}, askedAt: null, saidSlow: false, sent: aStep() } };
  const disabled = { facts: someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])] }) };
  const enabled = { facts: someFacts({ keys: [aKey([aVersion(V1)])] }) };
  const shown = turns(disabled, { ...enabled, change, ...diagnosisOf(healthy()), ...nothingLeft });
  expect(incidentOf(shown).applied).toMatchObject([
    { result: "failed" },
    { id, result: "done", detail: "its operation failed; it is so now" },
  ]);
});

describe("a repair that Azure works on for long", () => {
  const following = { step: aStep({ on: ACCOUNT_ID }), poller: "https://management.azure.com/op", since: NOW };
  const change = { progress: { looks: 0, verdictSince: {}, askedAt: null, saidSlow: false, following } };
  const followed = (input: Partial<TurnInput>) => turns({}, { now: after(6), signals: [], change, ...input });

  test("ends nothing, however whole what it is for is by now", () => {
    const turn = followed({ ...diagnosisOf(healthy()), ...nothingLeft });
    expect(turn.entries.map(({ kind }) => kind)).toEqual(["facts", "verification"]);
    expect(turn.next).toMatchObject({
      do: "wait",
      why: `EnableKeyVersion on orders was taken by Azure, which works on it since ${NOW}`,
    });
  });

  test("lets no other write begin at the same thing, which Azure would refuse", () => {
    const turn = followed({ plan: planOf(aStep({ id: "step-2", on: ACCOUNT_ID.toUpperCase() })) });
    expect(turn.next).toMatchObject({ do: "wait" });
    expect(incidentOf(turn).plan?.steps).toMatchObject([{ state: "waitsForEarlierStep" }]);
  });

  test("holds no other database up", () => {
    const other = aStep({ id: "step-2", on: CLUSTER_ID, targetIds: [CLUSTER_ID] });
    const facts = someFacts({ targets: [anAccount(), aCluster()] });
    const turn = followed({ facts, ...diagnosisOf(seen(), seen({ id: CLUSTER_ID, kind: "cluster" })), plan: planOf(other) });
    expect(turn.next).toMatchObject({ do: "step", step: { id: "step-2" } });
  });

  test("leaves the others of the vault their own endings", () => {
    const turn = followed({ ...diagnosisOf(healthy(), healthy({ id: CLUSTER_ID, kind: "cluster" })), ...nothingLeft });
    expect(turn.next).toMatchObject({ do: "wait" });
    expect(incidentOf(turn).targets.map(({ outcome }) => outcome)).toEqual([null, "NoChangeNeeded"]);
  });
});

const request = { signals: [aSignal({ id: "o1", source: "operator", what: "pager went off" })] };

describe("opening an incident", () => {
  test("a sweep that finds nothing refreshes the baseline", () => {
    const turn = decideTurn(turnInput({ signals: [aSignal({ source: "sweep" })], ...diagnosisOf(healthy()), ...nothingLeft }));
    expect(turn).toMatchObject({ incident: null, entries: [], healthy: true, next: { do: "end", outcome: { code: "NoChangeNeeded" } } });
  });

  test.each<[string, TurnInput["signals"]]>([
    ["a sweep", [aSignal({ source: "sweep" })]],
    ["an event", [aSignal()]],
    ["an event by somebody", [aSignal({ caller: { objectId: "o1", name: "Ada" } })]],
    ["several events and a sweep", [aSignal(), aSignal({ id: "e2" }), aSignal({ id: "s1", source: "sweep" })]],
    ["nobody's word", []],
  ])("%s that finds nothing leaves no trace", (_, signals) => {
    const turn = decideTurn(turnInput({ signals, ...diagnosisOf(healthy()), ...nothingLeft }));
    expect(turn).toMatchObject({ incident: null, entries: [], next: { do: "end", outcome: { code: "NoChangeNeeded" } } });
  });

  test("an operator's request that finds nothing is recorded and closed at once", () => {
    const turn = decideTurn(turnInput({ ...request, ...diagnosisOf(healthy()), ...nothingLeft }));
    expect(turn.next).toEqual({ do: "end", outcome: { code: "NoChangeNeeded", reason: null, detail: "nothing is wrong" } });
    expect(incidentOf(turn)).toMatchObject({ id: "i1", state: "closed", outcome: "NoChangeNeeded", nextLookAt: null, closedAt: NOW });
    expect(turn.entries.map((entry) => entry.kind)).toEqual(["signal", "facts", "diagnosis", "outcome"]);
  });

  test("a request that is heard again after its incident was closed is nothing new", () => {
    const previous = incidentOf(decideTurn(turnInput({ ...request, ...diagnosisOf(healthy()), ...nothingLeft })));
    const again = turnInput({ ...request, ...diagnosisOf(healthy()), ...nothingLeft, previous, newId: "i2" });
    expect(decideTurn(again)).toMatchObject({ incident: null, entries: [], next: { do: "end" } });
    const another = aSignal({ id: "o2", source: "operator" });
    expect(incidentOf(decideTurn({ ...again, signals: [...request.signals, another] }))).toMatchObject({ id: "i2" });
    expect(incidentOf(decideTurn(turnInput({ previous, newId: "i2" })))).toMatchObject({ id: "i2", causes: [{ code: "AccessMissing" }] });
  });

  test("a vault that no database uses any more is nothing to do", () => {
    const turn = decideTurn(turnInput({ ...diagnosisOf(), ...nothingLeft }));
    expect(turn).toMatchObject({ healthy: false, next: { do: "end", outcome: { code: "NoChangeNeeded" } } });
  });

  test("trouble found by the sweep opens an incident that names signal, cause and plan", () => {
    const turn = decideTurn(turnInput({ signals: [aSignal({ source: "sweep" })] }));
    expect(incidentOf(turn).timeline.map(({ what }) => what)).toEqual([
      "told of Microsoft.Authorization/roleAssignments/delete (sweep)",
      "AccessMissing: AccessMissing because (orders inGrace)",
      "planned EnableKeyVersion on kv-orders/cmk (now)",
    ]);
    expect(turn.healthy).toBe(false);
  });

  test("entries have ids of their turn, so that a repeated look adds nothing twice", () => {
    const idsOf = (input: Partial<TurnInput>) => decideTurn(turnInput({ turn: 4, ...input })).entries.map((entry) => entry.entryId);
    expect(idsOf({})).toEqual(["4-signal-e1", "4-facts", "4-diagnosis", "4-plan"]);
    expect(idsOf({ signals: [aSignal({ id: "e0" }), aSignal()] })).toEqual([
      "4-signal-e0",
      "4-signal-e1",
      "4-facts",
      "4-diagnosis",
      "4-plan",
    ]);
  });

  test("the caller is named where the signal names one", () => {
    const turn = decideTurn(
      turnInput({
        signals: [aSignal({ caller: { objectId: "o1", name: "Ada" } }), aSignal({ id: "e2", caller: { objectId: "o1", name: null } })],
      }),
    );
    expect(incidentOf(turn)).toMatchObject({ authors: [{ objectId: "o1" }], signalIds: ["e1", "e2"] });
    expect(
      incidentOf(turn)
        .timeline.slice(0, 2)
        .map(({ what }) => what),
    ).toEqual([
      "told of Microsoft.Authorization/roleAssignments/delete (event, by Ada)",
      "told of Microsoft.Authorization/roleAssignments/delete (event, by o1)",
    ]);
  });

  test("an operator who asks for a look is not taken for the one who made the change", () => {
    const turn = decideTurn(turnInput({ signals: [aSignal({ source: "operator", caller: { objectId: "o1", name: "Ada" } })] }));
    expect(incidentOf(turn).authors).toEqual([]);
  });

  test("a database that could not be read keeps the baseline from being refreshed", () => {
    const facts = someFacts({ missing: [{ kind: "account", id: "/x", state: "unreadable", why: "denied", detail: "" }] });
    expect(decideTurn(turnInput({ facts, ...diagnosisOf(healthy()), ...nothingLeft })).healthy).toBe(false);
  });

  test("a path that works and will break later is a good baseline", () => {
    expect(decideTurn(turnInput({ ...diagnosisOf(seen({ phase: "atRisk" })) })).healthy).toBe(true);
  });
});

describe("trouble that is known already", () => {
  const observe = { settings: someSettings({ mode: "observe" }), digest: (value: unknown): string => JSON.stringify(value) };
  const previous = incidentOf(decideTurn(turnInput(observe)));
  const tags = { "keymend:mode": "heal", "keymend:revoked": "" };

  test("is not told again before its next look is due", () => {
    const turn = decideTurn(turnInput({ ...observe, previous, newId: "i2", now: after(10) }));
    expect(turn).toMatchObject({ incident: null, entries: [], next: { do: "end", outcome: { code: "Observed" } } });
  });

  test.each([
    ["its next look is due", { now: after(61) }],
    ["an operator asks", { now: after(10), signals: [aSignal({ source: "operator" })] }],
    ["its causes are others", { now: after(10), ...diagnosisOf(seen({ findings: [finding("KeyExpired")] })) }],
    ["the service has noticed", { now: after(10), ...diagnosisOf(seen({ phase: "revoked" })) }],
    ["a tag of the database has changed", { now: after(10), facts: someFacts({ targets: [anAccount({ tags })] }) }],
    ["a tag of the vault has changed", { now: after(10), facts: someFacts({ vault: aVault({ tags }) }) }],
    [
      "a tag of the key has changed",
      { now: after(10), facts: someFacts({ keys: [{ state: "live", name: "cmk", tags, versions: [aVersion(V1)] }] }) },
    ],
    ["the mode has changed", { now: after(10), settings: someSettings({ mode: "approve" }) }],
    ["a setting has changed", { now: after(10), settings: someSettings({ mode: "observe", causes: { AccessMissing: "ask" } }) }],
    ["it takes other steps", { now: after(10), plan: planOf(aStep({ id: "step-2" })) }],
    ["it is blocked otherwise", { now: after(10), plan: blocked(aBlock()) }],
    ["Keymend may do more", { now: after(10), permissions: ["more"] }],
    ["an earlier version kept it, without its grounds", { now: after(10), previous: { ...previous, grounds: "" } }],
  ] satisfies [string, Partial<TurnInput>][])("is told again when %s", (_, change) => {
    expect(incidentOf(decideTurn(turnInput({ ...observe, previous, newId: "i2", ...change })))).toMatchObject({ id: "i2" });
  });

  test("counts its endings: the next look comes later each time, at most after 32 hours", () => {
    const turn = decideTurn(turnInput({ ...observe, previous: { ...previous, endings: 9 }, newId: "i2", now: after(61) }));
    expect(incidentOf(turn)).toMatchObject({ endings: 10, nextLookAt: after(61 + 32 * 60) });
  });

  test.each<[string, Partial<TurnInput>]>([
    ["somebody else's tags are others", { facts: someFacts({ vault: aVault({ tags: { costCenter: "4711", owner: "x" } }) }) }],
    ["its evidence is told in other words", diagnosisOf(seen({ findings: [finding(), finding("Revalidating")] }))],
  ])("is not told again because %s", (_, change) => {
    expect(decideTurn(turnInput({ ...observe, previous, now: after(10), ...change })).incident).toBeNull();
  });

  test("is an outage once the service notices, and that is told, whatever Keymend may do about it, once", () => {
    const outages = (...inputs: Partial<TurnInput>[]) => turns(...inputs).entries.filter(({ kind }) => kind === "outage");
    const asked = { plan: planOf(aStep({ needs: "approval" })) };
    const down = { ...asked, ...diagnosisOf(seen({ phase: "revoked" })), now: after(30) };
    expect(outages(asked)).toEqual([]);
    expect(outages(asked, down)).toMatchObject([{ what: "the service has noticed: orders out of reach", data: { targets: [ACCOUNT_ID] } }]);
    expect(outages(asked, down, { ...down, now: after(40) })).toEqual([]);
  });

  test.each([
    ["a success", { outcome: "Healed" as const }],
    ["one without a next look", { nextLookAt: null }],
    ["one without an outcome", { outcome: null }],
    ["Azure's silence, once it answers", { outcome: "Escalated" as const, reason: "AzureUnavailable" as const }],
  ])("does not hide behind %s", (_, change) => {
    expect(decideTurn(turnInput({ ...observe, previous: { ...previous, ...change }, now: after(10) })).incident).not.toBeNull();
  });
});

describe("taking steps", () => {
  test("the first step that may be taken is next", () => {
    const turn = decideTurn(turnInput({ plan: planOf(aStep({ ready: false }), aStep({ id: "step-2", on: "y" })) }));
    expect(turn.next).toMatchObject({ do: "step", step: { id: "step-2" } });
    expect(incidentOf(turn).plan).toMatchObject({ hash: "h1", steps: [{ state: "waitsForEarlierStep" }, { state: "next" }] });
  });

  test("a step that waits for a person holds back none that need not", () => {
    const turn = decideTurn(turnInput({ plan: planOf(aStep({ needs: "approval" }), aStep({ id: "step-2" })) }));
    expect(turn.next).toMatchObject({ do: "step", step: { id: "step-2" } });
  });

  test("a write is not made again while its effect is awaited", () => {
    const turn = turns({}, { now: after(1), change: applied() });
    expect(turn.next).toMatchObject({ do: "wait", until: after(1.5) });
    expect(incidentOf(turn).plan?.steps).toMatchObject([{ state: "applied" }]);
  });

  test("a write that did not help after 15 minutes is tried again", () => {
    expect(turns({}, { now: after(16), change: applied() }).next).toMatchObject({ do: "step" });
  });

  test("a write that failed is tried again at once", () => {
    expect(turns({}, { now: after(1), change: applied({ result: "failed" }) }).next).toMatchObject({ do: "step" });
  });

  test("none is taken where access was taken away on purpose", () => {
    const facts = someFacts({ targets: [anAccount({ tags: { "keymend:revoked": "by security" } })] });
    expect(incidentOf(decideTurn(turnInput({ facts })))).toMatchObject({
      outcome: "Refused",
      reason: "RevokedOnPurpose",
      plan: { steps: [{ state: "refused" }] },
    });
  });

  test("one that turned out to be out of date does not count as a try", () => {
    expect(turns({}, { now: after(1), change: applied({ result: "stale" }) }).next).toMatchObject({ do: "step" });
  });

  test("three tries that did not help stop it", () => {
    const [entry] = applied({ result: "failed" }).applied!;
    const turn = turns({}, { now: after(60), change: { applied: [entry!, entry!, entry!] } });
    expect(incidentOf(turn)).toMatchObject({
      outcome: "Refused",
      reason: "Stopped",
      detail: "EnableKeyVersion on kv-orders/cmk was tried 3 times and did not help; POST /api/heal tries it again",
    });
    expect(incidentOf(turn).runbook.length).toBeGreaterThan(0);
  });

  test.each([
    [
      "NotPermitted: Forbidden: x",
      "NotPermitted",
      "Keymend is not permitted to do EnableKeyVersion on kv-orders/cmk, which takes keys/update; how a person does it is in the runbook",
    ],
    ...["NotAccepted: BadRequest: x", "Locked: ScopeLocked: x", "Firewall: x", "Conflict: x", "A word of an earlier version: x"].map(
      (words) => [words, "NotAccepted", `Azure refused EnableKeyVersion on kv-orders/cmk: ${words}`],
    ),
    [
      "AnsweredOtherwise: OtherValue: asked for exp 9, got -5; put back",
      "AnsweredOtherwise",
      "Azure answered EnableKeyVersion on kv-orders/cmk with another value, and it is not tried again: OtherValue: asked for exp 9, got -5; put back",
    ],
  ])("what Azure refuses with '%s' is escalated", (words, reason, detail) => {
    const turn = turns({}, { now: after(1), change: applied({ result: "refused", detail: words }) });
    expect(incidentOf(turn)).toMatchObject({ outcome: "Escalated", reason, detail, nextLookAt: after(61) });
  });

  describe("while the incident waits for something else", () => {
    const digest = (value: unknown): string => JSON.stringify(value);
    const asked = aStep({ id: "step-2", on: "y", needs: "approval" });
    const base = { plan: planOf(aStep(), asked), digest, permissions: ["few"] };
    const entry = (result: "refused" | "failed" | "done", detail: string, minutes: number) =>
      applied({ result, detail, at: after(minutes) }).applied![0]!;
    const refused = (detail: string) => ({ ...base, now: after(1), change: { applied: [entry("refused", detail, 0.5)] } });
    const operator = { signals: [aSignal({ id: "o1", source: "operator", at: after(8) })] };

    test.each<[string, string, Partial<TurnInput>, "step" | "wait"]>([
      ["not permitted is tried again once Keymend may do more", "NotPermitted: x", { permissions: ["more"] }, "step"],
      ["not permitted stays so while Keymend may do the same", "NotPermitted: x", {}, "wait"],
      ["not accepted stays so whatever Keymend may do", "NotAccepted: x", { permissions: ["more"] }, "wait"],
      ["not accepted is tried again where an operator asks anew", "NotAccepted: x", operator, "step"],
    ])("what was %s", (_what, detail, change, next) => {
      const turn = turns(base, refused(detail), { ...base, now: after(9), ...change });
      expect(turn.next.do).toBe(next);
      const told = incidentOf(turn).timeline.some(({ what }) => what.startsWith("Keymend's permissions have changed"));
      expect(told).toBe("permissions" in change);
    });

    test("what was tried three times is tried again where an operator asks anew; what was just written is waited for all the same", () => {
      const three = [1, 2, 3].map((minutes) => entry("failed", "", minutes));
      const stopped = { ...base, now: after(4), change: { applied: three } };
      expect(turns(base, stopped).next.do).toBe("wait");
      expect(turns(base, stopped, { ...base, ...operator, now: after(9) }).next.do).toBe("step");
      const written = { ...base, ...operator, now: after(9), change: { applied: [...three, entry("done", "", 7)] } };
      expect(turns(base, stopped, written).next.do).toBe("wait");
    });
  });

  const ENABLE = /^az keyvault key set-attributes .*--enabled true$/;
  test.each([
    ["NotPermitted: ForbiddenByRbac: x", [/by hand, or grant Keymend's identity keys\/update/, ENABLE]],
    ["Firewall: ForbiddenByFirewall: x", [/from an address that the vault's firewall lets in/, ENABLE]],
    ...["Locked: ScopeLocked: x", "Conflict: x", "AnsweredOtherwise: x", "A word of an earlier version: x"].map(
      (words): [string, RegExp[]] => [words, [ENABLE]],
    ),
    // The same again would be refused again.
    ["NotAccepted: BadRequest: no: more", [/^# Azure does not take EnableKeyVersion on kv-orders\/cmk: BadRequest: no: more$/]],
  ])("of what Azure refuses with '%s' the runbook says what a person can do", (words, lines) => {
    const { runbook } = incidentOf(turns({}, { now: after(1), change: applied({ result: "refused", detail: words }) }));
    expect(runbook).toEqual(lines.map((line) => expect.stringMatching(line)));
  });
});

describe("asking a person", () => {
  const ask = { plan: planOf(aStep({ needs: "approval" })) };

  test("waits, with the time when it gives up", () => {
    const turn = decideTurn(turnInput(ask));
    expect(turn.next).toMatchObject({ do: "wait", until: after(2) });
    expect(incidentOf(turn)).toMatchObject({
      state: "waiting",
      progress: { asked: { "step-1": { at: NOW } } },
      plan: { steps: [{ state: "waitsForApproval", needs: "approval" }] },
    });
  });

  test("an approval lets the step be taken", () => {
    const turn = turns(ask, { ...ask, now: after(5), decisions: [aDecision({ at: after(4) })] });
    expect(turn.next).toMatchObject({ do: "step" });
    expect(incidentOf(turn).decision).toEqual({ planHash: "h1", steps: ["step-1"], expiresAt: after(4 + 24 * 60) });
  });

  test("an approval of other steps does not", () => {
    expect(turns(ask, { ...ask, decisions: [aDecision({ steps: ["other"], questions: { other: "h1" } })] }).next).toMatchObject({
      do: "wait",
    });
  });

  test("an approval that has expired does not", () => {
    const turn = turns(ask, {
      ...ask,
      now: after(60),
      settings: someSettings({ approvalTtlMs: 2 * DAY }),
      decisions: [aDecision({ at: after(-3 * 24 * 60) })],
    });
    expect(turn.next).toMatchObject({ do: "wait" });
    expect(incidentOf(turn).decision).toBeNull();
  });

  const approved = { ...ask, decisions: [aDecision({ at: after(4) })] };
  const made = (result: "done" | "alreadyDone" | "failed") => applied({ at: after(5), result });

  test.each(["done", "alreadyDone"] as const)("an approval is used up once its step is %s: disabled again is asked again", (result) => {
    const turn = turns(ask, { ...approved, now: after(60), change: made(result) });
    expect(turn.next).toMatchObject({ do: "wait" });
    expect(incidentOf(turn)).toMatchObject({ decision: null, plan: { steps: [{ state: "waitsForApproval" }] } });
  });

  test("an approval whose step failed lets it be tried again", () => {
    expect(turns(ask, { ...approved, now: after(60), change: made("failed") }).next).toMatchObject({ do: "step" });
  });

  test("an approval that an earlier version kept, without its question, is asked for again", () => {
    const { questions: _, ...kept } = aDecision({ at: after(4) });
    expect(turns(ask, { ...ask, now: after(5), decisions: [kept] }).next).toMatchObject({ do: "wait" });
  });

  const digest = (value: unknown): string => JSON.stringify(value);
  const well = { ...nothingLeft, ...diagnosisOf(healthy()), now: after(6) };

  test("a plan that nothing calls for asks for no decision, and an approval of it from before lapses", () => {
    const first = decideTurn(turnInput({ ...ask, digest })).incident!;
    const mended = decideTurn(turnInput({ ...well, incident: first, decisions: approved.decisions })).incident!;
    expect(mended).toMatchObject({ state: "working", decision: null, plan: { steps: [] }, progress: { asked: {} } });
    const again = decideTurn(turnInput({ ...approved, digest, now: after(9), incident: mended }));
    expect(again.next).toMatchObject({ do: "wait" });
    expect(incidentOf(again).timeline.filter(({ what }) => what.startsWith("planned"))).toHaveLength(2);
  });

  test("a look that could not read everything lets no approval lapse", () => {
    const first = decideTurn(turnInput(ask)).incident!;
    const blind = diagnosisOf(seen({ findings: [finding("Unreadable")] }));
    const later = decideTurn(turnInput({ ...well, ...blind, incident: first, decisions: approved.decisions })).incident!;
    expect(later.plan?.steps).toMatchObject([{ state: "waitsForApproval" }]);
    expect(decideTurn(turnInput({ ...approved, now: after(9), incident: later })).next).toMatchObject({ do: "step" });
  });

  test("a rejection of other steps leaves this one asking", () => {
    expect(turns(ask, { ...ask, decisions: [aDecision({ decision: "reject", steps: ["other"] })] }).next).toMatchObject({ do: "wait" });
  });

  test("nobody's answer ends as ApprovalExpired", () => {
    const turn = turns(ask, { ...ask, now: after(24 * 60) });
    expect(incidentOf(turn)).toMatchObject({ outcome: "Refused", reason: "ApprovalExpired" });
  });

  test("shortly before that it looks again just in time", () => {
    expect(turns(ask, { ...ask, now: after(24 * 60 - 2) }).next).toMatchObject({ do: "wait", until: after(24 * 60) });
  });

  test("a step approved that waits for an earlier one is not taken out of turn", () => {
    const turn = turns(ask, {
      plan: planOf(aStep({ needs: "approval", ready: false })),
      decisions: [aDecision()],
      now: after(1),
      change: { causes: [] },
    });
    expect(incidentOf(turn).plan?.steps).toMatchObject([{ state: "waitsForEarlierStep" }]);
  });
});

describe("what a person said, or did, outlasts the incident", () => {
  const byPrivileged = {
    settings: someSettings({ privilegedCallers: ["boss"] }),
    signals: [aSignal({ caller: { objectId: "boss", name: null } })],
  };
  const rejected = turns(byPrivileged, {
    ...byPrivileged,
    now: after(5),
    decisions: [aDecision({ at: after(4), decision: "reject", reason: "meant" })],
  }).incident!;
  const sweep = {
    settings: byPrivileged.settings,
    signals: [aSignal({ id: "s", source: "sweep" })],
    previous: rejected,
    newId: "i2",
    now: after(70),
  };

  test("a no is not asked for again, nor overruled, by a later sweep", () => {
    const turn = decideTurn(turnInput(sweep));
    expect(incidentOf(turn)).toMatchObject({ outcome: "Refused", reason: "Rejected", authors: [{ objectId: "boss" }], endings: 2 });
  });

  test("an operator who asks anew gets the question anew", () => {
    const turn = decideTurn(turnInput({ ...sweep, signals: [aSignal({ id: "o", source: "operator" })] }));
    expect(incidentOf(turn)).toMatchObject({ state: "waiting", rejected: [] });
  });

  test("an approval given later does not lift it", () => {
    const first = decideTurn(turnInput({ ...sweep, signals: [aSignal({ id: "o", source: "operator" })] })).incident!;
    const turn = decideTurn(
      turnInput({ ...sweep, incident: { ...first, rejected: ["step-1"] }, decisions: [aDecision({ at: after(70) })] }),
    );
    expect(incidentOf(turn)).toMatchObject({ outcome: "Refused", reason: "Rejected" });
  });
});

describe("the service's own word", () => {
  const repaired = { now: after(1), change: applied(), ...nothingLeft };
  const silent = { verdict: "silent", says: "Updating" } as const;
  const mute = { verdict: "silent", says: null } as const;

  test("ends an outage that it had noticed; its silence does not", () => {
    const lost = diagnosisOf(seen({ phase: "revoked" }));
    const quiet = turns(lost, { ...repaired, ...diagnosisOf(healthy({ service: silent })) });
    expect(quiet.next).toMatchObject({ do: "wait", why: "the key path is whole; waiting for the service to say that it has access again" });
    expect(quiet.healthy).toBe(false);
    const said = turns(
      lost,
      { ...repaired, ...diagnosisOf(healthy({ service: silent })) },
      { ...repaired, now: after(9), ...diagnosisOf(healthy()) },
    );
    expect(incidentOf(said)).toMatchObject({ outcome: "Healed" });
    expect(said.healthy).toBe(true);
  });

  test.each([
    [silent, "'Updating'"],
    [mute, "nothing"],
  ])("that stays away for two hours is a person's matter: %j", (service, word) => {
    const turn = turns(
      diagnosisOf(seen({ phase: "revoked" })),
      { ...repaired, ...diagnosisOf(healthy({ service })) },
      {
        ...repaired,
        now: after(122),
        ...diagnosisOf(healthy({ service })),
      },
    );
    expect(incidentOf(turn)).toMatchObject({ outcome: "Escalated", reason: "NotRevalidated" });
    expect(incidentOf(turn).detail).toContain(`the service says ${word} of its access`);
  });

  test("is needed too where the path was broken and it had not noticed: a status that is missing proves nothing", () => {
    const broken = diagnosisOf(seen({ phase: "inGrace", service: mute }));
    const still = { ...repaired, ...diagnosisOf(healthy({ service: mute })) };
    expect(turns(broken, still, { ...still, now: after(90) }).next).toMatchObject({ do: "wait" });
    expect(incidentOf(turns(broken, still, { ...still, now: after(122) }))).toMatchObject({
      outcome: "Escalated",
      reason: "NotRevalidated",
      detail: expect.stringContaining("the service says nothing of its access") as string,
    });
  });

  test("is not claimed where it says nothing", () => {
    const quiet = diagnosisOf(healthy({ service: mute }));
    const looked = decideTurn(turnInput({ signals: [aSignal({ source: "sweep" })], ...quiet, ...nothingLeft }));
    const told = { outcome: { code: "NoChangeNeeded", detail: "the key path works; the service says nothing of its access" } };
    expect(looked.next).toMatchObject(told);
    expect(decideTurn(turnInput({ ...request, ...quiet, ...nothingLeft })).next).toMatchObject(told);
    const prevented = turns(diagnosisOf(seen({ phase: "atRisk", service: mute })), { ...repaired, ...quiet });
    expect(incidentOf(prevented)).toMatchObject({ outcome: "Prevented", detail: told.outcome.detail });
  });

  test("is kept with each database", () => {
    const says = "Access to your account is currently revoked (4002).";
    const turn = decideTurn(turnInput(diagnosisOf(seen({ phase: "revoked", service: { verdict: "lost", says } }))));
    expect(incidentOf(turn).targets).toMatchObject([{ serviceSays: says }]);
  });
});

describe("a database that is not among those of the vault any more", () => {
  test("stays on the incident, and is not said to be well", () => {
    const two = diagnosisOf(seen(), seen({ id: CLUSTER_ID, kind: "cluster" }));
    const one = { now: after(1), ...diagnosisOf(seen({ id: CLUSTER_ID, kind: "cluster" })) };
    expect(incidentOf(turns(two, one)).targets).toMatchObject([
      { id: CLUSTER_ID, outcome: null },
      { id: ACCOUNT_ID, outcome: "NoChangeNeeded", detail: "it is gone, or names no key of this vault any more" },
    ]);
    const none = turns(two, { now: after(1), ...diagnosisOf(), ...nothingLeft });
    expect(incidentOf(none)).toMatchObject({ state: "closed", outcome: "NoChangeNeeded" });
  });
});

describe("what a person is told", () => {
  test("are the commands, while the app waits for the answer; not while it works", () => {
    const asked = incidentOf(decideTurn(turnInput({ plan: planOf(aStep({ needs: "approval" })) })));
    expect(asked).toMatchObject({ state: "waiting", runbook: [expect.stringContaining("az keyvault key set-attributes")] });
    const settling = turns({}, { now: after(1), change: applied() });
    expect(incidentOf(settling)).toMatchObject({ state: "working", runbook: [] });
  });

  test("are no commands for what was rejected", () => {
    const turn = turns(
      { plan: planOf(aStep({ needs: "approval" })) },
      { now: after(1), plan: planOf(aStep({ needs: "approval" })), decisions: [aDecision({ decision: "reject" })] },
    );
    expect(incidentOf(turn)).toMatchObject({ outcome: "Refused", reason: "Rejected", runbook: [], plan: { steps: [{ az: [] }] } });
  });

  test("is also what showed a cause of a database that was mended before the others", () => {
    const of = (id: string, facts: string): TargetDiagnosis =>
      seen({ id, findings: [{ code: "PolicyMissing", evidence: { effect: "broken", facts: [facts], values: {} } }] });
    const turn = turns(diagnosisOf(of(ACCOUNT_ID, "a lacks"), of(CLUSTER_ID, "c lacks")), {
      now: after(1),
      ...diagnosisOf(healthy(), of(CLUSTER_ID, "c still lacks")),
    });
    expect(incidentOf(turn).causes).toMatchObject([
      { code: "PolicyMissing", targetIds: [ACCOUNT_ID, CLUSTER_ID], evidence: ["a lacks", "c lacks", "c still lacks"] },
    ]);
  });
});

describe("verifying", () => {
  const repaired = { now: after(1), change: applied(), ...diagnosisOf(healthy()), ...nothingLeft };

  test("a path mended in grace is proven only after the service's next check: 65 minutes, healthy all along", () => {
    expect(turns({}, repaired).next).toMatchObject({ do: "wait", until: after(1.5) });
    const later = (minutes: number) => ({ now: after(minutes), ...diagnosisOf(healthy()), ...nothingLeft });
    expect(turns({}, repaired, later(65)).next).toMatchObject({ do: "wait", until: after(66) });
    expect(incidentOf(turns({}, repaired, later(66)))).toMatchObject({
      outcome: "OutageAvoided",
      targets: [{ phaseBefore: "inGrace", phase: "healthy", outcome: "OutageAvoided" }],
    });
  });

  test("the checks come after 30 s, 1, 2, then every 5 minutes", () => {
    const look = (minutes: number) => ({ now: after(minutes), ...diagnosisOf(healthy()), ...nothingLeft });
    const untils = [
      turns({}, repaired),
      turns({}, repaired, look(2)),
      turns({}, repaired, look(2), look(4)),
      turns({}, repaired, look(2), look(4), look(8)),
    ].map((turn) => turn.next);
    expect(untils).toMatchObject([{ until: after(1.5) }, { until: after(3) }, { until: after(6) }, { until: after(13) }]);
  });

  test("a path that breaks again starts the proof anew", () => {
    const broken = { now: after(30), plan: blocked(aBlock({ kind: "wait", cause: "VaultUnreachable" })) };
    const again = { now: after(40), ...diagnosisOf(healthy()), ...nothingLeft };
    expect(turns({}, repaired, broken, again, { ...again, now: after(66) }).next).toMatchObject({ do: "wait" });
  });

  test("a database that the service had given up is healed as soon as the service says so", () => {
    const turn = turns(
      { ...diagnosisOf(seen({ phase: "revoked" })) },
      { ...repaired, ...diagnosisOf(recovering()) },
      { now: after(20), ...diagnosisOf(healthy()), ...nothingLeft },
    );
    expect(incidentOf(turn)).toMatchObject({ outcome: "Healed", detail: "verified: key path and service both healthy" });
  });

  test("one that the service gives up during the proof counts as an outage", () => {
    const turn = turns(
      {},
      repaired,
      { now: after(30), ...diagnosisOf(recovering()), ...nothingLeft },
      { now: after(90), ...diagnosisOf(healthy()), ...nothingLeft },
    );
    expect(incidentOf(turn)).toMatchObject({ outcome: "Healed" });
  });

  test("a risk taken away is Prevented at once", () => {
    const turn = turns({ ...diagnosisOf(seen({ phase: "atRisk", findings: [finding("KeyNearExpiry")] })) }, repaired);
    expect(incidentOf(turn)).toMatchObject({ outcome: "Prevented" });
  });

  test("after an hour it says that it is slow, once; after two it asks for help", () => {
    const waiting = (minutes: number) => ({ now: after(minutes), ...diagnosisOf(recovering()), ...nothingLeft });
    const slow = turns({}, { ...repaired, ...diagnosisOf(recovering()) }, waiting(61));
    expect(slow.entries.map((entry) => entry.what)).toEqual(["the service has not noticed for 1 h, longer than documented; still waiting"]);
    const still = turns({}, { ...repaired, ...diagnosisOf(recovering()) }, waiting(61), waiting(66));
    expect(still.entries).toEqual([]);
    const late = turns({}, { ...repaired, ...diagnosisOf(recovering()) }, waiting(61), waiting(121));
    expect(incidentOf(late)).toMatchObject({ outcome: "Escalated", reason: "NotRevalidated" });
    expect(incidentOf(late).runbook.at(-1)).toMatch(/^az support in-subscription tickets create /);
  });

  test("what somebody else mended is Superseded", () => {
    const turn = turns(
      { plan: planOf(aStep({ needs: "approval" })), ...diagnosisOf(seen({ phase: "revoked" })) },
      { now: after(10), ...diagnosisOf(healthy()), ...nothingLeft },
    );
    expect(incidentOf(turn)).toMatchObject({ outcome: "Superseded", detail: "someone else mended it" });
  });

  test("what somebody else mended while ours was refused is theirs", () => {
    const turn = turns(
      { ...diagnosisOf(seen({ phase: "revoked" })) },
      { now: after(1), change: applied({ result: "refused" }), ...diagnosisOf(healthy()), ...nothingLeft },
    );
    expect(incidentOf(turn)).toMatchObject({ outcome: "Superseded" });
  });
});

describe("what no step mends", () => {
  test.each(["escalate", "unrecoverable"] as const)("%s ends with the cause as the reason", (kind) => {
    const plan = blocked(aBlock({ kind }));
    const turn = turns({ plan }, { plan, now: after(15) });
    expect(incidentOf(turn)).toMatchObject({
      outcome: kind === "escalate" ? "Escalated" : "Unrecoverable",
      reason: "KeyGone",
      detail: "nobody can",
    });
  });

  test("what could not be read for a moment makes no outage of a risk", () => {
    const soon = finding("KeyNearExpiry");
    const risk = { ...soon, evidence: { ...soon.evidence, effect: "willBreak" as const } };
    const unread = { code: "Unreadable" as const, evidence: { effect: "unknown" as const, facts: ["403"], values: {} } };
    const repaired = { now: after(2), change: applied(), ...diagnosisOf(healthy()), ...nothingLeft };
    const first = diagnosisOf(seen({ phase: "inGrace", findings: [risk, unread] }));
    expect(incidentOf(turns(first, repaired))).toMatchObject({ outcome: "Prevented" });
    const both = diagnosisOf(seen({ phase: "inGrace", findings: [finding("KeyExpired"), unread] }));
    expect(turns(both, repaired).next).toMatchObject({ do: "wait" });
  });

  test("a verdict that can't be taken back is made sure of first: a key just deleted answers 404 everywhere for seconds", () => {
    const plan = blocked(aBlock());
    expect(decideTurn(turnInput({ plan })).next).toMatchObject({ do: "wait", until: after(0.5) });
    const gone = turns({ plan }, { now: after(1), plan: planOf(aStep({ needs: "approval" })) });
    expect(incidentOf(gone).progress.verdictSince).toEqual({});
  });

  describe("what could not be read", () => {
    const plan = blocked(aBlock({ kind: "escalate", cause: "Unreadable", reason: "403" }));
    const unread = { plan, ...diagnosisOf(seen({ phase: "inGrace", findings: [finding("Unreadable")] })) };

    test("is escalated only once it was so for a while: one refusal may be a grant on its way", () => {
      expect(decideTurn(turnInput(unread)).next).toMatchObject({ do: "wait", until: after(0.5) });
      expect(incidentOf(turns(unread, { ...unread, now: after(3) }))).toMatchObject({ outcome: "Escalated", reason: "Unreadable" });
    });

    test("proves no loss: nobody mended anything where all is well once it can be read", () => {
      const turn = turns(unread, { now: after(1), ...diagnosisOf(healthy()), ...nothingLeft });
      expect(incidentOf(turn)).toMatchObject({ outcome: "NoChangeNeeded" });
    });

    test("takes nothing from a loss that was seen before or after", () => {
      const broken = diagnosisOf(seen({ phase: "inGrace" }));
      const mended = { now: after(90), ...diagnosisOf(healthy()), ...nothingLeft };
      for (const looks of [
        [unread, broken],
        [broken, unread],
      ] as const) {
        const turn = turns(looks[0], { ...looks[1], now: after(1) }, { ...mended, now: after(2) }, mended);
        expect(incidentOf(turn)).toMatchObject({ outcome: "Superseded" });
      }
    });
  });

  test("what may pass is waited for, two hours at most", () => {
    const plan = blocked(aBlock({ kind: "wait", cause: "VaultUnreachable", reason: "may pass" }));
    expect(decideTurn(turnInput({ plan })).next).toMatchObject({ do: "wait", until: after(0.5), why: "may pass" });
    expect(incidentOf(turns({ plan }, { plan, now: after(120) }))).toMatchObject({ outcome: "Escalated", reason: "VaultUnreachable" });
  });

  test("a finding with neither step nor block is never taken for healthy", () => {
    expect(incidentOf(decideTurn(turnInput({ ...nothingLeft })))).toMatchObject({ outcome: "Escalated", reason: "InternalError" });
  });
});

describe("putting things in order around a database that is well", () => {
  test("a new event subscription keeps no baseline from being kept; one that the baseline has does", () => {
    const params = { topicId: "T", topicLocation: "l", source: VAULT_ID, name: "keymend-keys", properties: {} };
    const arm = { ...aStep({ id: "arm", causes: [] }), name: "RestoreEventSubscription" as const, params };
    const healthyWith = (...eventSubscriptions: EventSubscriptionFacts[]): boolean => {
      const facts = someFacts({ baseline: aBaseline({ eventSubscriptions }) });
      return decideTurn(turnInput({ ...sweep, plan: planOf(arm), facts })).healthy;
    };
    expect([healthyWith(), healthyWith(aSubscription({ topicId: "T" })), healthyWith(aSubscription({ name: "keymend-keys" }))]).toEqual([
      true,
      true,
      true,
    ]);
    expect(healthyWith(aSubscription({ topicId: "t", name: "KEYMEND-keys" }))).toBe(false);
    expect(decideTurn(turnInput({ ...sweep, plan: planOf(arm), facts: someFacts({ baseline: null }) })).healthy).toBe(true);
  });

  test("is neither what a finding waits for nor what mends it", () => {
    const plan = {
      steps: [aStep({ id: "tidy", causes: [], needs: "approval" })],
      blocks: [aBlock({ kind: "escalate", cause: "KeyUnfit" })],
    };
    const turn = decideTurn(turnInput({ plan, ...diagnosisOf(seen({ findings: [finding("KeyUnfit")] })) }));
    expect(incidentOf(turn)).toMatchObject({ outcome: "Escalated", reason: "KeyUnfit" });
  });

  const tidy = aStep({ id: "tidy", causes: [] });
  const sweep = { signals: [aSignal({ source: "sweep" })], plan: planOf(tidy), ...diagnosisOf(healthy()) };

  test("opens an incident by itself and keeps the baseline that remembers what is missing", () => {
    const turn = decideTurn(turnInput(sweep));
    expect(turn).toMatchObject({ healthy: false, next: { do: "step", step: { id: "tidy" } } });
  });

  test("ends as Prevented once it is done", () => {
    const turn = turns(sweep, { ...sweep, now: after(1), ...nothingLeft, change: applied({ id: "tidy" }) });
    expect(incidentOf(turn)).toMatchObject({ outcome: "Prevented" });
  });

  test("waits for what was written to show", () => {
    expect(turns(sweep, { ...sweep, now: after(1), change: applied({ id: "tidy" }) }).next).toMatchObject({ do: "wait" });
  });

  test("is escalated where Azure refuses it, and not begun again before the next look", () => {
    const refused = turns(sweep, {
      ...sweep,
      now: after(1),
      change: applied({ id: "tidy", result: "refused", detail: "NotPermitted: x" }),
    });
    expect(incidentOf(refused)).toMatchObject({ outcome: "Escalated", reason: "NotPermitted" });
    expect(decideTurn(turnInput({ ...sweep, previous: refused.incident, now: after(5) })).incident).toBeNull();
  });

  test("stops after three tries", () => {
    const [entry] = applied({ id: "tidy", result: "failed" }).applied!;
    const turn = turns(sweep, { ...sweep, now: after(60), change: { applied: [entry!, entry!, entry!] } });
    expect(incidentOf(turn)).toMatchObject({ outcome: "Refused", reason: "Stopped" });
  });

  test("is no matter where a person would have to be asked", () => {
    expect(decideTurn(turnInput({ ...sweep, settings: someSettings({ mode: "approve" }) }))).toMatchObject({
      incident: null,
      next: { outcome: { code: "NoChangeNeeded" } },
    });
  });
});

describe("several databases", () => {
  const facts = someFacts({ targets: [anAccount(), anAccount({ id: CLUSTER_ID, kind: "cluster" })] });
  const cluster = (over: object = {}) => seen({ id: CLUSTER_ID, kind: "cluster", ...over });

  test("each has its own outcome; the incident's is the worst", () => {
    const plan = blocked(aBlock({ kind: "escalate", cause: "KeyUnfit", targetIds: [CLUSTER_ID] }));
    const turn = decideTurn(turnInput({ facts, plan, ...diagnosisOf(healthy(), cluster({ findings: [finding("KeyUnfit")] })) }));
    expect(incidentOf(turn)).toMatchObject({
      outcome: "Escalated",
      targets: [{ outcome: "NoChangeNeeded" }, { outcome: "Escalated", reason: "KeyUnfit" }],
    });
  });

  test("one that has ended is told while another is still worked on", () => {
    const plan = {
      steps: [aStep({ needs: "approval" })],
      blocks: [aBlock({ kind: "escalate", cause: "KeyUnfit", targetIds: [CLUSTER_ID] })],
    };
    const turn = decideTurn(turnInput({ facts, plan, ...diagnosisOf(seen(), cluster({ findings: [finding("KeyUnfit")] })) }));
    expect(turn.next.do).toBe("wait");
    expect(incidentOf(turn)).toMatchObject({ state: "waiting", targets: [{ outcome: null }, { outcome: "Escalated" }] });
  });

  test("the same cause on both is told once, with all contradictions", () => {
    const turn = decideTurn(turnInput({ facts, ...diagnosisOf(seen({ contradictions: ["a"] }), cluster({ contradictions: ["b"] })) }));
    expect(incidentOf(turn).causes).toEqual([
      { code: "AccessMissing", targetIds: [ACCOUNT_ID, CLUSTER_ID], evidence: ["AccessMissing because"], contradictions: ["a", "b"] },
    ]);
  });

  test("a cause stays on the incident once found, and gathers the databases it struck", () => {
    const turn = turns(
      { facts },
      { facts, now: after(1), ...diagnosisOf(healthy(), cluster()) },
      { facts, now: after(2), ...diagnosisOf(seen({ findings: [finding("KeyExpired")] }), cluster({ findings: [], phase: "healthy" })) },
    );
    expect(incidentOf(turn).causes.map(({ code, targetIds }) => [code, targetIds])).toEqual([
      ["AccessMissing", [ACCOUNT_ID, CLUSTER_ID]],
      ["KeyExpired", [ACCOUNT_ID]],
    ]);
  });
});

test("a turn never changes the incident it was given", () => {
  const before = incidentOf(decideTurn(turnInput()));
  const copy = structuredClone(before);
  decideTurn(
    turnInput({ incident: before, now: after(MINUTE), signals: [aSignal({ id: "new" })], ...diagnosisOf(healthy()), ...nothingLeft }),
  );
  expect(before).toEqual(copy);
});

describe("what was read is told in a line", () => {
  const factsLine = (facts: ReturnType<typeof someFacts>): string | undefined =>
    decideTurn(turnInput({ facts })).entries.find((entry) => entry.kind === "facts")?.what;

  test.each([
    ["an RBAC vault", someFacts(), "kv-orders: 1 database, 1 key, RBAC (facts digest)"],
    [
      "an access-policy vault",
      someFacts({ vault: aPolicyVault(), keys: [] }),
      "kv-orders: 1 database, 0 keys, access policies (facts digest)",
    ],
    [
      "a vault that is gone",
      someFacts({ vault: { state: "gone", id: null, name: "kv-orders" } }),
      "kv-orders: 1 database, vault nowhere to be found (facts digest)",
    ],
    [
      "a database of its own",
      someFacts({ vault: null, patient: { id: ACCOUNT_ID, kind: "database", vaultName: null } }),
      "orders: 1 database, no vault (facts digest)",
    ],
  ])("of %s", (_, facts, line) => {
    expect(factsLine(facts)).toBe(line);
  });
});

describe("a database that never came up", () => {
  const stranger = seen({
    id: CLUSTER_ID,
    kind: "cluster",
    phase: "revoked",
    findings: [{ code: "ProvisioningFailed", evidence: { effect: "broken", facts: ["it never came up"], values: {} } }],
  });
  const block = aBlock({ cause: "ProvisioningFailed", kind: "escalate", targetIds: [CLUSTER_ID], reason: "it never came up" });

  test("says how the incident ended where nothing else does", () => {
    const turn = decideTurn(turnInput({ ...diagnosisOf(healthy(), stranger), plan: blocked(block) }));
    expect(incidentOf(turn)).toMatchObject({ outcome: "Escalated", reason: "ProvisioningFailed" });
  });

  test("does not colour what became of the others", () => {
    const turn = turns(
      { ...diagnosisOf(seen({ phase: "atRisk" }), stranger), plan: { steps: [aStep()], blocks: [block] } },
      { change: applied(), ...diagnosisOf(healthy(), stranger), plan: blocked(block) },
    );
    expect(incidentOf(turn)).toMatchObject({ outcome: "Prevented", targets: [{ outcome: "Prevented" }, { outcome: "Escalated" }] });
  });
});
