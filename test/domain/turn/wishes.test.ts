import { describe, expect, test } from "vitest";
import type { Incident } from "../../../src/domain/incident.ts";
import type { PlannedWish } from "../../../src/domain/plan.ts";
import { completeStep } from "../../../src/domain/steps/index.ts";
import type { Step } from "../../../src/domain/steps/step.ts";
import { operationInShort } from "../../../src/domain/short-names.ts";
import { HOUR, MINUTE, toIso, toMs } from "../../../src/domain/time.ts";
import { judgeNow } from "../../../src/domain/turn/judge-steps.ts";
import { judgeStep } from "../../../src/domain/turn/policy.ts";
import type { TurnInput } from "../../../src/domain/turn/record.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { aBaseline, ACCOUNT_ID, anAccount, aKey, aVersion, NOW, someFacts, someSettings, V1 } from "../../support/builders.ts";
import { draft } from "../../support/steps.ts";
import { after, blocked, diagnosisOf, healthy, planOf, recovering, seen, turnInput } from "../../support/turns.ts";
import { aStatusOf, aWish, RESTORE, REVOKE, turnOn } from "../../support/wishes.ts";

const wanted = (over: Parameters<typeof aWish>[1] = {}) => aWish(undefined, over);

const aPlanned = (over: Partial<PlannedWish> = {}): PlannedWish => ({
  wish: wanted(),
  requirements: [],
  targetIds: [ACCOUNT_ID],
  reached: { done: false, detail: "waiting for it" },
  unmet: null,
  awaits: null,
  scan: null,
  stands: false,
  undo: [],
  before: undefined,
  disposable: [],
  ...over,
});

const wishStep = (over: Partial<Pick<Step, "id" | "ready">> = {}): Step => ({
  ...completeStep(draft("EnableKeyVersion"), { causes: [], targetIds: [ACCOUNT_ID], needs: "nothing", ready: true }),
  id: "step-1",
  wish: "w1",
  ...over,
});

/** A turn on a healthy vault of which somebody wants something. */
function turn(planned: Partial<PlannedWish> = {}, over: Partial<TurnInput> = {}, ...steps: Step[]) {
  const one = aPlanned(planned);
  return decideTurn(
    turnInput({
      ...diagnosisOf(healthy()),
      signals: [],
      facts: someFacts({ wishes: [one.wish] }),
      plan: { ...planOf(...steps), wishes: [one] },
      ...over,
    }),
  );
}

