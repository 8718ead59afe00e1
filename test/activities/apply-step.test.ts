import { describe, expect, test } from "vitest";
import { type ApplyDeps, type Claim, createApplyStep } from "../../src/activities/apply-step.ts";
import { TransientError } from "../../src/domain/errors.ts";
import type { Facts } from "../../src/domain/facts.ts";
import type { Decision, Incident } from "../../src/domain/incident.ts";
import { diagnose } from "../../src/domain/plan/diagnose.ts";
import type { Step } from "../../src/domain/steps/step.ts";
import { questionId } from "../../src/domain/turn/questions.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import { userAssigned } from "../../src/domain/databases/default-identity.ts";
import {
  ACCOUNT_ID,
  aKey,
  anAccount,
  aVault,
  aVersion,
  IDENTITY_ID,
  KEY_URI,
  NOW,
  PRINCIPAL,
  someFacts,
  someSettings,
  V1,
  V2,
  VAULT_ID,
} from "../support/builders.ts";
import { Died, diesAfter, failsOnce, fakeEdges, throwing, transient } from "../support/fakes.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { aDecision, after, aSignal, aStep, PATIENT, planOf, turnInput } from "../support/turns.ts";
import { aWish } from "../support/wishes.ts";

const disabled = someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])] });
const enabled = someFacts({ keys: [aKey([aVersion(V1)])] });

const anAuthor = (objectId: string) => ({
  objectId,
  operation: "microsoft.authorization/roleassignments/delete",
  scope: { kind: "vault" as const, id: VAULT_ID },
  at: NOW,
});
const { digest } = fakeEdges().deps;

/** An open incident, as the look before the step left it. */
function incidentBefore(step: Step, change: Partial<Incident> = {}): Incident {
  const { incident } = decideTurn(turnInput({ plan: planOf(step) }));
  return { ...incident!, ...change };
}

type Setting = { facts?: Facts; step?: Step; incident?: Partial<Incident>; decisions?: Decision[]; deps?: Partial<ApplyDeps> };

function setUp({ facts = disabled, step = aStep(), incident, decisions = [], deps = {} }: Setting = {}) {
  const edges = fakeEdges(facts);
  edges.incidents.put(incidentBefore(step, incident));
  edges.azure.write = async () => {
    edges.azure.facts = enabled;
    return { kind: "done", detail: "200" };
  };
  edges.mailbox.decisions.push(...decisions);
  const all = { ...edges.deps, settings: someSettings(), ...deps };
  const apply = (over: Partial<ApplyDeps> = {}, turn = 7) =>
    createApplyStep({ ...all, ...over })({ patient: PATIENT, incidentId: "i1", step, turn });
  const stored = (): Incident => edges.incidents.all[0]!;
  return { ...edges, apply, stored };
}

