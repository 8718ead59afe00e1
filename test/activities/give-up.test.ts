import { describe, expect, test } from "vitest";
import { createGiveUp, type GiveUpDeps, type GiveUpInput } from "../../src/activities/give-up.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, KEY_URI, NOW, someFacts, VAULT_ID } from "../support/builders.ts";
import { Died, diesAfter, failsOnce, fakeEdges, throwing, transient } from "../support/fakes.ts";
import { after, aSignal, aStep, PATIENT, turnInput } from "../support/turns.ts";
import { aStatusOf, aWish, REVOKE, ROTATE } from "../support/wishes.ts";

const opened = decideTurn(turnInput()).incident!;

function setUp() {
  const edges = fakeEdges();
  const giveUp = (over: Partial<GiveUpInput> = {}, deps: Partial<GiveUpDeps> = {}) =>
    createGiveUp({ ...edges.deps, ...deps })({
      patient: PATIENT,
      incidentId: "i1",
      newId: "n1",
      turn: 9,
      reason: "AzureUnavailable",
      detail: "no answer for two hours",
      ...over,
    });
  return { ...edges, giveUp };
}

test("closes the incident as escalated, with every database in it, and says when it is looked at again", async () => {
  const { giveUp, incidents, audit } = setUp();
  incidents.put(opened);
  expect(await giveUp()).toEqual({ incidentId: "i1" });
  const ending = { outcome: "Escalated", reason: "AzureUnavailable", detail: "no answer for two hours" };
  expect(incidents.all).toMatchObject([
    { id: "i1", state: "closed", closedAt: NOW, ...ending, endings: 1, nextLookAt: after(60), targets: [ending] },
  ]);
  expect(incidents.all[0]!.timeline.at(-1)).toEqual({ at: NOW, what: "Escalated (AzureUnavailable): no answer for two hours" });
  expect(audit.rows).toMatchObject([{ incidentId: "i1", entryId: "9-give-up", kind: "outcome", actor: "keymend" }]);
});

test("writes the audit before the incident, and alarms before it publishes", async () => {
  const { giveUp, incidents, journal, lines, told } = setUp();
  incidents.put(opened);
  await giveUp();
  expect(journal).toEqual(["audit outcome", "save closed", "deliver"]);
  expect(lines).toMatchObject([{ level: "error", event: "closed", fields: { incidentId: "i1", vaultId: VAULT_ID, loudness: "alarm" } }]);
  expect(told).toMatchObject([{ id: "i1-Escalated" }]);
});

test("without an incident opens one, so that it is never silent", async () => {
  const { giveUp, incidents } = setUp();
  expect(await giveUp({ incidentId: null })).toEqual({ incidentId: "n1" });
  expect(incidents.all).toMatchObject([{ id: "n1", state: "closed", outcome: "Escalated", targets: [] }]);
});

describe("what is wanted on purpose", () => {
  const wish = aWish(REVOKE);
  const wanting = () => {
    const edges = setUp();
    edges.azure.facts = someFacts({
      wishes: [wish, aWish(ROTATE, { id: "w2", status: aStatusOf({ state: "closed", outcome: "Completed" }) })],
    });
    return edges;
  };
  const told = "no answer for two hours; nothing of it was written";

  test("ends with it, for nobody expects a write once a person was called", async () => {
    const { giveUp, incidents, audit, journal } = wanting();
    incidents.put(opened);
    await giveUp();
    const [incident] = incidents.all;
    expect(incident!.wishes).toMatchObject([
      { id: "w1", state: "closed", outcome: "Escalated", reason: "AzureUnavailable", detail: told, closedAt: NOW, incidentId: "i1" },
    ]);
    const said = `revoke on kv-orders/cmk: Escalated (AzureUnavailable): ${told}`;
    expect(incident!.timeline.map(({ what }) => what).slice(-2)).toEqual([said, "Escalated (AzureUnavailable): no answer for two hours"]);
    expect(audit.rows.map(({ kind, what }) => [kind, what])).toEqual([
      ["wish", said],
      ["outcome", "Escalated (AzureUnavailable): no answer for two hours"],
    ]);
    expect(journal.filter((line) => line.includes("w1"))).toEqual(["wish w1 Escalated"]);
  });

  test("says how far it came, and what was taken away by it stays away", async () => {
    const { giveUp, incidents } = wanting();
    const before = { keyUri: KEY_URI, defaultIdentity: "FirstPartyIdentity" };
    const status = { ...aStatusOf({ stands: true, undo: ["az back"], before }), id: "w1", reason: null };
    const { id, name, on, about, targetIds, causes } = aStep();
    const done = { id, name, on, about, targetIds, causes, at: NOW, result: "done" as const, detail: "", wish: "w1" };
    incidents.put({ ...opened, wishes: [status], applied: [done] });
    await giveUp();
    expect(incidents.all[0]!.wishes).toMatchObject([
      {
        stands: true,
        undo: ["az back"],
        before,
        detail: expect.stringMatching(/; written so far: .+; how to go back is under undo$/) as string,
      },
    ]);
  });

  test("ends as well where the same mistake was told before, and where its first telling broke off", async () => {
    const mistaken = wanting();
    const mistake = (newId: string) => mistaken.giveUp({ incidentId: null, newId, reason: "InternalError", detail: "a mistake" });
    await mistake("n1");
    await mistake("n2");
    expect(mistaken.journal.filter((line) => line.includes("w1"))).toEqual(["wish w1 Escalated", "wish w1 Escalated"]);
    const broken = wanting();
    broken.incidents.put(opened);
    await expect(broken.giveUp({}, { keepWishStatus: throwing(transient()) })).rejects.toThrow("503");
    await broken.giveUp();
    expect(broken.journal.filter((line) => line.includes("w1"))).toEqual(["wish w1 Escalated"]);
  });
});