describe("a wish", () => {
  test("takes nothing back of which no look has told yet", () => {
    const restore = aWish(RESTORE, { id: "w2", at: after(1) });
    const facts = someFacts({ wishes: [aWish(REVOKE), restore] });
    const { incident } = turn({ wish: restore, reached: { done: true, detail: "it is so" } }, { facts });
    expect(incident?.wishes).toMatchObject([{ id: "w2", outcome: "Completed" }]);
  });

  test("that is so already is told and ends at once, with an incident of its own though nothing is wrong", () => {
    const wish = wanted();
    const { incident, entries, next } = decideTurn(turnOn(someFacts({ wishes: [wish] })));
    expect(next).toMatchObject({ do: "end", outcome: { code: "Completed", reason: null, detail: "every requirement is met" } });
    expect(incident?.wishes).toMatchObject([{ id: "w1", state: "closed", outcome: "Completed", closedAt: NOW, incidentId: "i1" }]);
    expect(entries.map(({ kind, entryId }) => `${kind} ${entryId}`)).toEqual([
      "wish 0-wish-w1",
      "wish 0-wish-w1-requirements",
      "facts 0-facts",
      "diagnosis 0-diagnosis",
      "wish 0-wish-w1-ending",
      "outcome 0-outcome",
    ]);
    expect(incident?.timeline[0]?.what).toBe("check-requirements on kv-orders/cmk, wanted by ada: change 42");
  });

  test.each<[what: string, planned: Partial<PlannedWish>, outcome: string, reason: string | null, detail: RegExp]>([
    [
      "called off",
      { wish: wanted({ cancelled: { at: NOW, by: "bob", reason: "not today" } }) },
      "Refused",
      "Cancelled",
      /not today; nothing of it was written/,
    ],
    ["out of time", { wish: wanted({ until: NOW }) }, "Escalated", "OutOfTime", /not done by .*: waiting for it/],
    ["with a requirement that is not met", { unmet: "grant: none" }, "Refused", "RequirementsUnmet", /grant: none/],
    ["that is so, whatever is not met", { reached: { done: true, detail: "so" }, unmet: "x" }, "Completed", null, /^so$/],
  ])("%s ends so", (_, planned, outcome, reason, detail) => {
    const { next, incident } = turn(planned);
    expect(next).toMatchObject({ do: "end", outcome: { code: outcome, reason } });
    expect(incident?.wishes?.[0]).toMatchObject({ outcome, reasonCode: reason, detail: expect.stringMatching(detail) as string });
  });

  test("with nothing left to write waits, as often as repairs are looked at, and no longer than it is wanted", () => {
    const { next, incident } = turn();
    expect(next).toEqual({ do: "wait", until: toIso(toMs(NOW) + 30_000), why: "waiting for it" });
    expect(incident?.wishes?.[0]).toMatchObject({ state: "working", outcome: null, progress: { what: "waiting for it", since: NOW } });
    expect(turn({ wish: wanted({ until: toIso(toMs(NOW) + 1000) }) }).next).toMatchObject({ until: toIso(toMs(NOW) + 1000) });
  });

  test("says since when it waits for the same", () => {
    const status = aStatusOf({ progress: { what: "waiting for it", percent: null, since: after(-60), etaSeconds: null } });
    expect(turn({ wish: wanted({ status }) }).incident?.wishes?.[0]?.progress.since).toBe(after(-60));
    const other = aStatusOf({ progress: { ...status.progress, what: "something else" } });
    expect(turn({ wish: wanted({ status: other }) }).incident?.wishes?.[0]?.progress.since).toBe(NOW);
  });

  test("has its step made, and is on the incident meanwhile", () => {
    const { next, incident } = turn({}, {}, wishStep());
    expect(next).toMatchObject({ do: "step", step: { wish: "w1" } });
    expect(incident).toMatchObject({
      state: "working",
      wishes: [{ id: "w1", state: "working" }],
      plan: { steps: [{ wish: "w1", state: "next" }] },
    });
  });

  test("ends once in an incident, which goes on with what else there is", () => {
    const first = decideTurn(
      turnInput({
        facts: someFacts({ wishes: [wanted()] }),
        ...diagnosisOf(recovering()),
        plan: { ...blocked(), wishes: [aPlanned({ reached: { done: true, detail: "so" } })] },
      }),
    );
    expect(first.next).toMatchObject({ do: "wait" });
    const again = decideTurn(
      turnInput({
        incident: first.incident,
        turn: 1,
        now: after(10),
        ...diagnosisOf(healthy()),
        facts: someFacts({ wishes: [wanted()] }),
        plan: { ...blocked(), wishes: [aPlanned({ reached: { done: false, detail: "not so any more" } })] },
      }),
    );
    expect(again.next).toMatchObject({ do: "end", outcome: { code: "Completed" } });
    expect(again.entries.filter(({ kind }) => kind === "wish")).toEqual([]);
    expect(again.incident?.wishes).toMatchObject([{ outcome: "Completed", closedAt: NOW }]);
  });

  test("that is to stay so stands once it is done, and not where it was refused", () => {
    expect(turn({ stands: true, reached: { done: true, detail: "so" } }).incident?.wishes?.[0]?.stands).toBe(true);
    expect(turn({ stands: true, unmet: "x" }).incident?.wishes?.[0]?.stands).toBe(false);
    expect(turn({ stands: true }).incident?.wishes?.[0]?.stands).toBe(false);
  });

  test("in observe mode is refused, for nothing of it is written", () => {
    expect(turn({}, { settings: someSettings({ mode: "observe" }) }, wishStep()).next).toMatchObject({
      outcome: { code: "Refused", reason: "ObserveMode" },
    });
  });

  test("in approve mode waits for a person, and says so", () => {
    const { next, incident } = turn({}, { settings: someSettings({ mode: "approve" }) }, wishStep());
    expect(next).toMatchObject({ do: "wait" });
    expect(incident).toMatchObject({ state: "waiting", wishes: [{ state: "waiting" }] });
  });

  test("while Keymend is paused is refused", () => {
    const held = { reason: "Paused" as const, since: NOW, why: "paused" };
    expect(turn({}, { held }, wishStep()).next).toMatchObject({ outcome: { code: "Refused", reason: "Paused" } });
  });
});

describe("a write that Azure works on for long", () => {
  const step = wishStep();
  const following = { step, poller: "https://management.azure.com/op", since: NOW };
  const followed = (planned: Partial<PlannedWish> = {}, ...steps: Step[]) => {
    const { incident } = turn({}, {}, wishStep());
    const progress = { ...incident!.progress, following };
    return turn(planned, { incident: { ...incident!, progress }, turn: 1, now: after(HOUR / MINUTE) }, ...steps);
  };

  test("is waited for as long as it takes, and not made again", () => {
    const { next, incident } = followed({ wish: wanted({ until: after(1) }), reached: { done: true, detail: "so" } }, step);
    expect(next).toMatchObject({
      do: "wait",
      why: `EnableKeyVersion on kv-orders/cmk/11111111 was taken by Azure, which works on it since ${NOW}`,
    });
    expect(incident?.plan?.steps[0]?.state).toBe("applied");
    expect(followed({ unmet: "key: disabled since" }).next).toMatchObject({ do: "wait" });
  });

  test("goes on though the wish is called off, which is told", () => {
    const cancelled = { at: NOW, by: "bob", reason: "stop" };
    expect(followed({ wish: wanted({ cancelled }) }).incident?.wishes?.[0]?.detail).toBe(
      "called off: stop; EnableKeyVersion on kv-orders/cmk/11111111 was taken by Azure, which goes on with it",
    );
  });
});