describe("a step that may be taken", () => {
  test("is written once: the intent stands in the audit before, how it went after", async () => {
    const { apply, journal, audit, azure } = setUp();
    expect(await apply()).toEqual({ kind: "settled", result: "done" });
    expect(journal).toEqual(["claim", "audit step", "write", "audit step", "save working"]);
    expect(azure.writes).toEqual([aStep()]);
    expect(audit.rows).toEqual([
      {
        incidentId: "i1",
        entryId: "7-step-intent",
        kind: "step",
        what: "about to write: EnableKeyVersion on kv-orders/cmk",
        data: { step: aStep(), identity: { capability: "keys", principalId: "own-keys" } },
        at: NOW,
        actor: "keymend",
      },
      expect.objectContaining({
        entryId: "7-step-ending",
        data: { step: aStep(), result: "done", detail: "200", identity: { capability: "keys", principalId: "own-keys" } },
      }),
    ]);
  });

  test("is on the incident afterwards, in list, timeline and plan, and the schedule of looks begins anew", async () => {
    const { apply, stored } = setUp({ incident: { progress: { looks: 4, verdictSince: {}, saidSlow: false } } });
    await apply();
    expect(stored().applied).toEqual([
      {
        about: null,
        id: "step-1",
        name: "EnableKeyVersion",
        on: aStep().on,
        at: NOW,
        result: "done",
        detail: "200",
        targetIds: aStep().targetIds,
        causes: aStep().causes,
      },
    ]);
    expect(stored().timeline.at(-1)).toEqual({ at: NOW, what: "EnableKeyVersion on kv-orders/cmk: done" });
    expect(stored().plan!.steps).toMatchObject([{ id: "step-1", state: "applied" }]);
    expect(stored().progress.looks).toBe(0);
  });

  test("is told in the log before and after, with its incident and vault", async () => {
    const { apply, lines } = setUp();
    await apply();
    expect(lines).toEqual([
      {
        level: "info",
        event: "write",
        fields: expect.objectContaining({ incidentId: "i1", vaultId: VAULT_ID, text: expect.stringContaining("AccessMissing of orders") }),
      },
      { level: "info", event: "step", fields: expect.objectContaining({ incidentId: "i1", vaultId: VAULT_ID, result: "done" }) },
    ]);
  });

  test("that Azure works on for long is followed by the looks: where to ask is on the incident", async () => {
    const params = { targetId: ACCOUNT_ID, keyUri: KEY_URI, first: { defaultIdentity: userAssigned(IDENTITY_ID) } };
    const step: Step = { ...aStep(), name: "SetKeyUri", params, on: ACCOUNT_ID };
    const { apply, azure, stored } = setUp({ step, facts: someFacts({ targets: [anAccount({ keyUri: null })] }) });
    azure.write = async () => ({ kind: "submitted", poller: "https://management.azure.com/op" });
    expect(await apply()).toEqual({ kind: "followed" });
    expect(stored()).toMatchObject({
      applied: [],
      progress: { looks: 0, following: { step: { name: "SetKeyUri" }, poller: "https://management.azure.com/op", since: NOW } },
    });
    expect(stored().timeline.at(-1)?.what).toBe("SetKeyUri on orders was taken by Azure, which works on it");
  });

  test("that Azure works on comes back with where to ask; nothing is recorded yet but the intent", async () => {
    const { apply, azure, audit, stored } = setUp();
    azure.write = async () => ({ kind: "submitted", poller: "https://management.azure.com/op" });
    expect(await apply()).toEqual({ kind: "submitted", poller: "https://management.azure.com/op" });
    expect(audit.rows.map(({ entryId }) => entryId)).toEqual(["7-step-intent"]);
    expect(stored().applied).toEqual([]);
  });

  test("is recorded with Azure's own ids of what was sent for it, however it ended; what Azure works on hands them on", async () => {
    const requests = [{ method: "PATCH", url: "https://management.azure.com/x", status: 202, requestId: "r1", correlationId: "c1" }];
    const done = setUp();
    done.azure.write = async () => ({ kind: "done", detail: "ok", requests });
    await done.apply();
    const refused = setUp();
    refused.azure.write = async () => ({ kind: "refused", reason: "NotPermitted", code: "x", detail: "no", requests });
    await refused.apply();
    for (const { stored, audit } of [done, refused]) {
      expect(stored().applied).toMatchObject([{ requests }]);
      expect(audit.rows.at(-1)).toMatchObject({ data: { requests } });
    }
    const taken = setUp();
    taken.azure.write = async () => ({ kind: "submitted", poller: "p", requests });
    expect(await taken.apply()).toEqual({ kind: "submitted", poller: "p", requests });
  });

  test("that Azure refuses is recorded as refused, with its code", async () => {
    const { apply, azure, stored } = setUp();
    azure.write = async () => ({ kind: "refused", reason: "NotPermitted", code: "AuthorizationFailed", detail: "no" });
    expect(await apply()).toEqual({ kind: "settled", result: "refused" });
    expect(stored().applied).toMatchObject([{ result: "refused", detail: "NotPermitted: AuthorizationFailed: no" }]);
    expect(stored().plan!.steps).toMatchObject([{ state: "refused" }]);
  });

  test("leaves the other steps of the plan as they stand", async () => {
    const other = aStep({ id: "step-2", on: "y" });
    const { incident } = decideTurn(turnInput({ plan: planOf(aStep(), other) }));
    const { apply, stored } = setUp({ incident: { plan: incident!.plan } });
    await apply();
    expect(stored().plan!.steps.map(({ state }) => state)).toEqual(["applied", "next"]);
  });

  test("an extended expiry is counted for the key version", async () => {
    const step: Step = {
      ...aStep(),
      name: "ExtendKeyExpiry",
      params: {
        vaultId: VAULT_ID,
        vaultUri: "https://KV-orders.vault.azure.net",
        key: "CMK",
        version: V1,
        expiresOn: after(60 * 24 * 90),
        previous: after(60),
        extensions: 1,
      },
    };
    const facts = someFacts({ keys: [aKey([aVersion(V1, { expiresOn: after(60) })])] });
    const { apply, extensions } = setUp({ step, facts });
    expect(await apply()).toMatchObject({ result: "done" });
    expect(extensions).toEqual([`kv-orders/cmk/${V1}: 1`]);
  });
});

