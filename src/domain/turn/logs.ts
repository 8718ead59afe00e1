/**
 * When the logs are asked that name who made a change: where somebody's changes count as meant and nobody is named. They lag, and an entry
 * that is still missing may be the one that matters: until a log can be whole it is not asked, and the author stays unknown.
 */
import type { Diagnosis } from "../cause.ts";
import type { Facts } from "../facts.ts";
import type { Incident } from "../incident.ts";
import type { Settings } from "../settings.ts";
import type { Step } from "../steps/step.ts";
import { MINUTE, toIso, toMs } from "../time.ts";
import { authorsOf, CLOCKS_DIFFER_MS, isOfKeys, isOfResourceManager, seenAt } from "./authors.ts";

/**
 * "Usually available within 3 to 20 minutes" (Microsoft Learn, "Azure Monitor activity log"); "10 minutes (at most) after the key vault
 * operation" (Microsoft Learn, "Azure Key Vault logging"), to which a workspace adds what it takes to take it in.
 */
const LAG_MS = 20 * MINUTE;

export type Asking = {
  incident: Incident;
  steps: readonly Step[];
  facts: Facts;
  diagnosis: Diagnosis;
  settings: Settings;
  now: string;
};

/** Whether what a step puts back can stand in a log. */
type IsIn = (step: Step, diagnosis: Diagnosis) => boolean;

/** When a log can be whole about each step that nobody is named for. Without a healthy look there is no telling what came before the loss. */
function wholeAt({ incident, steps, facts, diagnosis, settings }: Asking, isIn: IsIn): number[] {
  if (settings.privilegedCallers.length === 0 || facts.baseline === null) return [];
  const unnamed = steps.filter((step) => isIn(step, diagnosis) && authorsOf(step, incident, { facts, diagnosis }).length === 0);
  return unnamed.map((step) => seenAt(step, incident) + LAG_MS);
}

/** What is to be searched of a log; undefined while nothing hangs on it. ISO 8601 UTC. */
export function spanToSearch(asking: Asking, isIn: IsIn): { since: string; until: string } | undefined {
  const { facts, now } = asking;
  if (!wholeAt(asking, isIn).some((at) => at <= toMs(now))) return undefined;
  return { since: toIso(toMs(facts.baseline!.at) - CLOCKS_DIFFER_MS), until: now };
}

/** When the first log can be whole that is not yet: a look is due then. ISO 8601 UTC. */
export function nextLogAt(asking: Asking): string | undefined {
  const { settings, now } = asking;
  const isIn: IsIn = (...step) => isOfResourceManager(...step) || (isOfKeys(...step) && settings.logWorkspace !== null);
  const later = wholeAt(asking, isIn).filter((at) => at > toMs(now));
  return later.length === 0 ? undefined : toIso(Math.min(...later));
}
