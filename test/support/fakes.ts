/**
 * The edges in memory: fakes of the narrow interfaces that the activities and functions ask for. They keep what was written
 * down, in one journal, and hold to the same promises as the real ones (an entry id is written once, an etag must match).
 */
import type { AuditLog, Incidents, Mailbox } from "../../src/activities/assess.ts";
import type { Claim, Claims, WriteResult } from "../../src/activities/apply-step.ts";
import { TransientError } from "../../src/domain/errors.ts";
import type { Baseline, Facts, LiftedTag, Patient } from "../../src/domain/facts.ts";
import type { Decision, Incident } from "../../src/domain/incident.ts";
import type { ReadLook } from "../../src/domain/reads/look.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { StepDraft } from "../../src/domain/steps/step.ts";
import type { LogEntry, LogQuestion } from "../../src/domain/turn/activity-log.ts";
import type { KeyLogEntry, KeyLogQuestion } from "../../src/domain/turn/key-log.ts";
import { type Sample, withSample } from "../../src/domain/turn/revalidation.ts";
import type { Unarmed } from "../../src/domain/turn/unarmed.ts";
import type { Settings } from "../../src/domain/settings.ts";
import { placeFor } from "../../src/domain/turn/at-work.ts";
import type { Restraint, Trouble } from "../../src/domain/turn/restraint.ts";
import type { News } from "../../src/domain/telling/news.ts";
import type { WishOnRecord, WishStatus } from "../../src/domain/wish.ts";
import type { Fields, Log } from "../../src/log.ts";
import { NOW, someFacts } from "./builders.ts";

/** Nothing keeps Keymend from writing. */
export const noRestraint = (): Restraint => ({ pause: null, troubles: [], atWork: [], resumedAt: null, stormTold: false });

/** The worker dies: no activity may take this for an answer. */
export class Died extends Error {}

export const transient = (retryAfterMs: number | null = null): TransientError =>
  new TransientError({ operation: "do it", resourceId: "/x", retryAfterMs, detail: "503: busy" });

export const throwing = (error: Error) => async (): Promise<never> => {
  throw error;
};

type Call<A extends unknown[], R> = (...args: A) => Promise<R>;

/** The first call throws instead of doing anything. */
export function failsOnce<A extends unknown[], R>(call: Call<A, R>, error: Error): Call<A, R> {
  let failed = false;
  return async (...args) => {
    if (failed) return call(...args);
    failed = true;
    throw error;
  };
}

/** The first call does its work, and then the worker dies. */
export function diesAfter<A extends unknown[], R>(call: Call<A, R>): Call<A, R> {
  let died = false;
  return async (...args) => {
    const answer = await call(...args);
    if (died) return answer;
    died = true;
    throw new Died("the worker died");
  };
}

export type LogLine = { level: "info" | "warn" | "error"; event: string; fields: Fields };

export function fakeLog(): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine["level"]) => (event: string, fields: Fields) => void lines.push({ level, event, fields });
  return { lines, info: at("info"), warn: at("warn"), error: at("error") };
}

const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function fakeIncidents(journal: string[]): Incidents & { all: Incident[]; put: (incident: Incident) => void } {
  const rows: { incident: Incident; etag: string }[] = [];
  let etags = 0;
  const copy = (row: (typeof rows)[number] | undefined) => row && structuredClone(row);
  const put = (incident: Incident): void => {
    const index = rows.findIndex((row) => row.incident.id === incident.id);
    rows.splice(index === -1 ? rows.length : index, 1, { incident: structuredClone(incident), etag: `e${++etags}` });
  };
  return {
    get all() {
      return rows.map(({ incident }) => incident);
    },
    put,
    load: async (patientId, id) => copy(rows.find(({ incident }) => incident.id === id && sameText(incident.vaultId, patientId))),
    latest: async (patientId) =>
      copy(
        rows
          .filter(({ incident }) => sameText(incident.vaultId, patientId))
          .toSorted((a, b) => (a.incident.id < b.incident.id ? -1 : 1))
          .at(-1),
      ),
    save: async (incident, etag) => {
      if (rows.find((row) => row.incident.id === incident.id)?.etag !== etag) throw transient();
      journal.push(`save ${incident.state}`);
      put(incident);
    },
  };
}

type AuditRow = Parameters<AuditLog["append"]>[1][number] & { incidentId: string };

function fakeAudit(journal: string[]): AuditLog & { rows: AuditRow[] } {
  const rows: AuditRow[] = [];
  return {
    rows,
    append: async (incidentId, entries) => {
      for (const entry of entries) {
        if (rows.some((row) => row.incidentId === incidentId && row.entryId === entry.entryId)) continue;
        journal.push(`audit ${entry.kind}`);
        rows.push({ ...entry, incidentId });
      }
      const own = rows.filter((row) => row.incidentId === incidentId);
      return { rows: own.length, head: own.at(-1)?.entryId ?? "" };
    },
  };
}

function fakeMailbox(journal: string[]): Mailbox & Claims & { signals: Signal[]; decisions: Decision[]; claims: Claim[] } {
  const claims: Claim[] = [];
  const signals: Signal[] = [];
  const decisions: Decision[] = [];
  return {
    signals,
    decisions,
    claims,
    claim: async (claim) => {
      if (claims.some(({ stepId, turn }) => stepId === claim.stepId && turn === claim.turn)) return false;
      journal.push("claim");
      claims.push(claim);
      return true;
    },
    listClaims: async (incidentId) => claims.filter((claim) => claim.incidentId === incidentId),
    listSignals: async () => [...signals],
    dropSignals: async (_, ids) => {
      if (ids.length > 0) journal.push(`drop ${ids.join()}`);
      signals.splice(0, signals.length, ...signals.filter(({ id }) => !ids.includes(id)));
    },
    listDecisions: async (incidentId) => decisions.filter((decision) => decision.incidentId === incidentId),
  };
}