describe("what is read just before the write decides", () => {
  test("a step that is done already is recorded as such and not written", async () => {
    const { apply, azure, stored } = setUp({ facts: enabled });
    expect(await apply()).toEqual({ kind: "settled", result: "alreadyDone" });
    expect(azure.writes).toEqual([]);
    expect(stored().applied).toMatchObject([{ result: "alreadyDone", detail: "it is so already" }]);
    expect(stored().plan!.steps).toMatchObject([{ state: "applied" }]);
  });

  test("a step whose facts have changed is stale: recorded, not written, and not shown as applied", async () => {
    const { apply, azure, stored } = setUp({ facts: someFacts({ keys: [aKey([])] }) });
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    expect(azure.writes).toEqual([]);
    expect(stored().applied).toMatchObject([{ result: "stale", detail: `version ${V1} of key cmk is not there` }]);
    expect(stored().plan!.steps).toMatchObject([{ state: "next" }]);
  });

  const tags = { "keymend:revoked": "" };
  test.each([
    ["the database", { targets: [anAccount({ tags })] }],
    ["the vault", { vault: aVault({ tags }) }],
    ["the key", { keys: [{ ...aKey([aVersion(V1, { enabled: false })]), tags }] }],
  ])("a tag keymend:revoked set on %s between plan and act stops the write", async (_, change) => {
    const { apply, journal } = setUp({ facts: { ...disabled, ...(change as Partial<Facts>) } });
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    expect(journal).toEqual([]);
  });

  test.each(["observe", "approve", "whatever"])("a tag keymend:mode=%s set between plan and act stops the write", async (mode) => {
    const { apply, journal } = setUp({ facts: { ...disabled, targets: [anAccount({ tags: { "keymend:mode": mode } })] } });
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    expect(journal).toEqual([]);
  });

  describe("a step that somebody wants", () => {
    const wanted: Setting = { step: { ...aStep({ causes: [] }), wish: "w1" }, facts: { ...disabled, wishes: [aWish()] } };
    const calledOff = [aWish(undefined, { cancelled: { at: NOW, by: "bob", reason: "stop" } })];

    test("is written", async () => {
      const { apply, stored } = setUp(wanted);
      expect(await apply()).toMatchObject({ result: "done" });
      expect(stored().applied).toMatchObject([{ wish: "w1" }]);
    });

    test("and called off since the plan is not, nor what is called off while it is claimed", async () => {
      const before = setUp(wanted);
      expect(await before.apply({ listWishes: async () => calledOff })).toEqual({ kind: "settled", result: "stale" });
      expect([before.journal, before.azure.writes]).toEqual([[], []]);
      const meanwhile = setUp(wanted);
      let times = 0;
      const listWishes = async () => (++times > 1 ? calledOff : [aWish()]);
      expect(await meanwhile.apply({ listWishes })).toEqual({ kind: "settled", result: "stale" });
      expect([meanwhile.journal, meanwhile.azure.writes]).toEqual([["claim"], []]);
    });
  });

  const asked = { needs: "approval" as const, causes: ["KeyDisabled" as const] };
  const approved = (over: Partial<Decision> = {}): Setting => {
    const step = aStep(asked);
    const diagnosis = diagnose(disabled, someSettings());
    const { progress } = decideTurn(turnInput({ plan: planOf(step), diagnosis, facts: disabled, digest })).incident!;
    const questions = { "step-1": questionId(step, progress.asked!["step-1"]!, digest) };
    return { step, incident: { progress }, decisions: [aDecision({ questions, ...over })] };
  };

  test("a step that needed approval is written while the approval is in force", async () => {
    const { apply, azure } = setUp(approved());
    expect(await apply()).toMatchObject({ result: "done" });
    expect(azure.writes).toHaveLength(1);
  });

  const off = { enabled: false };
  const bothDisabled = { ...disabled, keys: [aKey([aVersion(V1, off), aVersion(V2, off)])], targets: [anAccount({ versionInUse: V2 })] };
  const rejected = aDecision({ id: "no", decision: "reject" });
  test.each<[string, Setting]>([
    ["has expired meanwhile", approved({ at: after(-24 * 60) })],
    ["is for another step", approved({ steps: ["step-2"], questions: {} })],
    ["is not there", { ...approved(), decisions: [] }],
    ["is of other evidence", { ...approved(), facts: bothDisabled }],
    ["is beaten by a no", { ...approved(), decisions: [...approved().decisions!, rejected] }],
  ])("a step whose approval %s is not written", async (_, setting) => {
    const { apply, azure } = setUp(setting);
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    expect(azure.writes).toEqual([]);
  });

  test("a no that comes while the step is being claimed stops it: nobody reads later what was decided", async () => {
    const { apply, azure, mailbox, journal } = setUp(approved());
    const claim = async (one: Claim): Promise<boolean> => {
      mailbox.decisions.push(rejected);
      return mailbox.claim(one);
    };
    expect(await apply({ mailbox: { ...mailbox, claim } })).toEqual({ kind: "settled", result: "stale" });
    expect([journal, azure.writes]).toEqual([["claim"], []]);
  });

  const unheld = { troubles: [], atWork: [], resumedAt: null, stormTold: false };
  const paused = { ...unheld, pause: { reason: "a migration", by: "o1", name: "ada", at: NOW, until: null } };

  test("a pause since the plan stops the write, and so does one that comes while the step is being claimed", async () => {
    const before = setUp();
    before.restraint.now = paused;
    expect(await before.apply()).toEqual({ kind: "settled", result: "stale" });
    expect(before.journal).toEqual([]);
    const { apply, restraint, mailbox, journal } = setUp();
    const claim = async (one: Claim): Promise<boolean> => {
      restraint.now = paused;
      return mailbox.claim(one);
    };
    expect(await apply({ mailbox: { ...mailbox, claim } })).toEqual({ kind: "settled", result: "stale" });
    expect(journal).toEqual(["claim"]);
  });

  test("so does a storm", async () => {
    const { apply, restraint, journal } = setUp();
    const troubles = Array.from({ length: 11 }, (_, i) => ({ vaultId: `https://kv${i}.vault.azure.net`, since: NOW, causes: [] }));
    restraint.now = { ...unheld, pause: null, troubles };
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    expect(journal).toEqual([]);
  });

  test("so do as many vaults as are written to at once, also those that have begun since the plan", async () => {
    const crowd = Array.from({ length: 10 }, (_, place) => ({ place, vaultId: `https://kv${place}.vault.azure.net`, at: NOW }));
    const { apply, restraint, journal } = setUp();
    restraint.now = { ...unheld, pause: null, atWork: crowd };
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    const late = { load: async () => ({ ...unheld, pause: null }), takePlace: async () => false };
    const second = setUp();
    expect(await second.apply({ restraint: late })).toEqual({ kind: "settled", result: "stale" });
    expect([journal, second.journal, second.azure.writes]).toEqual([[], [], []]);
  });

  test("its vault has a place among those from then on", async () => {
    const { apply, restraint } = setUp();
    await apply();
    expect(restraint.now.atWork).toEqual([{ place: 0, vaultId: PATIENT.id, at: NOW }]);
  });

  test("two runs of the same activity at the same time write once", async () => {
    const { apply, azure } = setUp();
    const write = azure.write;
    azure.write = async () => {
      await new Promise((resolve) => void setImmediate(resolve));
      return write();
    };
    const runs = await Promise.all([apply(), apply(), apply()]);
    expect(azure.writes).toHaveLength(1);
    expect(runs.map(({ kind }) => kind).toSorted()).toEqual(["again", "again", "settled"]);
    expect(runs.find(({ kind }) => kind === "again")).toEqual({
      kind: "again",
      afterMs: 30_000,
      why: expect.stringContaining("EnableKeyVersion"),
    });
  });

  test("who is behind it is read again too: a privileged caller who is told of in between", async () => {
    const { apply, azure, mailbox } = setUp({
      deps: { settings: someSettings({ privilegedCallers: [PRINCIPAL] }) },
      incident: { authors: [anAuthor("x")] },
    });
    mailbox.signals.push(aSignal({ id: "e2", caller: { objectId: PRINCIPAL, name: null } }));
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    expect(azure.writes).toEqual([]);
  });

  test("a change by a privileged caller is not undone without approval", async () => {
    const { apply, azure } = setUp({
      incident: { authors: [anAuthor(PRINCIPAL)] },
      deps: { settings: someSettings({ privilegedCallers: [PRINCIPAL.toUpperCase()] }) },
    });
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    expect(azure.writes).toEqual([]);
  });
});

