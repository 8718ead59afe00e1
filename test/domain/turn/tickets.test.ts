import { describe, expect, test } from "vitest";
import type { Incident, SupportTicket } from "../../../src/domain/incident.ts";
import type { Settings } from "../../../src/domain/settings.ts";
import { nextIncident } from "../../../src/domain/turn/next-incident.ts";
import { supportRunbook } from "../../../src/domain/turn/support.ts";
import { afterAnswer, sayTickets, ticketFor, ticketsNow } from "../../../src/domain/turn/tickets.ts";
import {
  ACCOUNT_ID,
  aCluster,
  anAccount,
  CLUSTER_ID,
  CONTACT,
  OWN,
  someFacts,
  someSettings,
  SUBSCRIPTION_ID,
} from "../../support/builders.ts";
import { after, aStep, diagnosisOf, healthy, PATIENT, planOf, recovering, seen, turns } from "../../support/turns.ts";

const ASKS = someSettings({ supportContact: CONTACT, principals: { ...OWN, support: "own-support" } });

const down = { ...diagnosisOf(seen({ phase: "revoked" })), plan: planOf(aStep()) };
const mended = { ...diagnosisOf(recovering()), plan: planOf(), facts: someFacts({ targets: [anAccount()] }) };
const noticed = { ...diagnosisOf(healthy()), plan: planOf(), facts: someFacts({ targets: [anAccount()] }) };

type Look = Parameters<typeof turns>[0];
const play = (settings: Settings, ...looks: Look[]) =>
  turns(...[{ ...down, now: after(0) }, { ...mended, now: after(1) }, ...looks].map((look) => ({ settings, ...look })));
const at = (minutes: number, over: Look = {}): Look => ({ ...mended, now: after(minutes), ...over });
const ticketIn = (incident: Incident | null): SupportTicket => incident!.tickets![0]!;

const aTicket = (over: Partial<SupportTicket> = {}): SupportTicket => ({
  name: "keymend-i1-account",
  subscriptionId: SUBSCRIPTION_ID,
  targetIds: [ACCOUNT_ID],
  state: "wanted",
  since: after(121),
  number: null,
  detail: "",
  ...over,
});

describe("what is not given back within two hours", () => {
  test("is asked about before the incident ends, and once", () => {
    const { next, incident, entries } = play(ASKS, at(121));
    expect(next).toEqual({ do: "ticket", ticket: { name: "keymend-i1-account", subscriptionId: aTicket().subscriptionId } });
    expect(incident).toMatchObject({ state: "working", tickets: [aTicket()] });
    expect(entries).toMatchObject([{ what: "Microsoft support is asked: keymend-i1-account" }]);
    const again = play(ASKS, at(121), at(122, { change: { tickets: [aTicket({ state: "submitted", poller: "p" })] } }));
    expect([again.next.do, again.entries, ticketIn(again.incident).state]).toEqual(["ticket", [], "submitted"]);
  });

  test("ends with the ticket's number, for whoever is told, and with nothing left to open", () => {
    const { next, incident } = play(ASKS, at(121), at(122, { change: { tickets: [aTicket({ state: "open", number: "42" })] } }));
    expect(next).toMatchObject({ do: "end", outcome: { code: "Escalated", reason: "NotRevalidated" } });
    expect(incident!.detail).toMatch(/ask Microsoft support; Microsoft support has it as 42$/);
    expect(incident!.runbook.join("\n")).not.toContain("tickets create");
  });

  test.each<[string, Partial<Settings>, Look, RegExp]>([
    ["mode observe", { mode: "observe" }, {}, /^observe mode$/],
    [
      "a database's own mode observe",
      {},
      { facts: someFacts({ targets: [anAccount({ tags: { "keymend:mode": "observe" } })] }) },
      /^observe mode$/,
    ],
    ["a database that was not seen", {}, { facts: someFacts({ targets: [] }) }, /^not all of the databases that it is about were seen$/],
    ["no identity for it", { principals: OWN }, {}, /^Keymend is deployed without the identity that may/],
    ["a pause", {}, { held: { reason: "Paused", since: after(0), why: "paused by ada" } }, /^paused by ada$/],
    ["a storm", {}, { held: { reason: "Storm", since: "", why: "many vaults" } }, /^many vaults$/],
  ])("is left to a person by %s, with a word why and the command", (_, over, look, why) => {
    const { next, incident, entries } = play({ ...ASKS, ...over }, at(121, look));
    expect(next.do).toBe("end");
    expect(ticketIn(incident)).toMatchObject({ state: "refused", detail: expect.stringMatching(why) as string });
    expect(incident!.detail).toContain("; Microsoft support was not asked: ");
    expect(entries.some(({ what }) => what.startsWith("Microsoft support was not asked: "))).toBe(true);
    expect(incident!.runbook.at(-1)).toMatch(/^az support in-subscription tickets create /);
  });

  test("is no more asked once no setting says in whose name", () => {
    const { next, incident } = play(ASKS, at(121), at(122, { settings: { ...ASKS, supportContact: null } }));
    expect(next.do).toBe("end");
    expect(ticketIn(incident)).toMatchObject({ state: "refused", detail: "no setting says any more in whose name" });
  });

  test("is a person's alone where no setting says otherwise", () => {
    const { next, incident } = play(someSettings(), at(121));
    expect([next.do, incident!.tickets]).toEqual(["end", undefined]);
    expect(incident!.detail).toMatch(/ask Microsoft support$/);
  });

  test.each<[SupportTicket["state"], SupportTicket["state"]]>([
    ["wanted", "refused"],
    ["claimed", "lost"],
    ["submitted", "lost"],
  ])("waits ten minutes for Azure's word, and no longer: of %s comes %s", (before, then) => {
    const change = { tickets: [aTicket({ state: before })] };
    expect(play(ASKS, at(121), at(130, { change })).next.do).toBe("ticket");
    const { next, incident } = play(ASKS, at(121), at(131, { change }));
    expect([next.do, ticketIn(incident).state, ticketIn(incident).detail]).toEqual(["end", then, "Azure did not answer in time"]);
  });
});

