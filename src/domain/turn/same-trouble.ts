/** What makes two looks at a vault the same trouble, and how what is found again joins what is known. */
import { sameId } from "../arm-id.ts";
import type { Diagnosis } from "../cause.ts";
import type { Incident, IncidentCause } from "../incident.ts";
import type { Signal } from "../signal.ts";
import { toMs } from "../time.ts";
import { isFinal, isSuccess } from "./outcome.ts";
import { FINAL_LOOKS_FOR_MS } from "./waits.ts";

/** Equal where the same causes are found of the same databases. */
export function signature(causes: readonly { code: string; targetIds: readonly string[] }[]): string {
  return causes
    .flatMap(({ code, targetIds }) => targetIds.map((id) => `${code} ${id.toLowerCase()}`))
    .sort()
    .join("\n");
}

const all = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];

/** The findings of a look by cause, each with every database that shows it. */
export function causesOf(diagnosis: Diagnosis): IncidentCause[] {
  const byCode = new Map<string, IncidentCause>();
  for (const target of diagnosis.targets) {
    for (const { code, evidence } of target.findings) {
      const cause = byCode.get(code) ?? { code, targetIds: [], evidence: [], contradictions: [] };
      cause.targetIds.push(target.id);
      cause.evidence = all(cause.evidence, evidence.facts);
      cause.contradictions = all(cause.contradictions, target.contradictions);
      byCode.set(code, cause);
    }
  }
  return [...byCode.values()];
}

/** What showed it of databases that do not show it any more stays too. */
function mergeCause(before: IncidentCause | undefined, now: IncidentCause): IncidentCause {
  if (!before) return now;
  const targetIds = [...before.targetIds, ...now.targetIds.filter((id) => !before.targetIds.some((known) => sameId(known, id)))];
  if (targetIds.length === now.targetIds.length) return now;
  return {
    ...now,
    targetIds,
    evidence: all(before.evidence, now.evidence),
    contradictions: all(before.contradictions, now.contradictions),
  };
}

/** Causes stay on the incident once found; what was found again is told anew. */
export function mergeCauses(before: readonly IncidentCause[], found: readonly IncidentCause[]): IncidentCause[] {
  const kept = before.filter((cause) => !found.some(({ code }) => code === cause.code));
  const known = (code: string): IncidentCause | undefined => before.find((cause) => cause.code === code);
  return [...kept, ...found.map((cause) => mergeCause(known(cause.code), cause))];
}

type Look = { previous: Incident | null; signals: readonly Signal[]; now: string };

/** A final verdict is looked at often, and told again a day later. */
const toldAgainAt = ({ outcome, closedAt, nextLookAt }: Incident): number =>
  isFinal(outcome) ? Math.max(toMs(nextLookAt!), toMs(closedAt!) + FINAL_LOOKS_FOR_MS) : toMs(nextLookAt!);

/** The last incident, where its verdict rested on just this and its next look is not due: nothing new to tell anybody. */
export function isKnown({ previous, signals, now }: Look, grounds: string): Incident | undefined {
  // A success has nothing to say again, but that something was revoked on purpose.
  if (!previous?.outcome || previous.nextLookAt === null) return undefined;
  if (isSuccess(previous.outcome) && previous.outcome !== "Completed") return undefined;
  // Azure's silence was no verdict on the vault: a look that it answers is not as before.
  if (previous.reason === "AzureUnavailable") return undefined;
  if (signals.some((signal) => signal.source === "operator") || toMs(now) >= toldAgainAt(previous)) return undefined;
  return previous.grounds === grounds ? previous : undefined;
}