describe("what does not work at once", () => {
  test.each([
    [transient(), { kind: "again", afterMs: null }],
    [transient(7000), { kind: "again", afterMs: 7000 }],
  ])("comes back as `again`, with how long Azure asked to wait", async (error, expected) => {
    const { apply, azure, stored, deps } = setUp();
    azure.write = throwing(error);
    expect(await apply()).toMatchObject(expected);
    expect(await apply({ gatherFacts: failsOnce(deps.gatherFacts, error) })).toMatchObject(expected);
    expect(stored().applied).toEqual([]);
  });

  test("a failed audit write stops the step before any write", async () => {
    const { apply, azure, audit } = setUp();
    expect(await apply({ audit: { append: failsOnce(audit.append, transient()) } })).toMatchObject({ kind: "again" });
    expect(azure.writes).toEqual([]);
  });

  test("an audit that fails for no known reason stops it too, visibly", async () => {
    const { apply, azure, audit } = setUp();
    await expect(apply({ audit: { append: failsOnce(audit.append, new Error("boom")) } })).rejects.toThrow("boom");
    expect(azure.writes).toEqual([]);
  });

  test("an unknown error is thrown on", async () => {
    const { apply, azure } = setUp();
    azure.write = throwing(new TypeError("a mistake"));
    await expect(apply()).rejects.toThrow("a mistake");
  });

  test("an incident that is gone is a mistake, not a reason to write", async () => {
    const { deps, journal } = setUp();
    const apply = createApplyStep({ ...deps, settings: someSettings() });
    await expect(apply({ patient: PATIENT, incidentId: "other", step: aStep(), turn: 7 })).rejects.toThrow("incident other");
    expect(journal).toEqual([]);
  });

  test("an incident saved by someone else meanwhile is read again later", async () => {
    const { apply, incidents } = setUp();
    expect(await apply({ incidents: { ...incidents, save: failsOnce(incidents.save, transient()) } })).toMatchObject({ kind: "again" });
  });
});

