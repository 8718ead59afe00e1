import { describe, expect, test } from "vitest";
import { createOpenTicket, type SupportDesk, type TicketDeps, type TicketInput } from "../../src/activities/open-ticket.ts";
import { TransientError } from "../../src/domain/errors.ts";
import type { Incident, SupportTicket } from "../../src/domain/incident.ts";
import type { Restraint } from "../../src/domain/turn/restraint.ts";
import { anAccount, CONTACT, NOW, OWN, someFacts, someSettings } from "../support/builders.ts";
import { Died, diesAfter, failsOnce, fakeEdges, noRestraint, throwing, transient } from "../support/fakes.ts";
import { after, aStep, diagnosisOf, PATIENT, planOf, recovering, seen, turns } from "../support/turns.ts";

const settings = someSettings({ supportContact: CONTACT, principals: { ...OWN, support: "own-support" } });
const FILED = { serviceId: "/s", problemClassificationId: "/s/p" };
const REQUEST = { method: "PUT", url: "https://management.azure.com/t", status: 202, requestId: "r1", correlationId: "c1" };

/** As the look leaves it that finds two hours to be over. */
const wanted: Incident = turns(
  { ...diagnosisOf(seen({ phase: "revoked" })), plan: planOf(aStep()), settings, now: after(0) },
  ...[1, 121].map((minutes) => ({
    ...diagnosisOf(recovering()),
    plan: planOf(),
    facts: someFacts({ targets: [anAccount()] }),
    settings,
    now: after(minutes),
  })),
).incident!;
const asked = wanted.tickets![0]!;
const input: TicketInput = {
  patient: PATIENT,
  incidentId: "i1",
  ticket: { name: asked.name, subscriptionId: asked.subscriptionId },
  turn: 7,
};

function setUp(desk: Partial<SupportDesk> = {}, ticket: Partial<SupportTicket> = {}) {
  const edges = fakeEdges();
  edges.incidents.put({ ...wanted, tickets: [{ ...asked, ...ticket }] });
  /** What was asked of Azure, and how the ticket stood then. */
  const calls: string[] = [];
  const stored = (): SupportTicket => edges.incidents.all[0]!.tickets![0]!;
  const call = <A extends unknown[], R>(name: string, work: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> => {
      calls.push(`${name} ${stored().state}`);
      return work(...args);
    };
  };
  const whole: SupportDesk = {
    find: async () => undefined,
    choose: async () => FILED,
    open: async () => ({ kind: "submitted", poller: "p1", requests: [REQUEST] }),
    poll: async () => ({ kind: "running" }),
    ...desk,
  };
  const deps: TicketDeps = {
    ...edges.deps,
    desk: {
      find: call("find", whole.find),
      choose: call("choose", whole.choose),
      open: call("open", whole.open),
      poll: call("poll", whole.poll),
    },
    restraint: { load: async () => noRestraint() },
    settings,
  };
  const ask = (over: Partial<TicketDeps> = {}) => createOpenTicket({ ...deps, ...over })(input);
  return { ...edges, calls, stored, ask };
}

