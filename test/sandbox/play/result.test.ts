import { beforeEach, describe, expect, test } from "vitest";
import type { Incident } from "../../../sandbox/running/app-api.ts";
import { createWorld } from "../../../sandbox/azure/world.ts";
import { Clock } from "../../../sandbox/time/clock.ts";
import { buildEstate } from "../../../sandbox/estate/estate.ts";
import { createRandom } from "../../../sandbox/time/random.ts";
import { faultsOf, isoDuration, mergeTold, type Played, resultOf, type Told } from "../../../sandbox/play/result.ts";
import { roleRemoved } from "../../../sandbox/stories/role-removed.ts";
import { createWatch } from "../../../sandbox/play/watch.ts";

const BROKE = Date.parse("2026-11-02T09:02:00Z");
const MINUTE = 60_000;

let played: Played;
beforeEach(() => {
  const clock = new Clock(BROKE);
  const world = createWorld({ clock, random: createRandom(7), tenantId: "t", subscriptionId: "s", switches: {} });
  const { databases } = buildEstate(world).patients[0]!;
  const watch = createWatch(world, databases, () => {});
  // Broken, whole after six minutes, confirmed by the service after half an hour.
  for (const watched of watch.all)
    Object.assign(watched, { everBroken: true, wholeSince: BROKE + 6 * MINUTE, passedAt: BROKE + 30 * MINUTE });
  world.writes.push({
    at: new Date(BROKE + MINUTE).toISOString(),
    keymend: true,
    status: 201,
    caller: "id-keymend",
    oid: "",
    method: "PUT",
    url: "",
    action: "",
    body: null,
  });
  const incident: Incident = {
    id: "1",
    vaultId: "v",
    openedAt: new Date(BROKE + 5000).toISOString(),
    closedAt: null,
    state: "closed",
    outcome: "OutageAvoided",
    reason: null,
    detail: "",
    causes: [{ code: "AccessMissing", targetIds: [], evidence: [], contradictions: [] }],
    targets: databases.map(({ id }) => ({ id, kind: "account", phase: "healthy", phaseBefore: "inGrace" })),
    plan: null,
    applied: [
      { name: "RestoreRoleAssignment", result: "refused" },
      { name: "GrantKeyRole", result: "done" },
    ],
    runbook: [],
  };
  const told: Told = { incident, auditRows: 9, chain: "verified", asked: false };
  played = { story: roleRemoved, kinds: ["account"], phase: "grace", brokeAt: BROKE, world, watch, told, wallMs: 1 };
});

const faults = (): string[] => faultsOf(played, resultOf(played));

test("a result says what the sandbox saw and what the app tells", () => {
  expect(resultOf(played)).toMatchObject({
    story: "role-removed",
    causes: ["AccessMissing"],
    steps: ["GrantKeyRole"],
    writes: 1,
    outcome: "OutageAvoided",
    outage: false,
    virtual: { detected: "PT5S", fixed: "PT6M", healthy: "PT30M" },
    auditRows: 9,
  });
  expect(faults()).toEqual([]);
});

describe("a success that the app only claims is found out", () => {
  test("where a database is down still", () => {
    played.watch.all[0]!.database.check.revoked = true;
    expect(faults().join()).toContain("the app says OutageAvoided, but orders is recovering");
  });

  test("where a database can't reach its key still", () => {
    played.world.roleAssignments.clear();
    expect(faults().join()).toContain("the app says OutageAvoided, but orders is inGrace");
  });

  test("where the service had noticed", () => {
    played.watch.all[0]!.everRevoked = true;
    expect(faults()).toEqual(["outage is true with OutageAvoided"]);
  });

  test("where the service never confirmed it", () => {
    played.watch.all[0]!.passedAt = undefined;
    expect(faults()).toEqual(["a success that the service never confirmed"]);
  });

  test("where the app itself says that a database is not healthy", () => {
    played.told.incident!.targets[0]!.phase = "recovering";
    expect(faults()).toEqual(["a success with databases that are not healthy"]);
  });

  test("where the audit was changed", () => {
    played.told.chain = "broken";
    expect(faults()).toEqual(["the audit's chain: broken"]);
  });
});