describe("a wish that was half done", () => {
  const written: Partial<Incident> = {
    applied: [
      {
        id: "step-1",
        name: "EnableKeyVersion",
        on: "https://kv-orders.vault.azure.net/keys/cmk",
        at: after(-60),
        result: "done",
        detail: "",
        targetIds: [ACCOUNT_ID],
        causes: [],
        wish: "w1",
      },
    ],
  };
  const ended = (planned: Partial<PlannedWish>, ...steps: Step[]) => {
    const before = turn({}, {}, wishStep()).incident!;
    return turn(planned, { incident: { ...before, ...written }, turn: 1, now: after(HOUR / MINUTE) }, ...steps);
  };

  test("says what was written and that there is a way back, where there is one", () => {
    const cancelled = { at: NOW, by: "bob", reason: "stop" };
    const { incident } = ended({ wish: wanted({ cancelled }), undo: ["az"] });
    expect(incident?.wishes?.[0]).toMatchObject({
      detail: "called off: stop; written so far: EnableKeyVersion on kv-orders/cmk; how to go back is under undo",
      undo: ["az"],
    });
    expect(ended({ wish: wanted({ cancelled }) }).incident?.wishes?.[0]?.detail).toBe(
      "called off: stop; written so far: EnableKeyVersion on kv-orders/cmk",
    );
  });

  describe("though a write of it got no answer", () => {
    const sent = { ...wishStep(), id: "step-2" };
    const lost = (planned: Partial<PlannedWish>, over: Partial<Incident> = {}, step: Step = sent) => {
      const before = turn({}, {}, wishStep()).incident!;
      const incident = { ...before, ...over, progress: { ...before.progress, sent: step } };
      return turn(planned, { facts: someFacts({ keys: [aKey([])], wishes: [wanted()] }), incident, turn: 1, now: after(1) });
    };
    const cancelled = { at: NOW, by: "bob", reason: "stop" };
    const called = { wish: wanted({ cancelled }), undo: ["az"] };

    test("does not say that nothing was written", () => {
      const unanswered = "EnableKeyVersion on kv-orders/cmk/11111111 got no answer, and whether it was done does not show yet";
      expect(lost(called).incident?.wishes?.[0]?.detail).toBe(`called off: stop; ${unanswered}; how to go back is under undo`);
      expect(lost(called, written).incident?.wishes?.[0]?.detail).toMatch(/written so far: EnableKeyVersion on kv-orders\/cmk; EnableKey/);
      expect(lost(called, {}, { ...sent, wish: "w2" }).incident?.wishes?.[0]?.detail).toMatch(/nothing of it was written$/);
    });

    test("is nobody's to refuse, and what may be begun of a revocation stays", () => {
      expect(lost({ unmet: "vault: gone" }).incident?.wishes).toMatchObject([{ outcome: "Escalated", reasonCode: "RequirementsUnmet" }]);
      expect(lost({ ...called, stands: true }).incident?.wishes).toMatchObject([{ outcome: "Refused", stands: true }]);
    });
  });

  test("ends where one of its steps is refused by Azure, though another waits", () => {
    const refused = { ...written.applied![0]!, id: "step-2", result: "refused" as const, detail: "NotPermitted: 403: no" };
    const before = turn({}, {}, wishStep()).incident!;
    const { next } = turn(
      {},
      { incident: { ...before, applied: [...written.applied!, refused] }, turn: 1, now: after(1) },
      wishStep({ ready: false, id: "step-3" }),
      wishStep({ id: "step-2" }),
    );
    expect(next).toMatchObject({
      outcome: { code: "Escalated", reason: "NotPermitted", detail: expect.stringMatching(/written so far/) as string },
    });
  });

  test("waits for the first of its steps that takes effect", () => {
    const before = turn({}, {}, wishStep()).incident!;
    const settling = { ...written.applied![0]!, at: NOW };
    const incident = { ...before, applied: [settling, { ...settling, id: "step-2" }] };
    const { next } = turn({}, { incident, turn: 1, now: after(1) }, wishStep(), wishStep({ id: "step-2" }));
    expect(next).toMatchObject({ do: "wait", why: expect.stringMatching(/is done; waiting for it to take effect/) as string });
  });

  test("leaves its databases what they were: no repair of theirs was made", () => {
    const { incident } = ended({ reached: { done: true, detail: "so" } });
    expect(incident?.targets).toMatchObject([{ outcome: "NoChangeNeeded" }]);
  });
});