describe("a ticket that is wanted", () => {
  test("is claimed before it is sent, and on record before that: who asks, as whom, in what words", async () => {
    const { ask, calls, stored, audit, incidents } = setUp({
      open: async (draft, filedUnder, contact) => {
        expect([draft.name, draft.title, filedUnder, contact]).toEqual([asked.name, expect.stringContaining("orders"), FILED, CONTACT]);
        return { kind: "submitted", poller: "p1", requests: [REQUEST] };
      },
    });
    expect(await ask()).toEqual({ kind: "running" });
    expect(calls).toEqual(["find wanted", "choose wanted", "open claimed"]);
    expect(stored()).toMatchObject({ state: "submitted", poller: "p1", requests: [REQUEST] });
    expect(audit.rows).toMatchObject([
      {
        entryId: "7-ticket-intent",
        data: { draft: { name: asked.name }, identity: { capability: "support", principalId: "own-support" } },
      },
      { entryId: "7-ticket-submitted", data: { answer: { poller: "p1" }, requests: [REQUEST] } },
    ]);
    expect(incidents.all[0]!.timeline.at(-1)!.what).toBe("Azure has taken keymend-i1-account for Microsoft support");
  });

  test("may be there at once", async () => {
    const { ask, stored } = setUp({ open: async () => ({ kind: "open", number: "42", requests: [] }) });
    expect(await ask()).toEqual({ kind: "settled" });
    expect(stored()).toMatchObject({ state: "open", number: "42" });
    expect(stored()).not.toHaveProperty("requests");
  });

  test.each<[string, Partial<SupportDesk>, string, string[]]>([
    [
      "for want of the right to look",
      { find: async () => ({ kind: "refused", code: "AuthorizationFailed", detail: "no" }) },
      "AuthorizationFailed: no",
      ["find"],
    ],
    [
      "for want of a classification",
      { choose: async () => ({ kind: "refused", code: "NoClassification", detail: "none" }) },
      "NoClassification: none",
      ["find", "choose"],
    ],
    [
      "by Azure",
      { open: async () => ({ kind: "refused", code: "InvalidData", detail: "country", requests: [REQUEST] }) },
      "InvalidData: country",
      ["find", "choose", "open"],
    ],
  ])("that is refused %s is on record with the word why", async (_, desk, detail, made) => {
    const { ask, calls, stored } = setUp(desk);
    expect(await ask()).toEqual({ kind: "settled" });
    expect(stored()).toMatchObject({ state: "refused", detail });
    expect(calls.map((one) => one.split(" ")[0])).toEqual(made);
  });

  test("is not sent where one of its name is there", async () => {
    const { ask, calls, stored } = setUp({ find: async () => ({ kind: "open", number: "42" }) });
    expect(await ask()).toEqual({ kind: "settled" });
    expect([calls, stored().state]).toEqual([["find wanted"], "open"]);
  });

  test("is left to the next look where no setting wants it any more", async () => {
    const { ask, calls, journal } = setUp();
    expect(await ask({ settings: { ...settings, supportContact: null } })).toEqual({ kind: "settled" });
    expect([calls, journal]).toEqual([[], []]);
  });

  test("is left to the next look where Keymend is paused while support's lists are read: neither claimed nor sent", async () => {
    let restraint: Restraint = noRestraint();
    const { ask, calls, journal, stored } = setUp({
      choose: async () => {
        restraint = { ...restraint, pause: { reason: "r", by: "a", name: "ada", at: NOW, until: null } };
        return FILED;
      },
    });
    expect(await ask({ restraint: { load: async () => restraint } })).toEqual({ kind: "settled" });
    expect([calls, journal, stored().state]).toEqual([["find wanted", "choose wanted"], [], "wanted"]);
  });

  test("may be sent again where Azure says that it did nothing", async () => {
    const { ask, calls, stored } = setUp({
      open: failsOnce(async () => ({ kind: "submitted" as const, poller: "p1", requests: [] }), transient(60_000)),
    });
    expect(await ask()).toMatchObject({ kind: "again", afterMs: 60_000 });
    expect(stored().state).toBe("wanted");
    expect(await ask()).toEqual({ kind: "running" });
    expect(calls.filter((one) => one.startsWith("open"))).toHaveLength(2);
  });

  test.each(["lost", "submitted", "open"] as const)("is not wanted again once it is %s by somebody else's word", async (state) => {
    const edges = setUp({
      open: async () => {
        edges.incidents.put({ ...edges.incidents.all[0]!, tickets: [{ ...asked, state }] });
        throw transient();
      },
    });
    expect(await edges.ask()).toMatchObject({ kind: "again" });
    expect(edges.stored().state).toBe(state);
  });

  test.each<[string, Partial<SupportDesk>]>([
    ["find", { find: throwing(transient()) }],
    ["choose", { choose: throwing(transient()) }],
  ])("is claimed by nobody whose %s got no answer", async (_, desk) => {
    const { ask, stored } = setUp(desk);
    expect(await ask()).toMatchObject({ kind: "again" });
    expect(stored().state).toBe("wanted");
  });
});

