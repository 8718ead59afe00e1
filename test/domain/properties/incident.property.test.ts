import { createHash } from "node:crypto";
/**
 * Whole incidents, played turn by turn in a world where Azure, people and time do what they like: every one comes to an end, or waits on a
 * named person, time or thing, and none ends in a success that the databases do not have.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import type { AppliedStep, Decision, Incident, Outcome } from "../../../src/domain/incident.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import type { Settings } from "../../../src/domain/settings.ts";
import { precondition } from "../../../src/domain/steps/index.ts";
import type { Step } from "../../../src/domain/steps/step.ts";
import { HOUR, toMs } from "../../../src/domain/time.ts";
import { questionId } from "../../../src/domain/turn/questions.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { SETTLE_AFTER_WRITE_MS } from "../../../src/domain/turn/waits.ts";
import { someSettings } from "../../support/builders.ts";
import { aSignal, PATIENT } from "../../support/turns.ts";
import { apply, type Graveyard, serviceCan, serviceChecks } from "./apply.ts";
import { broken, brokenBy, MENDABLE } from "./breaks.ts";

type Person = "approves" | "rejects" | "sleeps";
type Azure = "works" | "refuses" | "fails" | "belies" | "idles";
type World = {
  person: Person;
  /** What comes of a write: done; refused; accepted and failed; done, and said to have failed; said to be done, with no effect. */
  azure: Azure;
  /** Whether the service's hourly check ever runs again, and what it says while it does not know. */
  service: "checks" | "sleeps" | "silent";
  mode: Settings["mode"];
};

const worlds = fc.record<World>({
  person: fc.constantFrom<Person>("approves", "rejects", "sleeps"),
  azure: fc.constantFrom<Azure>("works", "works", "refuses", "fails", "belies", "idles"),
  service: fc.constantFrom<World["service"]>("checks", "checks", "sleeps", "silent"),
  mode: fc.constantFrom<Settings["mode"]>("heal", "heal", "approve", "observe"),
});

const RESULTS: Record<Azure, AppliedStep["result"]> = {
  works: "done",
  refuses: "refused",
  fails: "failed",
  belies: "failed",
  idles: "done",
};
/** An incident that is still open by then never ends. */
const LIMIT = 4 * 24 * HOUR;

function record(incident: Incident, step: Step, at: string, azure: Azure): Incident {
  const result = RESULTS[azure];
  const { id, name, on, targetIds } = step;
  const detail = azure === "refuses" ? "NotPermitted: AuthorizationFailed: no" : "";
  return {
    ...incident,
    applied: [...incident.applied, { id, name, on, at, result, detail, targetIds }],
    progress: { ...incident.progress, looks: 0, ...(result === "failed" ? { sent: step } : {}) },
  };
}

const digest = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

function decisionsOf(incident: Incident | null, person: Person, now: string): Decision[] {
  const asked = (incident?.plan?.steps ?? []).filter(({ state }) => state === "waitsForApproval");
  const steps = asked.map(({ id }) => id);
  if (!incident || person === "sleeps" || incident.state !== "waiting" || steps.length === 0) return [];
  const decision = person === "approves" ? "approve" : "reject";
  const questions = Object.fromEntries(asked.map((step) => [step.id, questionId(step, incident.progress.asked![step.id]!, digest)]));
  const { hash: planHash } = incident.plan!;
  return [{ id: `d-${now}`, incidentId: incident.id, at: now, planHash, steps, questions, decision, reason: "r", by: "ada" }];
}

function checked(facts: Facts, service: World["service"]): Facts {
  if (service === "sleeps") return facts;
  const now = serviceChecks(facts);
  if (service === "checks") return now;
  const silent = { healthy: null, code: null, text: null, clusterStatus: null, provisioningState: "Succeeded" };
  return { ...now, targets: now.targets.map((target) => (target.service.healthy === true ? { ...target, service: silent } : target)) };
}

type Ended = { outcome: Outcome; incident: Incident | null; facts: Facts; writes: Step[]; waits: string[] };

function play(start: Facts, graveyard: Graveyard, { person, azure, service, mode }: World): Ended {
  const settings = someSettings({ mode });
  let facts = start;
  let incident: Incident | null = null;
  let decisions: Decision[] = [];
  const writes: Step[] = [];
  const waits: string[] = [];
  for (let turn = 0; toMs(facts.at) - toMs(start.at) < LIMIT; turn++) {
    const { at: now } = facts;
    const diagnosis = diagnose(facts, settings);
    const planned = plan(facts, diagnosis, settings);
    decisions = [...decisions, ...decisionsOf(incident, person, now)];
    const decided = decideTurn({
      now,
      turn,
      patient: PATIENT,
      incident,
      previous: null,
      newId: "i1",
      signals: turn === 0 ? [aSignal()] : [],
      decisions,
      facts,
      factsDigest: "d",
      diagnosis,
      plan: planned,
      digest,
      settings,
      held: null,
    });
    incident = decided.incident;
    const { next } = decided;
    if (next.do === "end") return { outcome: next.outcome, incident, facts, writes, waits };
    if (next.do === "step") {
      const { step } = next;
      expect(precondition(step, facts)).toBe("todo");
      writes.push(step);
      if (azure === "works" || azure === "belies") facts = apply(facts, step, graveyard);
      incident = record(incident!, step, now, azure);
      continue;
    }
    // Nobody wants anything here.
    if (next.do === "scan" || next.do === "ticket") throw new Error(`a ${next.do} that nobody wanted`);
    expect(next.why).not.toBe("");
    expect(toMs(next.until)).toBeGreaterThan(toMs(now));
    waits.push(next.why);
    facts = checked({ ...facts, at: next.until }, service);
  }
  throw new Error(`never ends: ${waits.slice(-3).join("; ")}`);
}