describe("once the service has taken notice all the same", () => {
  test("nothing that was not sent is asked any more", () => {
    const { next, incident } = play(ASKS, at(121), { ...noticed, now: after(122) });
    expect(next).toMatchObject({ do: "end", outcome: { code: "Superseded" } });
    expect(incident!.tickets).toBeUndefined();
  });

  test("what was sent is followed to its end, and told: somebody has to close it", () => {
    const sent = (state: SupportTicket["state"]): Look => ({ ...noticed, now: after(122), change: { tickets: [aTicket({ state })] } });
    expect(play(ASKS, at(121), sent("claimed")).next.do).toBe("ticket");
    expect(play(ASKS, at(121), sent("open")).incident!.detail).toMatch(/; Microsoft support has it as keymend-i1-account$/);
    expect(play(ASKS, at(121), sent("refused")).incident!.detail).not.toContain("support");
  });

  test("and for ten minutes at most: then nobody knows whether it is there", () => {
    const late = (minutes: number): Look => ({ ...noticed, now: after(minutes), change: { tickets: [aTicket({ state: "submitted" })] } });
    expect(play(ASKS, at(121), late(130)).next.do).toBe("ticket");
    const { next, incident } = play(ASKS, at(121), late(131));
    expect([next.do, ticketIn(incident).state]).toEqual(["end", "lost"]);
    expect(incident!.detail).toMatch(/; whether Microsoft support has keymend-i1-account is not known: Azure did not answer in time$/);
  });
});

