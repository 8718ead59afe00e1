import { describe, expect, test } from "vitest";
import { createPollStep, type PollDeps, type PollInput, type PollState } from "../../src/activities/poll-step.ts";
import type { WriteRequest } from "../../src/domain/incident.ts";
import { userAssigned } from "../../src/domain/databases/default-identity.ts";
import type { Step } from "../../src/domain/steps/step.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, aKey, aVersion, IDENTITY_ID, KEY_URI, someFacts, someSettings, V1, VAULT_ID } from "../support/builders.ts";
import { Died, diesAfter, fakeEdges, transient } from "../support/fakes.ts";
import { after, aStep, PATIENT, planOf, turnInput } from "../support/turns.ts";

const opened = (step: Step) => decideTurn(turnInput({ plan: planOf(step) })).incident!;

function setUp(state: PollState | Error, step = aStep()) {
  const edges = fakeEdges();
  edges.incidents.put(opened(step));
  const poll = async () => {
    if (state instanceof Error) throw state;
    return state;
  };
  const ask = (over: Partial<PollDeps> = {}, turn = 3, requests?: WriteRequest[], more: Pick<PollInput, "since" | "follows"> = {}) =>
    createPollStep({ ...edges.deps, settings: someSettings(), poll, ...over })({
      ...more,
      patient: PATIENT,
      incidentId: "i1",
      step,
      turn,
      poller: "https://op",
      requests,
    });
  return { ...edges, ask, stored: () => edges.incidents.all[0]! };
}

test("an operation that runs is asked about again: nothing is recorded", async () => {
  const { ask, journal } = setUp({ kind: "running" });
  expect(await ask()).toEqual({ kind: "running" });
  expect(journal).toEqual([]);
});

describe("an operation that runs for long", () => {
  const since = after(-6);
  const running = { kind: "running" } as const;

  test("is followed by the looks from now on, once, however often that is said", async () => {
    const { ask, stored, audit } = setUp(running);
    const requests = [{ method: "PATCH", url: "https://management.azure.com/x", status: 202, requestId: "r1", correlationId: "c1" }];
    expect(await ask({}, 3, requests, { since })).toEqual({ kind: "followed" });
    const first = structuredClone(stored());
    expect(first.progress).toMatchObject({ following: { step: { id: "step-1" }, poller: "https://op", since, requests }, looks: 0 });
    expect(first.timeline.at(-1)?.what).toMatch(/ was taken by Azure, which works on it$/);
    expect(await ask({}, 3, requests, { since })).toEqual({ kind: "followed" });
    expect(stored()).toEqual(first);
    expect(audit.rows).toEqual([]);
  });

  test("is asked about here where the looks follow another", async () => {
    const { ask, stored, incidents } = setUp(running);
    const following = { step: { ...aStep(), id: "step-2" }, poller: "https://other", since };
    incidents.put({ ...stored(), progress: { ...stored().progress, following } });
    expect(await ask({}, 3, undefined, { since })).toEqual(running);
    expect(stored().progress.following).toEqual(following);
  });

  test("is followed for two hours: then what it did is read", async () => {
    const long = setUp(running);
    expect(await long.ask({}, 3, undefined, { since: after(-119), follows: true })).toEqual(running);
    expect(await long.ask({}, 3, undefined, { since: after(-120), follows: true })).toEqual({ kind: "settled", result: "done" });
    expect(long.stored().applied).toMatchObject([
      { result: "done", detail: "Azure accepted it and has worked on it for 2 h; what it did is read" },
    ]);
  });

  test("is followed for as long as it takes where it encrypts what an account holds", async () => {
    const params = { targetId: ACCOUNT_ID, keyUri: KEY_URI, first: { defaultIdentity: userAssigned(IDENTITY_ID) } };
    const { ask } = setUp(running, { ...aStep(), name: "SetKeyUri", params });
    expect(await ask({}, 3, undefined, { since: after(-9999), follows: true })).toEqual(running);
  });
});

