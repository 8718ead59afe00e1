/**
 * Facts → diagnosis: per database a phase, the causes that the key path shows, and where the service's word disagrees. The service's
 * status lags by up to an hour: it is a hint, the path is the proof.
 */
import type { Diagnosis, Finding, Phase, TargetDiagnosis } from "../cause.ts";
import { causeOf, causes } from "../causes/index.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { confirmedLimit } from "../databases/readiness.ts";
import type { Settings } from "../settings.ts";
import { verdictOf } from "../databases/index.ts";

function findAll(facts: Facts, target: TargetFacts, settings: Settings): Finding[] {
  // No customer-managed key, nothing to lose: unless the service says that it has lost it.
  if (target.keyUri === null) return verdictOf(target) === "lost" ? [keyless(target)] : [];
  const found: Finding[] = [];
  for (const { code, kinds, eclipses, find } of causes) {
    const evidence = kinds.includes(target.kind) ? find(facts, target, settings, found) : undefined;
    if (!evidence) continue;
    if (eclipses) return [{ code, evidence }];
    found.push({ code, evidence });
  }
  return found;
}

function keyless(target: TargetFacts): Finding {
  const text = `${target.name} names no key, and the service says '${wordOf(target)}'`;
  return { code: "Unreadable", evidence: { effect: "unknown", facts: [text], values: { words: [] } } };
}

const wordOf = ({ service }: TargetFacts): string | null => service.text ?? service.clusterStatus;

/**
 * What is out of reach or could not be read counts as broken: nothing proves that it works. Nor does a word of the service's that nobody
 * knows: beside a path that is broken it is taken for the word that access is lost.
 */
function phaseOf(target: TargetFacts, findings: readonly Finding[]): Phase {
  const isProven = findings.some(({ evidence }) => evidence.effect === "broken");
  const isBroken = isProven || findings.some(({ evidence }) => evidence.effect === "unknown");
  if (verdictOf(target) === "lost") return isBroken ? "revoked" : "recovering";
  if (isProven && verdictOf(target) === "unclear") return "revoked";
  if (isBroken) return "inGrace";
  return findings.length > 0 ? "atRisk" : "healthy";
}

function contradictionsOf(target: TargetFacts, findings: readonly Finding[]): string[] {
  const { code } = target.service;
  const word = wordOf(target) ?? "";
  const isBroken = findings.some(({ evidence }) => evidence.effect === "broken");
  const all: string[] = [];
  if (verdictOf(target) === "healthy" && isBroken) {
    all.push(`the service says '${word}' though the key path is broken: it looks about once an hour`);
  }
  if (findings.some((finding) => finding.code === "Revalidating" || finding.code === "VaultUnreachable")) {
    all.push(`the service says '${word}' though the key path works`);
  } else if (
    code !== null &&
    verdictOf(target) === "lost" &&
    !findings.some((finding) => causeOf(finding.code).statusCodes.includes(code))
  ) {
    all.push(`the service says ${code}, which none of the causes found explains`);
  }
  return all;
}

function diagnoseTarget(facts: Facts, target: TargetFacts, settings: Settings): TargetDiagnosis {
  const readiness = confirmedLimit(facts, target);
  // Out of reach is out of reach as a whole: what else of the path is not there to be read is no finding.
  const findings = readiness && causeOf(readiness.cause).eclipses ? [] : findAll(facts, target, settings);
  const { id, kind } = target;
  const service = { verdict: verdictOf(target), says: wordOf(target) };
  return {
    id,
    kind,
    phase: phaseOf(target, findings),
    findings,
    ...(readiness && { readiness }),
    service,
    contradictions: contradictionsOf(target, findings),
  };
}

const STILL_LISTED = "is not there, says Azure Resource Manager, and the inventory goes on listing it";

/** A database that exists and could not be read: nothing is known of it, so nothing is taken for healthy. */
function unreadTargets(facts: Facts): TargetDiagnosis[] {
  return facts.missing.map((target): TargetDiagnosis => {
    const why = target.state === "gone" ? STILL_LISTED : `could not be read: ${target.detail}`;
    const evidence = { effect: "unknown" as const, facts: [`${target.id} ${why}`], values: {} };
    const { id, kind } = target;
    const service = { verdict: "silent" as const, says: null };
    return { id, kind, phase: "inGrace", findings: [{ code: "Unreadable", evidence }], service, contradictions: [] };
  });
}

export function diagnose(facts: Facts, settings: Settings): Diagnosis {
  const targets = facts.targets.map((target) => diagnoseTarget(facts, target, settings));
  return { at: facts.at, targets: [...targets, ...unreadTargets(facts)], madeBy: (cause) => causeOf(cause).madeBy };
}
