import { describe, expect, test } from "vitest";
import type { Incident, OutcomeCode, Reason } from "../../../src/domain/incident.ts";
import { outageNews, outcomeNews, questionNews, stormNews, type Weight } from "../../../src/domain/telling/news.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, NOW, SUBSCRIPTION, VAULT_ID } from "../../support/builders.ts";
import { aStep, diagnosisOf, planOf, seen, turnInput } from "../../support/turns.ts";

const incidentOf = (over: Partial<Incident> = {}): Incident => ({ ...decideTurn(turnInput()).incident!, ...over });

describe("an outcome", () => {
  test.each<[OutcomeCode, Reason, Weight]>([
    ["Unrecoverable", "KeyGone", "now"],
    ["Escalated", "NotPermitted", "now"],
    ["Escalated", null, "now"],
    // Of a planned operation that is half done.
    ["Escalated", "RequirementsUnmet", "now"],
    ["Refused", "RequirementsUnmet", "soon"],
    ["Refused", "Stopped", "now"],
    ["Refused", "RevokedOnPurpose", "soon"],
    ["Refused", "Paused", "soon"],
    ["Refused", "Rejected", "soon"],
    ["Refused", "Storm", "soon"],
    ["Healed", null, "soon"],
    ["Prevented", null, "soon"],
    ["OutageAvoided", null, "soon"],
    ["Observed", null, "soon"],
    ["NoChangeNeeded", null, "record"],
    ["Superseded", null, "record"],
  ])("%s (%s) presses: %s", (outcome, reason, weight) => {
    expect(outcomeNews(incidentOf({ outcome, reason })).weight).toBe(weight);
  });

  test("has one id for ever, says for people what it is about, and for machines what it always said", () => {
    const incident = incidentOf({ outcome: "Escalated", reason: "NotPermitted", detail: "no role", closedAt: "2026-11-02T11:00:00.000Z" });
    expect(outcomeNews(incident)).toEqual({
      id: "i1-Escalated",
      type: "Keymend.Escalated",
      weight: "now",
      at: "2026-11-02T11:00:00.000Z",
      about: VAULT_ID,
      incidentId: "i1",
      like: `${VAULT_ID} Escalated NotPermitted AccessMissing`,
      title: "Escalated (NotPermitted): kv-orders",
      text: "no role",
      facts: [
        ["Causes", "AccessMissing"],
        ["Databases", "orders (inGrace)"],
        ["Since", NOW],
      ],
      asks: false,
      data: {
        incidentId: "i1",
        vaultId: VAULT_ID,
        outcome: "Escalated",
        reason: "NotPermitted",
        detail: "no role",
        causes: ["AccessMissing"],
        targets: [{ id: ACCOUNT_ID, phase: "inGrace", outcome: null }],
        openedAt: NOW,
        closedAt: "2026-11-02T11:00:00.000Z",
      },
    });
  });

  test("that sends to Microsoft support says where all that is on record is had", () => {
    const news = outcomeNews(incidentOf({ outcome: "Escalated", reason: "NotRevalidated" }));
    expect(news.facts.at(-1)).toEqual(["For support", "keymend support i1, or GET /api/incidents/i1/support"]);
  });

  test("of the inventory, which is open still and about no database, is told as well", () => {
    const incident = incidentOf({ vaultId: SUBSCRIPTION, outcome: "Escalated", reason: null, causes: [], targets: [], closedAt: null });
    const subscription = SUBSCRIPTION.split("/").at(-1)!;
    expect(outcomeNews(incident)).toMatchObject({
      at: NOW,
      title: expect.stringContaining(subscription) as string,
      facts: [["Since", NOW]],
    });
  });

  test("is for reading: what is long is cut, of many the first are named", () => {
    const [target] = incidentOf().targets;
    const targets = Array.from({ length: 12 }, (_, i) => ({ ...target!, id: `${ACCOUNT_ID}-${i}` }));
    const news = outcomeNews(incidentOf({ outcome: "Healed", detail: "x".repeat(2000), targets }));
    expect(news.text).toHaveLength(1000);
    expect(news.facts[1]![1]).toMatch(/-9 \(inGrace\), …$/);
    expect(news.data["detail"]).toHaveLength(2000);
  });
});

describe("a question", () => {
  const asking = (over: Partial<Incident> = {}): Incident => {
    const incident = incidentOf();
    const [step] = incident.plan!.steps;
    const steps = [
      { ...step!, state: "waitsForApproval" as const, why: "who took it away is not known" },
      (({ why: _, ...kept }) => ({ ...kept, id: "step-2", state: "waitsForApproval" as const }))(step!),
      { ...step!, id: "step-3", state: "waitsForEarlierStep" as const },
    ];
    return { ...incident, state: "waiting", plan: { hash: "p1", steps }, ...over };
  };

  test("names what is asked, under an id of its own for each plan", () => {
    const news = questionNews(asking(), NOW)!;
    expect(news).toMatchObject({
      id: "i1-question-p1",
      type: "Keymend.Question",
      weight: "now",
      at: NOW,
      asks: true,
      title: "Decide: kv-orders",
    });
    expect(news.text.split("\n")).toHaveLength(2);
    expect(news.text).toContain("who took it away is not known");
    expect(news.data).toMatchObject({ planHash: "p1", steps: [{ id: "step-1" }, { id: "step-2", why: null }] });
  });

  test("about what will only break later can wait", () => {
    const { targets } = incidentOf();
    expect(questionNews(asking({ targets: targets.map((target) => ({ ...target, phase: "atRisk" as const })) }), NOW)!.weight).toBe("soon");
    expect(questionNews(asking({ targets: targets.map((target) => ({ ...target, phase: "healthy" as const })) }), NOW)!.weight).toBe(
      "soon",
    );
  });

  test.each<[string, Partial<Incident>]>([
    ["is at work", { state: "working" }],
    ["has no plan", { plan: null }],
    ["waits for something else", { plan: { hash: "p1", steps: [] } }],
  ])("there is none where the incident %s", (_, over) => {
    expect(questionNews(asking(over), NOW)).toBeUndefined();
  });
});

describe("an outage", () => {
  const down = decideTurn(turnInput({ ...diagnosisOf(seen({ phase: "revoked" })), plan: planOf(aStep()) })).incident!;

  test("is told once for an incident, whatever the hour", () => {
    expect(outageNews(down, NOW)).toMatchObject({
      id: "i1-outage",
      weight: "now",
      title: "Outage: orders",
      data: { targets: [ACCOUNT_ID] },
    });
  });

  test("is none while the service has not noticed, nor once the incident is closed", () => {
    expect(outageNews(incidentOf(), NOW)).toBeUndefined();
    expect(outageNews({ ...down, state: "closed" }, NOW)).toBeUndefined();
  });
});

test("a storm presses", () => {
  expect(stormNews({ since: "", why: "12 vaults" }, SUBSCRIPTION, NOW)).toMatchObject({
    weight: "now",
    text: "12 vaults",
    incidentId: null,
  });
});