describe("what was claimed is never sent again, but looked for", () => {
  const lost = new TransientError({ operation: "open", resourceId: "/x", retryAfterMs: null, detail: "reset", isUncertain: true });
  const there: SupportDesk["find"] = async () => ({ kind: "open", number: "42" });

  test("where the answer got lost", async () => {
    let isThere = false;
    const { ask, calls, stored } = setUp({
      open: async () => {
        isThere = true;
        throw lost;
      },
      find: async (ticket) => (isThere ? there(ticket) : undefined),
    });
    expect(await ask()).toMatchObject({ kind: "again" });
    expect(stored().state).toBe("claimed");
    expect(await ask()).toEqual({ kind: "settled" });
    expect([stored().state, calls.filter((one) => one.startsWith("open"))]).toEqual(["open", ["open claimed"]]);
  });

  test("where the worker died behind the write", async () => {
    const open = diesAfter<Parameters<SupportDesk["open"]>, Awaited<ReturnType<SupportDesk["open"]>>>(async () => ({
      kind: "submitted",
      poller: "p1",
      requests: [],
    }));
    const { ask, calls, stored } = setUp({ open });
    await expect(ask()).rejects.toThrow(Died);
    expect(await ask()).toEqual({ kind: "running" });
    expect([stored().state, calls.filter((one) => one.startsWith("open"))]).toEqual(["claimed", ["open claimed"]]);
  });

  test("where storage fails behind the write", async () => {
    const edges = setUp();
    const append = edges.deps.audit.append;
    const audit = {
      append: async (...args: Parameters<typeof append>) => {
        if (args[1].some(({ entryId }) => entryId === "7-ticket-submitted")) throw transient();
        return append(...args);
      },
    };
    expect(await edges.ask({ audit })).toMatchObject({ kind: "again" });
    expect(edges.stored().state).toBe("claimed");
    await edges.ask();
    expect(edges.calls.filter((one) => one.startsWith("open"))).toHaveLength(1);
  });

  test("of two runs at once one sends", async () => {
    const { ask, calls } = setUp();
    await Promise.all([ask(), ask()]);
    expect(calls.filter((one) => one.startsWith("open"))).toHaveLength(1);
  });

  test("that it may not be looked for says nothing of whether it is there", async () => {
    const { ask, stored } = setUp(
      { find: async () => ({ kind: "refused", code: "AuthorizationFailed", detail: "no" }) },
      { state: "claimed" },
    );
    expect(await ask()).toEqual({ kind: "running" });
    expect(stored().state).toBe("claimed");
  });
});

describe("what Azure works on is asked after", () => {
  const submitted = { state: "submitted", poller: "p1" } as const;
  const there: SupportDesk["find"] = async () => ({ kind: "open", number: "42" });

  test.each<[string, Partial<SupportDesk>, object, Partial<SupportTicket>]>([
    ["runs", {}, { kind: "running" }, submitted],
    [
      "failed",
      { poll: async () => ({ kind: "failed", code: "InvalidSupportPlan", detail: "Your plan" }) },
      { kind: "settled" },
      { state: "refused", detail: "InvalidSupportPlan: Your plan" },
    ],
    ["succeeded", { poll: async () => ({ kind: "succeeded" }), find: there }, { kind: "settled" }, { state: "open", number: "42" }],
    ["succeeded, and shows it later", { poll: async () => ({ kind: "succeeded" }) }, { kind: "running" }, submitted],
    [
      "may not be asked after",
      { poll: async () => ({ kind: "unknown", detail: "403" }), find: there },
      { kind: "settled" },
      { state: "open", number: "42" },
    ],
  ])("%s", async (_, desk, result, ticket) => {
    const { ask, stored, calls } = setUp(desk, submitted);
    expect(await ask()).toEqual(result);
    expect(stored()).toMatchObject(ticket);
    expect(calls.some((one) => one.startsWith("open"))).toBe(false);
  });

  test("and once: what an earlier run has recorded is done", async () => {
    const { ask, calls } = setUp({}, { state: "open", number: "42" });
    expect(await ask()).toEqual({ kind: "settled" });
    expect(calls).toEqual([]);
  });

  test("not at all for an incident that is gone", async () => {
    const gone = setUp();
    expect(await gone.ask({ incidents: { ...gone.deps.incidents, load: async () => undefined } })).toEqual({ kind: "settled" });
    expect([gone.calls, gone.journal]).toEqual([[], []]);
  });

  test("and not kept for an incident that a look has carried on while Azure was asked", async () => {
    const edges = setUp({ poll: async () => ({ kind: "failed", code: "x", detail: "y" }) }, submitted);
    let loads = 0;
    const load: typeof edges.deps.incidents.load = async (...args) => (++loads > 1 ? undefined : edges.deps.incidents.load(...args));
    expect(await edges.ask({ incidents: { ...edges.deps.incidents, load } })).toEqual({ kind: "settled" });
    expect([edges.calls, edges.journal, edges.stored()]).toMatchObject([["poll submitted"], [], submitted]);
  });
});
