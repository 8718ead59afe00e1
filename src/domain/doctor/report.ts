/** Looks → report: how bad it is with each database, worst first, and what that comes to. */
import { nameOf, sameId } from "../arm-id.ts";
import type { CauseCode } from "../cause-code.ts";
import type { Diagnosis, Phase, TargetDiagnosis } from "../cause.ts";
import { principalIn } from "../databases/key-path.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { parseKeyUri } from "../key-uri.ts";
import type { Plan } from "../plan.ts";
import type { Settings } from "../settings.ts";
import { azGetDatabase, say } from "../steps/az.ts";
import {
  type DatabaseReport,
  type DatabaseSeverity,
  type Finding,
  type Gap,
  type Report,
  SEVERITIES,
  type Severity,
  type Unread,
  worstOf,
} from "./finding.ts";
import { type Beside, gapsOf } from "./gaps.ts";
import { outlookOf } from "./outlook.ts";
import { doneFor, linesFor } from "./would.ts";

/** One patient as it was looked at. */
export type Look = { facts: Facts; diagnosis: Diagnosis; plan: Plan };

type Titles = (cause: CauseCode) => string;

const rankOf = (severity: DatabaseSeverity): number => SEVERITIES.indexOf(severity);

function severityOf({ phase, findings }: TargetDiagnosis): Severity[] {
  const isProven = findings.some(({ evidence }) => evidence.effect === "broken");
  switch (phase) {
    case "revoked":
      return ["trouble"];
    case "inGrace":
      return [isProven ? "trouble" : "unseen"];
    case "recovering":
    case "atRisk":
      return ["warning"];
    case "healthy":
      return [];
  }
}

const SEVERITY_OF_EFFECT = { broken: "trouble", unknown: "unseen", willBreak: "warning", waiting: "warning" } as const;

function findingsOf({ id, kind, findings, readiness }: TargetDiagnosis, plan: Plan, titleOf: Titles): Finding[] {
  const shown = azGetDatabase(kind, id, "properties");
  const found = findings.map(({ code, evidence }): Finding => {
    const lines = linesFor(code, id, plan);
    return {
      code,
      title: titleOf(code),
      severity: SEVERITY_OF_EFFECT[evidence.effect],
      evidence: evidence.facts,
      az: lines.length > 0 ? lines : [shown],
    };
  });
  if (!readiness) return found;
  const { cause, text, wants } = readiness;
  return [...found, { code: cause, title: titleOf(cause), severity: "note", evidence: [text], az: [say(wants), shown] }];
}

function vaultOf({ vault }: Facts): DatabaseReport["vault"] {
  return vault && { name: vault.name, id: vault.id, state: vault.state };
}

function identityOf(facts: Facts, target: TargetFacts): DatabaseReport["identity"] {
  const principal = principalIn(facts, target);
  const { form } = target.defaultIdentity;
  const id = "identityId" in principal ? principal.identityId : null;
  const name =
    id === null ? { user: "?", system: "its own", firstParty: "Azure Cosmos DB", undefined: "none", unknown: "?" }[form] : nameOf(id);
  return { name, id, state: principal.state };
}

type Told = { database: DatabaseReport; gaps: Gap[] };

function databaseOf(look: Look, diagnosis: TargetDiagnosis, beside: Beside, settings: Settings, titleOf: Titles): Told {
  const { facts, plan } = look;
  const { id, kind, phase, contradictions } = diagnosis;
  const target = facts.targets.find((one) => sameId(one.id, id));
  const findings = findingsOf(diagnosis, plan, titleOf);
  // What a cause has found already is no mere gap.
  const isTold = ({ code }: Gap): boolean => code === "VersionPinned" && findings.some((finding) => finding.code === "KeyVersionPinned");
  const gaps = target ? gapsOf(facts, target, beside).filter((gap) => !isTold(gap)) : [];
  return {
    gaps,
    database: {
      id,
      name: target?.name ?? nameOf(id),
      kind,
      severity: worstOf([...severityOf(diagnosis), ...findings.map(({ severity }) => severity), ...gaps.map(({ severity }) => severity)]),
      phase: target ? phase : null,
      ...outlookOf(facts, diagnosis, target),
      findings,
      gaps: [...new Set(gaps.map(({ code }) => code))],
      ...doneFor(id, facts, plan, settings),
      contradictions,
      vault: vaultOf(facts),
      keyUri: target?.keyUri ?? null,
      identity: target ? identityOf(facts, target) : null,
    },
  };
}

const PHASES: readonly (Phase | null)[] = ["revoked", "inGrace", null, "recovering", "atRisk", "healthy"];

const daysOf = ({ runway }: DatabaseReport): number => runway.days ?? Infinity;

/** By how bad it is, how far, how soon, and how much is lacking; by id where all that is the same. */
const worstFirst = (a: DatabaseReport, b: DatabaseReport): number =>
  rankOf(a.severity) - rankOf(b.severity) ||
  PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) ||
  // Infinity less itself is no number.
  (daysOf(a) === daysOf(b) ? 0 : daysOf(a) - daysOf(b)) ||
  b.gaps.length - a.gaps.length ||
  (a.id < b.id ? -1 : 1);

/** Each gap of a vault, key or identity once, with all whose it is. */
function unite(told: readonly Told[]): Report["gaps"] {
  const byWhat = new Map<string, Report["gaps"][number]>();
  for (const { database, gaps } of told)
    for (const gap of gaps) {
      const key = JSON.stringify([gap.code, gap.on.toLowerCase(), gap.evidence]);
      const known = byWhat.get(key) ?? { ...gap, databaseIds: [] };
      byWhat.set(key, { ...known, databaseIds: [...known.databaseIds, database.id] });
    }
  return [...byWhat.values()].toSorted((a, b) => rankOf(a.severity) - rankOf(b.severity) || a.code.localeCompare(b.code));
}

function verdictOf(databases: readonly DatabaseReport[], unread: readonly Unread[]): Report["verdict"] {
  const has = (severity: Severity): boolean => databases.some((database) => database.severity === severity);
  if (has("trouble")) return "trouble";
  if (has("unseen") || unread.some(({ isBlind }) => isBlind)) return "couldNotLook";
  return has("warning") || unread.length > 0 ? "warnings" : "nothing";
}

export type Seen = {
  at: string;
  subscriptions: Report["subscriptions"];
  looks: readonly Look[];
  beside: Beside;
  unread: readonly Unread[];
};

export function reportOf({ at, subscriptions, looks, beside, unread }: Seen, settings: Settings, titleOf: Titles): Report {
  const told = looks.flatMap((look) => look.diagnosis.targets.map((diagnosis) => databaseOf(look, diagnosis, beside, settings, titleOf)));
  const databases = told.map(({ database }) => database).toSorted(worstFirst);
  const count = (severity: DatabaseReport["severity"]): number => databases.filter((database) => database.severity === severity).length;
  const vaults = new Set(databases.flatMap(({ keyUri }) => (keyUri === null ? [] : [hostOf(keyUri)])));
  return {
    schema: 1,
    at,
    subscriptions,
    counts: {
      databases: databases.length,
      vaults: vaults.size,
      trouble: count("trouble"),
      unseen: count("unseen"),
      warning: count("warning"),
      note: count("note"),
      fine: count("fine"),
    },
    verdict: verdictOf(databases, unread),
    databases,
    gaps: unite(told),
    unread: [...unread],
  };
}

const hostOf = (keyUri: string): string => parseKeyUri(keyUri).host || keyUri;