const uncertain = new TransientError({ operation: "do it", resourceId: "/x", retryAfterMs: null, detail: "gone", isUncertain: true });

describe("an answer that is lost after the write", () => {
  function lose(edges: ReturnType<typeof setUp>, facts: Facts): void {
    edges.azure.write = async () => {
      edges.azure.facts = facts;
      throw transient();
    };
  }

  test("is read back: what is so now was our own write, once", async () => {
    const edges = setUp();
    lose(edges, enabled);
    expect(await edges.apply()).toEqual({ kind: "settled", result: "done" });
    expect(edges.stored().applied).toMatchObject([{ result: "done", detail: "Azure's answer was lost; it is so now" }]);
    expect(edges.azure.writes).toHaveLength(1);
  });

  test("and does not show yet counts as one write once the next turn finds it done", async () => {
    const edges = setUp();
    lose(edges, disabled);
    expect(await edges.apply()).toMatchObject({ kind: "again" });
    edges.azure.facts = enabled;
    expect(await edges.apply({}, 8)).toEqual({ kind: "settled", result: "alreadyDone" });
    expect(edges.azure.writes).toHaveLength(1);
    expect(edges.stored().applied).toHaveLength(1);
  });

  test("and can't be looked for is left for a later look to find", async () => {
    const edges = setUp();
    edges.azure.write = throwing(uncertain);
    let reads = 0;
    const once: ApplyDeps["gatherFacts"] = async () => {
      if (++reads > 1) throw transient();
      return disabled;
    };
    expect(await edges.apply({ gatherFacts: once })).toMatchObject({ kind: "again" });
    expect(edges.stored()).toMatchObject({ applied: [], progress: { sent: aStep() } });
    edges.azure.write = async () => ({ kind: "done", detail: "200" });
    expect(await edges.apply({}, 8)).toMatchObject({ result: "done" });
    expect(edges.stored().progress).not.toHaveProperty("sent");
  });

  test("shows in the incident while it is tried again, once for all tries in a row, with the time of the next at the latest", async () => {
    const edges = setUp();
    edges.azure.write = throwing(transient());
    for (const turn of [7, 8]) expect(await edges.apply({}, turn)).toMatchObject({ kind: "again" });
    const said = edges.stored().timeline.filter(({ what }) => what.includes("got no answer that counts"));
    expect(said).toMatchObject([{ what: expect.stringMatching(/^EnableKeyVersion on .* tried again: /) }]);
    expect(edges.stored().nextLookAt).toBe(after(5));
    edges.azure.write = throwing(transient(20 * MINUTE));
    expect(await edges.apply({}, 9)).toMatchObject({ afterMs: 20 * MINUTE });
    expect(edges.stored().nextLookAt).toBe(after(20));
  });

  test("is not remembered where Azure refused: somebody else's mending must not count as ours", async () => {
    const edges = setUp();
    edges.azure.write = throwing(transient());
    expect(await edges.apply()).toMatchObject({ kind: "again" });
    expect(edges.stored().progress).not.toHaveProperty("sent");
  });

  test("is not asked about where Azure said to wait: it did nothing then", async () => {
    const edges = setUp();
    edges.azure.write = throwing(transient(1000));
    let reads = 0;
    const gatherFacts = async () => {
      reads++;
      return disabled;
    };
    expect(await edges.apply({ gatherFacts })).toMatchObject({ kind: "again", afterMs: 1000 });
    expect(reads).toBe(1);
  });
});