describe("a step that a wish asks for", () => {
  const facts = someFacts({ wishes: [wanted()] });
  const step = wishStep();
  const settings = someSettings({ privilegedCallers: ["boss"] });

  test("is allowed without an author: who wants it is on record", () => {
    expect(judgeStep(step, facts, settings, [])).toEqual({ kind: "allow" });
    expect(judgeStep(step, facts, settings, ["boss"])).toEqual({ kind: "allow" });
  });

  test("is asked about where it gives a stranger access: who wants a key given back has named no stranger", () => {
    const grant = { ...wishStep(), ...draft("GrantKeyRole") };
    expect(judgeStep(grant, facts, someSettings(), [])).toMatchObject({
      kind: "ask",
      why: expect.stringMatching(/never had|never/) as string,
    });
    const known = someFacts({ wishes: [wanted()], baseline: aBaseline() });
    expect(judgeStep(grant, known, someSettings(), [])).toEqual({ kind: "allow" });
  });

  test.each([
    ["nobody wants anything", undefined],
    ["somebody else wants something", [wanted({ id: "w2" })]],
    ["it was called off", [wanted({ cancelled: { at: NOW, by: "bob", reason: "stop" } })]],
    ["its time is over", [wanted({ until: NOW })]],
    ["it has ended", [wanted({ status: aStatusOf({ state: "closed" }) })]],
  ])("is refused where %s", (_, wishes) => {
    expect(judgeStep(step, someFacts(wishes ? { wishes } : {}), settings, [])).toMatchObject({ kind: "refuse", reason: "Cancelled" });
  });

  test("is made on a vault that no database depends on yet, and a repair is not", () => {
    const bare = someFacts({ targets: [], wishes: [wanted()] });
    const { wish: _, ...repair } = step;
    expect(judgeStep(step, bare, someSettings(), [])).toEqual({ kind: "allow" });
    expect(judgeStep({ ...repair, causes: ["KeyDisabled"] }, bare, someSettings(), [])).toEqual({ kind: "observe" });
  });

  test("is refused where access was taken away on purpose, and asked about where that may be hidden", () => {
    const tagged = someFacts({ targets: [anAccount({ tags: { "keymend:revoked": "" } })], wishes: [wanted()] });
    expect(judgeStep(step, tagged, someSettings(), [])).toMatchObject({ kind: "refuse", reason: "RevokedOnPurpose" });
    const blind = { ...facts, keys: [{ state: "unreadable" as const, why: "denied" as const, detail: "403", name: "cmk" }] };
    expect(judgeStep(step, blind, someSettings(), [])).toMatchObject({ kind: "ask" });
  });

  test("is not asked about because the same was mended before: somebody wants it", () => {
    const repeated: Incident = {
      ...turn({}, {}, step).incident!,
      repairs: [{ cause: "KeyDisabled", targetId: ACCOUNT_ID, at: after(-60) }],
      progress: {
        looks: 0,
        verdictSince: {},
        saidSlow: false,
        losses: [{ cause: "KeyDisabled", targetId: ACCOUNT_ID, since: after(-30), byEvent: false }],
      },
    };
    const disabled = someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])], wishes: [wanted()] });
    const view = { ...turnInput(diagnosisOf(seen())), facts: disabled, incident: repeated };
    const { wish: _, ...repair } = { ...step, causes: ["KeyDisabled" as const] };
    expect(judgeNow(repair, view).kind).toBe("ask");
    expect(judgeNow({ ...repair, wish: "w1" }, view)).toEqual({ kind: "allowed", ready: true });
  });
});

test("a write of a wish whose answer was lost is still that wish's once it shows", () => {
  const before = turn({}, {}, wishStep()).incident!;
  const incident = { ...before, progress: { ...before.progress, sent: wishStep() } };
  expect(turn({}, { incident, turn: 1 }).incident?.applied).toMatchObject([{ id: "step-1", result: "done", wish: "w1" }]);
});

test("facts of an earlier version hold no wishes; what the plan has is judged all the same", () => {
  const { next } = turn({ reached: { done: true, detail: "so" } }, { facts: someFacts() });
  expect(next).toMatchObject({ outcome: { code: "Completed" } });
});

test("an operation on a database of its own is named by that", () => {
  const patient = { id: ACCOUNT_ID, kind: "database" as const, vaultName: null };
  expect(operationInShort(wanted({ patient }))).toBe("check-requirements on orders/cmk");
});