const SUCCESS = ["NoChangeNeeded", "Prevented", "OutageAvoided", "Healed", "Superseded"];
const played = fc
  .record({ trouble: broken, world: worlds })
  .map(({ trouble: { facts, graveyard }, world }) => ({ start: facts, graveyard, world }));

/** Worlds in which something is done: what can be mended mostly is. */
const willing = fc.record<World>({
  person: fc.constant("approves"),
  azure: fc.constantFrom<Azure>("works", "works", "works", "belies", "idles"),
  service: fc.constantFrom<World["service"]>("checks", "sleeps", "silent"),
  mode: fc.constant("heal"),
});

/** The same worlds for every claim: each is played once, however many claims are made of it. */
const SEED = Math.floor(Math.random() * 2 ** 31);
type Played = { start: Facts; graveyard: Graveyard; world: World };
const ends = new Map<string, Ended>();

function endOf({ start, graveyard, world }: Played): Ended {
  const key = digest([start, graveyard, world]);
  const end = ends.get(key) ?? play(start, graveyard, world);
  ends.set(key, end);
  return end;
}

type Claim = (one: Played, end: Ended) => void;

const CLAIMS: [string, Claim][] = [
  [
    "it comes to an end, with a reason where it is no success",
    (_one, { outcome, incident }) => {
      if (!SUCCESS.includes(outcome.code) && outcome.code !== "Observed") expect(outcome.reason).not.toBeNull();
      expect(outcome.detail).not.toBe("");
      // No ending but a success is the last word on a vault.
      if (incident && !SUCCESS.includes(outcome.code)) expect(toMs(incident.nextLookAt!)).toBeGreaterThan(toMs(incident.closedAt!));
    },
  ],
  [
    "it writes nothing in observe mode, nothing unasked in approve mode, and nothing again while its effect is awaited or more than three times",
    ({ world }, { writes, incident }) => {
      if (world.mode === "observe" || (world.mode === "approve" && world.person !== "approves")) expect(writes).toEqual([]);
      const counts = Map.groupBy(incident?.applied ?? [], ({ id }) => id);
      for (const tries of counts.values()) {
        expect(tries.length).toBeLessThanOrEqual(3);
        for (const [i, { at, result }] of tries.entries()) {
          const again = tries[i + 1];
          if (again && result === "done") expect(toMs(again.at) - toMs(at)).toBeGreaterThanOrEqual(SETTLE_AFTER_WRITE_MS);
          if (again) expect(result).not.toBe("refused");
        }
      }
    },
  ],
  [
    "it is over at a known time at the latest",
    ({ start }, { incident }) => {
      // A day for an approval, and the rest of the way after it.
      const { openedAt, closedAt } = incident ?? { openedAt: start.at, closedAt: start.at };
      expect(closedAt).not.toBeNull();
      expect(toMs(closedAt ?? "") - toMs(openedAt)).toBeLessThanOrEqual(2 * 24 * HOUR);
    },
  ],
];

describe("an incident", () => {
  test.each<Azure>(["works", "belies"])("ends well where people and the service do their part, and Azure %s", (azure) => {
    const world: World = { person: "approves", azure, service: "checks", mode: "heal" };
    const outcomes = fc
      .sample(brokenBy(MENDABLE.filter((name) => !/detach|undefine|Identity/.test(name))), { numRuns: 60, seed: 7 })
      .map(({ facts, graveyard }) => play(facts, graveyard, world).outcome.code);
    expect(outcomes.filter((code) => !SUCCESS.includes(code))).toEqual([]);
    expect(new Set(outcomes)).toEqual(new Set(["Prevented", "OutageAvoided", "Healed", "NoChangeNeeded"]));
  });

  test.each(CLAIMS)("in any world %s", (_what, claim) => {
    fc.assert(
      fc.property(played, (one) => claim(one, endOf(one))),
      { numRuns: 120, seed: SEED },
    );
  });

  test("never ends in a success that the service could not serve, or where the service has not said so after an outage", () => {
    fc.assert(
      fc.property(brokenBy(MENDABLE), willing, ({ facts: start, graveyard }, world) => {
        const { outcome, facts, incident } = play(start, graveyard, world);
        if (!SUCCESS.includes(outcome.code)) return;
        expect(facts.targets.filter((target) => !serviceCan(facts, target))).toEqual([]);
        const hadNoticed = (incident?.targets ?? [])
          .filter(({ worst }) => worst === "revoked" || worst === "recovering")
          .map(({ id }) => id);
        expect(facts.targets.filter(({ id, service }) => hadNoticed.includes(id) && service.healthy !== true)).toEqual([]);
      }),
      { numRuns: 120 },
    );
  });

  test("that a person said no to writes nothing that it asked for", () => {
    fc.assert(
      fc.property(broken, fc.constantFrom<Settings["mode"]>("heal", "approve"), ({ facts, graveyard }, mode) => {
        const { writes } = play(facts, graveyard, { person: "rejects", azure: "works", service: "checks", mode });
        expect(writes.filter(({ needs }) => needs === "approval")).toEqual([]);
      }),
    );
  });
});