describe("an activity that runs again in the same turn", () => {
  test("after dying behind the write finds it done, by itself: one write, one record", async () => {
    const { apply, azure, stored, deps } = setUp();
    await expect(apply({ writer: { submit: diesAfter(deps.writer.submit) } })).rejects.toThrow(Died);
    expect(await apply()).toEqual({ kind: "settled", result: "done" });
    expect(azure.writes).toHaveLength(1);
    expect(stored().applied).toMatchObject([{ result: "done", detail: "Azure's answer was lost; it is so now" }]);
    expect(stored().progress).not.toHaveProperty("sent");
  });

  const tagged = { ...disabled, targets: [anAccount({ tags: { "keymend:revoked": "" } })] };
  test.each<[string, Facts, object]>([
    ["does not show yet", disabled, { kind: "again" }],
    ["can't be looked for, as its precondition is gone", someFacts({ keys: [aKey([])] }), { kind: "settled", result: "stale" }],
    ["is not wanted any more", tagged, { kind: "settled", result: "stale" }],
  ])("after dying behind a write that %s leaves it to a later look to find", async (_, facts, expected) => {
    const { apply, azure, stored, deps } = setUp();
    await expect(apply({ writer: { submit: diesAfter(deps.writer.submit) } })).rejects.toThrow(Died);
    azure.facts = facts;
    expect(await apply()).toMatchObject(expected);
    expect(stored().progress.sent).toEqual(aStep());
    expect(azure.writes).toHaveLength(1);
    azure.facts = enabled;
    expect(await apply({}, 8)).toMatchObject({ result: "done" });
    expect(stored().applied.at(-1)).toMatchObject({ result: "done" });
    expect(stored().progress).not.toHaveProperty("sent");
    expect(azure.writes).toHaveLength(1);
  });

  test("after dying behind a write that Azure is still at says nothing of it before that is over", async () => {
    const params = { targetId: ACCOUNT_ID, defaultIdentity: userAssigned(IDENTITY_ID) };
    const step: Step = { ...aStep(), name: "SetDefaultIdentity", params, on: ACCOUNT_ID };
    const lost = anAccount({ defaultIdentity: { form: "firstParty" } });
    const { apply, azure, stored, audit, deps } = setUp({ step, facts: someFacts({ targets: [lost] }) });
    await expect(apply({ writer: { submit: diesAfter(deps.writer.submit) } })).rejects.toThrow(Died);
    azure.facts = someFacts({ targets: [{ ...lost, service: { ...lost.service, provisioningState: "Updating" } }] });
    expect(await apply()).toEqual({ kind: "settled", result: "stale" });
    expect(stored()).toMatchObject({ applied: [], progress: { sent: step } });
    expect(audit.rows.map(({ entryId }) => entryId)).toEqual(["7-step-intent"]);
    azure.facts = someFacts();
    expect(await apply({}, 8)).toMatchObject({ result: "done" });
    expect(azure.writes).toHaveLength(1);
  });

  test("after dying behind a write that is followed by now follows it still, and claims nothing twice", async () => {
    const params = { targetId: ACCOUNT_ID, keyUri: KEY_URI, first: { defaultIdentity: userAssigned(IDENTITY_ID) } };
    const step: Step = { ...aStep(), name: "SetKeyUri", params, on: ACCOUNT_ID };
    const { apply, azure, stored } = setUp({ step, facts: someFacts({ targets: [anAccount({ keyUri: null })] }) });
    azure.write = async () => ({ kind: "submitted", poller: "https://management.azure.com/op" });
    await apply();
    azure.facts = someFacts();
    expect(await apply()).toEqual({ kind: "followed" });
    expect(stored()).toMatchObject({ applied: [], progress: { following: { step: { name: "SetKeyUri" } } } });
    expect(stored().progress).not.toHaveProperty("sent");
  });

  test("after dying between the audit and the incident has one ending in each", async () => {
    const { apply, azure, stored, audit } = setUp();
    const endingDies = diesAfter(audit.append);
    const append: typeof audit.append = (id, entries) =>
      entries[0]?.entryId === "7-step-ending" ? endingDies(id, entries) : audit.append(id, entries);
    await expect(apply({ audit: { append } })).rejects.toThrow(Died);
    await apply();
    expect(azure.writes).toHaveLength(1);
    expect(stored().applied).toHaveLength(1);
    expect(audit.rows.map(({ entryId }) => entryId)).toEqual(["7-step-intent", "7-step-ending"]);
  });

  test("after dying before the write leaves it to the next look: what was claimed may have been written", async () => {
    const { apply, azure, audit } = setUp();
    await expect(apply({ audit: { append: diesAfter(audit.append) } })).rejects.toThrow(Died);
    expect(await apply()).toMatchObject({ kind: "again", afterMs: 30_000 });
    expect(azure.writes).toEqual([]);
    expect(await apply({}, 8)).toMatchObject({ result: "done" });
    expect(audit.rows.map(({ entryId }) => entryId)).toEqual(["7-step-intent", "8-step-intent", "8-step-ending"]);
  });

  test.each([
    ["done", {}, "done"],
    ["alreadyDone", { facts: enabled }, "alreadyDone"],
    ["stale", { facts: someFacts({ keys: [aKey([])] }) }, "stale"],
  ])("after saving that it is %s adds nothing", async (_, setting, result) => {
    const { apply, azure, stored, incidents, audit } = setUp(setting);
    await expect(apply({ incidents: { ...incidents, save: diesAfter(incidents.save) } })).rejects.toThrow(Died);
    const before = structuredClone({ incident: stored(), audit: audit.rows, writes: azure.writes });
    expect(await apply()).toEqual({ kind: "settled", result });
    expect({ incident: stored(), audit: audit.rows, writes: azure.writes }).toEqual(before);
  });

  test("after saving a refusal does not ask Azure a second time", async () => {
    const { apply, azure, stored, incidents } = setUp();
    azure.write = async () => ({ kind: "refused", reason: "NotAccepted", code: "BadRequest", detail: "" });
    await expect(apply({ incidents: { ...incidents, save: diesAfter(incidents.save) } })).rejects.toThrow(Died);
    expect(await apply()).toEqual({ kind: "settled", result: "refused" });
    expect(azure.writes).toHaveLength(1);
    expect(stored().applied).toHaveLength(1);
  });
});
