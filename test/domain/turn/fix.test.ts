import { expect, test } from "vitest";
import type { Incident, IncidentTarget } from "../../../src/domain/incident.ts";
import { openIncident } from "../../../src/domain/incident.ts";
import { fixedAt, sinceEvent, troubleAt } from "../../../src/domain/turn/fix.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { aBaseline, ACCOUNT_ID, NOW } from "../../support/builders.ts";
import { after, aSignal, diagnosisOf, healthy, PATIENT, planOf, seen, turnInput } from "../../support/turns.ts";

const target = (over: Partial<IncidentTarget>): IncidentTarget => ({
  id: ACCOUNT_ID,
  kind: "account",
  phase: "healthy",
  phaseBefore: "inGrace",
  worst: "inGrace",
  pathOkSince: after(8),
  healthySince: after(9),
  serviceSays: null,
  outcome: null,
  reason: null,
  detail: "",
  ...over,
});

const closed = (over: Partial<Incident>): Incident => ({
  ...openIncident("i1", PATIENT, NOW, 0),
  state: "closed",
  closedAt: after(70),
  outcome: "OutageAvoided",
  targets: [target({})],
  ...over,
});

const applied = (at: string, result: "done" | "stale" = "done"): Incident["applied"][number] => ({
  id: "s",
  name: "EnableKeyVersion",
  on: "x",
  at,
  result,
  detail: "",
  targetIds: [],
});

test.each<[string, Partial<Incident>, string | null]>([
  ["the service never noticed: when the way to the key was whole, not when that was proven", {}, after(8)],
  ["it never broke, but would have", { outcome: "Prevented", targets: [target({ worst: "atRisk" })] }, after(8)],
  ["the service had noticed: its own word", { outcome: "Healed", targets: [target({ worst: "revoked" })] }, after(9)],
  ["it was recovering already when it was first seen", { outcome: "Healed", targets: [target({ worst: "recovering" })] }, after(9)],
  [
    "of several the last one; one that nothing was wrong with does not count",
    {
      outcome: "Healed",
      targets: [target({ worst: "revoked" }), target({ pathOkSince: after(20) }), target({ worst: "healthy", pathOkSince: after(60) })],
    },
    after(20),
  ],
  [
    "nothing was wrong with a database: what was put in order",
    {
      outcome: "Prevented",
      targets: [target({ worst: "healthy" })],
      applied: [applied(after(3)), applied(after(4)), applied(after(5), "stale")],
    },
    after(4),
  ],
  ["nothing tells: when it was closed", { outcome: "Prevented", targets: [] }, after(70)],
  [
    "of an earlier version the ending is all that is known",
    { outcome: "Healed", targets: [target({ worst: "revoked", healthySince: null })] },
    after(70),
  ],
  ["so of a way to the key", { targets: [target({ pathOkSince: null })] }, after(70)],
  ["nothing was mended", { outcome: "Escalated" }, null],
  ["nobody had to", { outcome: "NoChangeNeeded" }, null],
  ["it is open still", { closedAt: null, outcome: null }, null],
])("%s", (_, over, at) => expect(fixedAt(closed(over))).toBe(at));

const wellAt = (at: string) => ({ facts: { baseline: aBaseline({ at }) } });

test.each<[string, Partial<Parameters<typeof sinceEvent>[0]>, string | undefined]>([
  ["the earliest event", { signals: [aSignal({ at: after(-2) }), aSignal({ at: after(-3) })] }, after(-3)],
  ["a sweep is none", { signals: [aSignal({ at: after(-2), source: "sweep" })] }, undefined],
  [
    "one from before the last incident was closed is that one's",
    { signals: [aSignal({ at: after(-9) })], previous: closed({ closedAt: after(-5) }) },
    undefined,
  ],
  ["one after it", { signals: [aSignal({ at: after(-9) })], previous: closed({ closedAt: after(-10) }) }, after(-9)],
  ["an open one bounds nothing", { signals: [aSignal({ at: after(-9) })], previous: closed({ closedAt: null }) }, after(-9)],
  [
    "of a clock that goes ahead, and of one that can't be read",
    { signals: [aSignal({ at: after(2) }), aSignal({ at: "soon" })] },
    undefined,
  ],
  [
    "one from before all was last seen well, that comes late",
    { signals: [aSignal({ at: after(-180) })], ...wellAt(after(-20)) },
    undefined,
  ],
  [
    "of several that come at once those from after it",
    { signals: [aSignal({ at: after(-180) }), aSignal({ at: after(-5) })], ...wellAt(after(-20)) },
    after(-5),
  ],
  [
    "whichever was later, that or the end of the last incident",
    { signals: [aSignal({ at: after(-9) })], previous: closed({ closedAt: after(-5) }), ...wellAt(after(-20)) },
    undefined,
  ],
])("where trouble began: %s", (_, given, since) => {
  expect(sinceEvent({ signals: [], previous: null, now: NOW, facts: { baseline: null }, ...given }).since).toBe(since);
});

test("an incident keeps when the event came about, and since when the service says that all is well", () => {
  const input = turnInput({ signals: [aSignal({ at: after(-2) })] });
  const opened = decideTurn(input).incident!;
  expect(troubleAt(opened)).toBe(after(-2));
  expect(troubleAt({ openedAt: NOW })).toBe(NOW);
  const look = (before: Incident, minutes: number, as = healthy()): Incident =>
    decideTurn(turnInput({ now: after(minutes), turn: minutes, incident: before, plan: planOf(), ...diagnosisOf(as) })).incident!;
  const well = look(look(opened, 5), 6);
  expect(well.targets[0]!.healthySince).toBe(after(5));
  expect(look(well, 7, seen()).targets[0]!.healthySince).toBeNull();
  expect(look(opened, 5, healthy({ service: { verdict: "unclear", says: null } })).targets[0]!.healthySince).toBeNull();
});