test("without knowing its incident closes the one that is open: none stays open for ever", async () => {
  const { giveUp, incidents } = setUp();
  incidents.put(opened);
  expect(await giveUp({ incidentId: null })).toEqual({ incidentId: "i1" });
  expect(incidents.all).toMatchObject([{ id: "i1", state: "closed" }]);
});

test.each([
  ["an ending that was no success", { outcome: "Escalated" as const, endings: 3 }, 4],
  ["a success", { outcome: "Healed" as const, endings: 0 }, 1],
  ["one without an outcome", { outcome: null, endings: 3 }, 1],
])("after %s counts on from there", async (_, before, endings) => {
  const { giveUp, incidents } = setUp();
  incidents.put({ ...opened, id: "a0", state: "closed", closedAt: NOW, ...before });
  await giveUp({ incidentId: null });
  expect(incidents.all.at(-1)).toMatchObject({ id: "n1", endings });
});

test("forgets nothing that the incident before leaves to the next: a no, who is behind it, what was put back, what was in vain", async () => {
  const { giveUp, incidents } = setUp();
  const left = {
    rejected: ["step-1"],
    authors: [{ objectId: "boss", operation: "x", scope: { kind: "vault" as const, id: VAULT_ID }, at: NOW }],
    repairs: [{ cause: "AccessMissing" as const, targetId: ACCOUNT_ID, at: NOW }],
    inVain: { "step-1": 2 },
  };
  incidents.put({ ...opened, id: "a0", state: "closed", closedAt: NOW, outcome: "Escalated", ...left });
  await giveUp({ incidentId: null });
  expect(incidents.all.at(-1)).toMatchObject({ id: "n1", ...left });
});

test("running again after dying tells the end and writes nothing more", async () => {
  const { giveUp, incidents, audit, told, lines } = setUp();
  incidents.put(opened);
  await expect(giveUp({}, { incidents: { ...incidents, save: diesAfter(incidents.save) } })).rejects.toThrow(Died);
  expect(told).toEqual([]);
  expect(await giveUp()).toEqual({ incidentId: "i1" });
  expect(audit.rows).toHaveLength(1);
  expect(incidents.all).toHaveLength(1);
  expect(told).toMatchObject([{ incidentId: "i1" }]);
  expect(lines).toMatchObject([{ event: "closed" }]);
});

test("running again without an incident does not open a second one", async () => {
  const { giveUp, incidents, deps, told } = setUp();
  const teller = { ...deps.teller, put: failsOnce(deps.teller.put, transient()) };
  await expect(giveUp({ incidentId: null }, { teller })).rejects.toThrow("503");
  expect(await giveUp({ incidentId: null }, { teller })).toEqual({ incidentId: "n1" });
  expect(incidents.all).toHaveLength(1);
  expect(told).toHaveLength(1);
});

test("throws where it can't be written down, so that the orchestration fails visibly", async () => {
  const { giveUp, incidents } = setUp();
  incidents.put(opened);
  await expect(giveUp({}, { audit: { append: throwing(transient()) } })).rejects.toThrow("503");
  expect(incidents.all).toMatchObject([{ state: "working" }]);
});

test("a look that fails as before is not told again before its next look is due, however its sizes differ", async () => {
  const { giveUp, incidents, clock, told, lines } = setUp();
  const mistake = (size: number, newId: string) =>
    giveUp({ incidentId: null, newId, reason: "InternalError", detail: `row 0a1b-${size} has ${size} characters` });
  expect(await mistake(500_000, "n1")).toEqual({ incidentId: "n1" });
  for (const minutes of [5, 10, 55]) {
    clock.at = after(minutes);
    expect(await mistake(500_000 + minutes, `n${minutes}`)).toEqual({ incidentId: "n1" });
  }
  expect([incidents.all.length, told.length]).toEqual([1, 1]);
  expect(lines.at(-1)).toMatchObject({ level: "warn", event: "failedAgain", fields: { incidentId: "n1" } });
  clock.at = after(60);
  expect(await mistake(1, "n60")).toEqual({ incidentId: "n60" });
  expect(incidents.all.at(-1)).toMatchObject({ id: "n60", endings: 2, nextLookAt: after(60 + 120) });
});

test("another mistake is told at once", async () => {
  const { giveUp, incidents } = setUp();
  await giveUp({ incidentId: null, reason: "InternalError", detail: "one" });
  await giveUp({ incidentId: null, newId: "n2", reason: "InternalError", detail: "another" });
  expect(incidents.all.map(({ id }) => id)).toEqual(["n1", "n2"]);
});

test("signals that three looks have failed over are set aside, and it says so; Azure's silence sets none aside", async () => {
  const { giveUp, mailbox, audit } = setUp();
  mailbox.signals.push(aSignal(), aSignal({ id: "e2" }));
  await giveUp({ incidentId: null });
  expect(mailbox.signals).toHaveLength(2);
  await giveUp({ incidentId: null, newId: "n2", reason: "InternalError", detail: "a mistake" });
  expect(mailbox.signals).toEqual([]);
  expect(audit.rows.at(-1)?.what).toBe("Escalated (InternalError): a mistake; 2 signals that waited are set aside");
});