/** Everything an activity can be given; `azure` is what it would read, and answer to a write. */
export function fakeEdges(facts: Facts = someFacts()) {
  const journal: string[] = [];
  const azure = {
    facts,
    /** What a write does and says; by default it is done at once. */
    write: async (): Promise<WriteResult> => ({ kind: "done", detail: "200" }),
    writes: [] as StepDraft[],
    /** What Keymend's own roles allow. */
    permissions: [] as string[],
    activityLog: [] as LogEntry[],
    keyLog: [] as KeyLogEntry[],
  };
  const clock = { at: NOW };
  const baselines: { patient: Patient; baseline: Baseline }[] = [];
  const readinessTold = new Map<string, string>();
  const keptUnarmed: (Unarmed | null)[] = [];
  const told: News[] = [];
  const samples = new Map<string, readonly Sample[]>();
  const extensions: string[] = [];
  const restraint: { now: Restraint } = { now: noRestraint() };
  const log = fakeLog();
  const incidents = fakeIncidents(journal);
  const audit = fakeAudit(journal);
  const mailbox = fakeMailbox(journal);
  const deps = {
    gatherFacts: async () => structuredClone(azure.facts),
    withinBudget: <T>(_: ReadLook, work: () => Promise<T>): Promise<T> => work(),
    incidents,
    audit,
    mailbox,
    baselines: {
      save: async (patient: Patient, baseline: Baseline) => void baselines.push({ patient, baseline }),
      remember: async () => undefined,
      endLifts: async (_: Patient, lifts: readonly LiftedTag[]) => void journal.push(`end lift of ${lifts.map(({ tag }) => tag).join()}`),
      readinessTold: async ({ id }: Patient) => readinessTold.get(id),
      keepReadinessTold: async ({ id }: Patient, digest: string) => void readinessTold.set(id, digest),
      keepUnarmed: async (_: Patient, unarmed: Unarmed | null) => void keptUnarmed.push(unarmed),
    },
    listWishes: async (): Promise<WishOnRecord[]> => structuredClone(azure.facts.wishes ?? []),
    keepWishStatus: async (_: string, wishId: string, { state, outcome }: WishStatus) =>
      void journal.push(`wish ${wishId} ${outcome ?? state}`),
    pollStep: async (): Promise<{ kind: "running" | "settled" }> => ({ kind: "running" }),
    restraint: {
      load: async () => structuredClone(restraint.now),
      addTrouble: async (trouble: Trouble) => void restraint.now.troubles.push(trouble),
      endTrouble: async (vaultId: string) => {
        restraint.now.troubles = restraint.now.troubles.filter((one) => one.vaultId !== vaultId);
      },
      keepStormTold: async (isTold: boolean) => void (restraint.now.stormTold = isTold),
      takePlace: async (vaultId: string, limit: Pick<Settings, "maxVaultsAtOnce">, now: string) => {
        const place = placeFor(restraint.now.atWork, vaultId, limit, now);
        if (place === undefined) return false;
        const others = restraint.now.atWork.filter((one) => one.place !== place);
        restraint.now.atWork = [...others, { place, vaultId, at: now }];
        return true;
      },
      leavePlace: async (vaultId: string) => {
        journal.push("leave place");
        restraint.now.atWork = restraint.now.atWork.filter((one) => one.vaultId !== vaultId);
      },
    },
    revalidations: {
      load: async (place: string) => samples.get(place) ?? [],
      add: async (place: string, sample: Sample) => void samples.set(place, withSample(samples.get(place) ?? [], sample)),
    },
    teller: {
      put: async (news: readonly News[]) => {
        const put = news.filter(({ id }) => !told.some((one) => one.id === id));
        told.push(...put);
        return put;
      },
      deliver: async () => void journal.push("deliver"),
      round: async () => undefined,
    },
    setAside: async () => {
      const waiting = mailbox.signals.splice(0).length;
      if (waiting > 0) journal.push(`aside ${waiting}`);
      return waiting;
    },
    readPermissions: async (held: readonly object[]): Promise<unknown> => ({ held, allowed: azure.permissions }),
    readActivityLog: async (question: LogQuestion) => {
      journal.push(`log since ${question.since}`);
      return azure.activityLog;
    },
    readKeyLog: async ({ vaultId, since }: KeyLogQuestion) => {
      journal.push(`key log of ${vaultId} since ${since}`);
      return azure.keyLog;
    },
    digest: (value: unknown) => `digest-of-${JSON.stringify(value)}`,
    writer: {
      submit: (step: StepDraft) => {
        journal.push("write");
        azure.writes.push(step);
        return azure.write();
      },
    },
    countExtension: async (_: Patient, keyVersion: string, count: number) => void extensions.push(`${keyVersion}: ${count}`),
    now: () => new Date(clock.at),
    log,
  };
  return {
    deps,
    azure,
    clock,
    restraint,
    journal,
    incidents,
    audit,
    mailbox,
    baselines,
    keptUnarmed,
    told,
    samples,
    extensions,
    lines: log.lines,
  };
}