describe("what the story does not expect is a fault", () => {
  const cases: [string, (incident: Incident) => void, string][] = [
    ["another outcome", (incident) => (incident.outcome = "Escalated"), "the outcome is Escalated, not OutageAvoided"],
    ["another cause", (incident) => (incident.causes[0]!.code = "KeyExpired"), "the cause AccessMissing was not found, but [KeyExpired]"],
    ["none of its steps", (incident) => (incident.applied = []), "none of RestoreRoleAssignment, GrantKeyRole was applied, but []"],
    ["a database of another kind", (incident) => (incident.targets[0]!.kind = "cluster"), "databases of another kind in the incident"],
  ];
  test.each(cases)("%s", (_what, change, fault) => {
    change(played.told.incident!);
    expect(faults()).toEqual([fault]);
  });

  test.each<[string, { wanted: number; there: number; detail: string }, string[]]>([
    ["a ticket that nobody wanted", { wanted: 0, there: 1, detail: "N1" }, ["Microsoft support has 1 tickets, not 0"]],
    ["no ticket where one was wanted", { wanted: 1, there: 0, detail: "" }, ["Microsoft support has 0 tickets, not 1"]],
    ["a second ticket", { wanted: 1, there: 2, detail: "N1 N2" }, ["Microsoft support has 2 tickets, not 1"]],
    ["a ticket that nobody is told of", { wanted: 1, there: 1, detail: "" }, ["the app does not tell of ticket N1"]],
    ["but not the one that was wanted and told", { wanted: 1, there: 1, detail: "N1" }, []],
  ])("%s", (_what, { wanted, there, detail }, expected) => {
    played.story = { ...roleRemoved, tickets: wanted };
    played.told.incident!.detail = detail;
    for (let n = 1; n <= there; n++) played.world.supportTickets.set(`${n}`, { id: "", name: "", number: `N${n}`, at: "", properties: {} });
    expect(faults()).toEqual(expected);
  });

  test("no incident at all", () => {
    played.told = { incident: undefined, auditRows: 0, chain: "none", asked: false };
    expect(faults()).toContain("the outcome is none, not OutageAvoided");
  });

  test("another reason, where the story is about one", () => {
    played.story = { ...roleRemoved, reason: "Paused" };
    expect(faults()).toEqual(["the reason is none, not Paused"]);
    played.told.incident!.reason = "Paused";
    expect(faults()).toEqual([]);
  });

  test.each(["Escalated", "Unrecoverable"])("%s for another reason than the story's cause, or than the one that it names", (outcome) => {
    played.story = { ...roleRemoved, outcome: { grace: outcome } };
    Object.assign(played.told.incident!, { outcome, reason: "KeyGone" });
    expect(faults()).toEqual(["the reason is KeyGone, not AccessMissing"]);
    played.told.incident!.reason = "AccessMissing";
    expect(faults()).toEqual([]);
    played.story.reason = "NotPermitted";
    expect(faults()).toEqual(["the reason is AccessMissing, not NotPermitted"]);
  });

  test("nobody asked, where the story is about asking", () => {
    played.story = { ...roleRemoved, asks: true };
    expect(faults()).toEqual(["nobody was asked"]);
    played.told.asked = true;
    expect(faults()).toEqual([]);
  });

  test("more writes than allowed", () => {
    played.story = { ...roleRemoved, maxWrites: 0 };
    expect(faults()).toEqual(["Keymend wrote 1 times, 0 are allowed"]);
  });
});

describe("two incidents of one story", () => {
  test("have the worst outcome, the later detection and everything else of both", () => {
    const one = played.told;
    const other: Told = {
      ...one,
      incident: { ...one.incident!, outcome: "Healed", openedAt: new Date(BROKE + 9000).toISOString() },
      auditRows: 4,
    };
    const { incident, auditRows, chain } = mergeTold([other, one]);
    expect([incident!.outcome, incident!.openedAt, incident!.targets.length, auditRows, chain]).toEqual([
      "Healed",
      new Date(BROKE + 9000).toISOString(),
      4,
      13,
      "verified",
    ]);
  });

  test("are none where one is missing, and broken where one chain is", () => {
    const missing: Told = { incident: undefined, auditRows: 0, chain: "none", asked: false };
    expect(mergeTold([played.told, missing]).incident).toBeUndefined();
    expect(mergeTold([played.told, { ...played.told, chain: "broken" }]).chain).toBe("broken");
  });
});

test("durations are ISO 8601", () => {
  expect([0, 4986, 60_000, 3_600_000, 90_061_000].map((ms) => isoDuration(ms))).toEqual(["PT0S", "PT4.986S", "PT1M", "PT1H", "P1DT1H1M1S"]);
});
