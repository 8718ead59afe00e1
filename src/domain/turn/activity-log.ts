/**
 * What the activity log is asked where no event named an author, and what its entries say. It lags ("usually available within 3 to 20
 * minutes": Microsoft Learn, "Azure Monitor activity log"), and an entry that is still missing may be the one that matters: until it can be
 * whole it is not asked, and the author stays unknown.
 */
import { parseArmId } from "../arm-id.ts";
import type { Diagnosis } from "../cause.ts";
import type { Facts } from "../facts.ts";
import type { Author, Incident } from "../incident.ts";
import type { Settings } from "../settings.ts";
import { placeOf } from "../signal.ts";
import type { Step } from "../steps/step.ts";
import { MINUTE, toIso, toMs } from "../time.ts";
import { authorsOf, CLOCKS_DIFFER_MS, isOfResourceManager, seenAt } from "./authors.ts";

/** Times: ISO 8601 UTC. */
export type LogQuestion = {
  since: string;
  until: string;
  groups: { subscriptionId: string; name: string }[];
  subscriptionIds: string[];
};

/** One operation that has ended well. */
export type LogEntry = { operation: string; resource: string; at: string; objectId: string | null };

const LAG_MS = 20 * MINUTE;
/** "Retention period" on the same page. */
const KEPT_MS = 90 * 24 * 60 * MINUTE;

type Asking = {
  incident: Incident | null;
  steps: readonly Step[];
  facts: Facts;
  diagnosis: Diagnosis;
  settings: Settings;
  now: string;
};

/** Everything whose change can have caused a loss here. */
function dependencies({ vault, targets, identities }: Facts): string[] {
  const used = targets.flatMap(({ id, attached }) => [id, ...attached.map((one) => one.id)]);
  return [...(vault?.id == null ? [] : [vault.id]), ...identities.map(({ id }) => id), ...used];
}

const distinct = <T>(items: readonly T[]): T[] => [...new Map(items.map((item) => [JSON.stringify(item).toLowerCase(), item])).values()];

/** Undefined where nothing hangs on it, or where it can't tell. Without a healthy look there is no telling what came before the loss. */
export function questionToLog({ incident, steps, facts, diagnosis, settings, now }: Asking): LogQuestion | undefined {
  const healthyAt = facts.baseline?.at;
  if (!incident || settings.privilegedCallers.length === 0 || healthyAt === undefined) return undefined;
  const isWhole = (step: Step): boolean => toMs(now) >= seenAt(step, incident) + LAG_MS;
  const isNamed = (step: Step): boolean => authorsOf(step, incident, { facts, diagnosis }).length > 0;
  const unnamed = steps.filter((step) => isOfResourceManager(step, diagnosis) && isWhole(step) && !isNamed(step));
  if (unnamed.length === 0 || toMs(now) - toMs(healthyAt) >= KEPT_MS) return undefined;
  const places = dependencies(facts).flatMap((id) => {
    const { subscriptionId = null, resourceGroup: name = null } = parseArmId(id) ?? {};
    return subscriptionId === null || name === null ? [] : [{ subscriptionId, name }];
  });
  return {
    since: toIso(toMs(healthyAt) - CLOCKS_DIFFER_MS),
    until: now,
    groups: distinct(places),
    subscriptionIds: distinct(places.map(({ subscriptionId }) => subscriptionId)),
  };
}

/** Keymend's own writes are no one's change. */
export function authorsIn(entries: readonly LogEntry[], ownPrincipalId: string | null): Author[] {
  return entries.flatMap(({ operation, resource, at, objectId }) => {
    const scope = placeOf(operation, resource);
    if (!scope || objectId === null || objectId.toLowerCase() === ownPrincipalId?.toLowerCase()) return [];
    return [{ objectId, operation: operation.toLowerCase(), scope, at }];
  });
}