test("an operation that succeeded is recorded as done", async () => {
  const { ask, stored, audit } = setUp({ kind: "succeeded" });
  expect(await ask()).toEqual({ kind: "settled", result: "done" });
  expect(stored().applied).toMatchObject([{ id: "step-1", result: "done", detail: "Azure says Succeeded" }]);
  expect(audit.rows.map(({ entryId }) => entryId)).toEqual(["3-step-ending"]);
});

test.each<PollState>([{ kind: "succeeded" }, { kind: "unknown", detail: "no" }, { kind: "failed", code: "x", detail: "no" }])(
  "what was sent for it stands on the incident and in the audit, by Azure's own ids: $kind",
  async (state) => {
    const requests = [{ method: "PATCH", url: "https://management.azure.com/x", status: 202, requestId: "r1", correlationId: "c1" }];
    const { ask, stored, audit } = setUp(state);
    await ask({}, 3, requests);
    expect(stored().applied).toMatchObject([{ requests }]);
    expect(audit.rows).toMatchObject([{ data: { requests } }]);
  },
);

test("an operation that failed is recorded with Azure's words, and its step is not shown as applied", async () => {
  const { ask, stored } = setUp({ kind: "failed", code: "InternalServerError", detail: "try later" });
  expect(await ask()).toEqual({ kind: "settled", result: "failed" });
  expect(stored().applied).toMatchObject([{ result: "failed", detail: "InternalServerError: try later" }]);
  // It may have done its write all the same.
  expect(stored().progress).toHaveProperty("sent");
  expect(stored().plan!.steps).toMatchObject([{ state: "refused" }]);
});

test("an operation whose progress may not be read counts as written, never as a reason to write again", async () => {
  const { ask, stored } = setUp({ kind: "unknown", detail: "AuthorizationFailed: no" });
  expect(await ask()).toEqual({ kind: "settled", result: "done" });
  expect(stored().applied).toMatchObject([{ result: "done", detail: expect.stringContaining("AuthorizationFailed: no") }]);
});

test("an extension that Azure took its time for is counted too", async () => {
  const on = { vaultId: VAULT_ID, vaultUri: "https://kv-orders.vault.azure.net", key: "cmk", version: V1 };
  const step: Step = { ...aStep(), name: "ExtendKeyExpiry", params: { ...on, expiresOn: after(9), previous: null, extensions: 1 } };
  const { ask, extensions } = setUp({ kind: "succeeded" }, step);
  await ask();
  expect(extensions).toEqual([`kv-orders/cmk/${V1}: 1`]);
});

test("Azure not answering comes back as `again`; an unknown error is thrown on", async () => {
  expect(await setUp(transient(2000)).ask()).toMatchObject({ kind: "again", afterMs: 2000 });
  await expect(setUp(new TypeError("a mistake")).ask()).rejects.toThrow("a mistake");
});

test.each<PollState>([{ kind: "succeeded" }, { kind: "failed", code: "Conflict", detail: "" }])(
  "running again after $kind was saved adds nothing",
  async (state) => {
    const { ask, incidents, audit, stored } = setUp(state);
    await expect(ask({ incidents: { ...incidents, save: diesAfter(incidents.save) } })).rejects.toThrow(Died);
    const before = structuredClone({ incident: stored(), audit: audit.rows });
    expect(await ask()).toMatchObject({ kind: "settled" });
    expect({ incident: stored(), audit: audit.rows }).toEqual(before);
  },
);

test("an operation that fails the same way in a later turn is another try: without it nothing would ever stop it", async () => {
  const { ask, incidents, stored } = setUp({ kind: "failed", code: "Conflict", detail: "busy" });
  await ask();
  const facts = someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])] });
  const looked = decideTurn(turnInput({ turn: 4, incident: stored(), signals: [], facts }));
  expect(looked.next.do).toBe("step");
  incidents.put(looked.incident!);
  await ask({}, 4);
  expect(stored().applied.map(({ result }) => result)).toEqual(["failed", "failed"]);
});