describe("an incident that follows", () => {
  const before = play(ASKS, at(121), at(122, { change: { tickets: [aTicket({ state: "open", number: "42" })] } })).incident!;

  test("knows what support has, and asks for nothing twice", () => {
    const incident = nextIncident({ id: "i2", patient: PATIENT, at: after(200) }, before, false);
    expect(incident.tickets).toEqual(before.tickets);
    const draft = { name: "keymend-i2-account", subscriptionId: "s", targetIds: [ACCOUNT_ID.toUpperCase()] };
    expect(ticketFor(draft, incident.tickets)).toMatchObject({ number: "42" });
    expect(ticketFor({ ...draft, targetIds: [ACCOUNT_ID, CLUSTER_ID] }, incident.tickets)).toBeUndefined();
    expect(ticketsNow([draft], incident.tickets!, { now: after(300), facts: someFacts(), settings: ASKS, held: null })).toEqual(
      before.tickets,
    );
  });

  test.each(["claimed", "submitted"] as const)(
    "looks again for what was %s when the one before was given up, and asks for no second",
    (state) => {
      const { tickets } = nextIncident({ id: "i2", patient: PATIENT, at: after(200) }, { ...before, tickets: [aTicket({ state })] }, false);
      expect(tickets).toEqual([aTicket({ state, since: after(200) })]);
      const draft = { name: "keymend-i2-account", subscriptionId: "s", targetIds: [ACCOUNT_ID] };
      const look = { facts: someFacts(), settings: ASKS, held: null };
      expect(ticketsNow([draft], tickets!, { ...look, now: after(201) })).toEqual(tickets);
      expect(ticketsNow([draft], tickets!, { ...look, now: after(210) })).toMatchObject([{ name: aTicket().name, state: "lost" }]);
    },
  );

  test("asks for no second where nobody knows of the first: whoever is called is to look", () => {
    const lost = { ...before, tickets: [aTicket({ state: "lost" })] };
    const { tickets } = nextIncident({ id: "i2", patient: PATIENT, at: after(200) }, lost, false);
    expect(tickets).toEqual(lost.tickets);
    expect(ticketFor({ name: "keymend-i2-account", subscriptionId: "s", targetIds: [ACCOUNT_ID] }, tickets)).toEqual(lost.tickets[0]);
  });

  test.each(["wanted", "refused"] as const)("knows of nothing that came to nothing: %s", (state) => {
    const unsent = { ...before, tickets: [aTicket({ state })] };
    expect(nextIncident({ id: "i2", patient: PATIENT, at: after(200) }, unsent, false)).not.toHaveProperty("tickets");
  });

  test("has the tickets of another kind and of another subscription beside it", () => {
    const elsewhere = { subscriptionId: "s2", targetIds: [ACCOUNT_ID.replace(SUBSCRIPTION_ID, "s2")] };
    const all = ticketsNow(
      [aTicket(), aTicket({ name: "keymend-i1-cluster", targetIds: [CLUSTER_ID] }), aTicket(elsewhere)],
      [aTicket({ state: "open" })],
      { now: after(121), facts: someFacts({ targets: [anAccount(), aCluster()] }), settings: ASKS, held: null },
    );
    expect(all.map(({ name, subscriptionId, state }) => [name, subscriptionId, state])).toEqual([
      ["keymend-i1-account", SUBSCRIPTION_ID, "open"],
      ["keymend-i1-cluster", SUBSCRIPTION_ID, "wanted"],
      ["keymend-i1-account", "s2", "refused"],
    ]);
  });
});

test.each([
  [
    { kind: "submitted" as const, poller: "p2" },
    { state: "submitted", poller: "p2" },
    "Azure has taken keymend-i1-account for Microsoft support",
  ],
  [{ kind: "open" as const, number: "42" }, { state: "open", number: "42" }, "Microsoft support has it as 42"],
  [
    { kind: "refused" as const, code: "InvalidSupportPlan", detail: "Your plan" },
    { state: "refused", detail: "InvalidSupportPlan: Your plan" },
    "Microsoft support was not asked: InvalidSupportPlan: Your plan",
  ],
])("after Azure's word %o", (answer, expected, said) => {
  const ticket = afterAnswer(aTicket({ state: "claimed", poller: "p1" }), answer);
  expect(ticket).toMatchObject(expected);
  expect(ticket.poller).toBe("poller" in answer ? answer.poller : undefined);
  expect(sayTickets({ tickets: [ticket], reason: "NotRevalidated" })).toEqual([said]);
});

test("what is claimed is said to be asked; where nothing was, nothing is said", () => {
  expect(sayTickets({ tickets: [aTicket({ state: "claimed" })], reason: null })).toEqual([
    "Microsoft support is asked: keymend-i1-account",
  ]);
  expect(sayTickets({ reason: "NotRevalidated" })).toEqual([]);
  expect(supportRunbook(turns({ ...down, now: after(0) }).incident!)).toEqual([]);
});
