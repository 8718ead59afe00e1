/** What the activity log is asked where no event named an author, and what its entries say. */
import { parseArmId } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import type { Author } from "../incident.ts";
import { signalScopeOf } from "../signal.ts";
import { MINUTE, toMs } from "../time.ts";
import { isOfResourceManager } from "./authors.ts";
import { type Asking, spanToSearch } from "./logs.ts";

/** Times: ISO 8601 UTC. */
export type LogQuestion = {
  since: string;
  until: string;
  groups: { subscriptionId: string; name: string }[];
  subscriptionIds: string[];
};

/** One operation that has ended well. */
export type LogEntry = { operation: string; resource: string; at: string; objectId: string | null };

/** Microsoft Learn, "Azure Monitor activity log": "Retention period". */
const KEPT_MS = 90 * 24 * 60 * MINUTE;

/** Everything whose change can have caused a loss here. */
function dependencies({ vault, targets, identities }: Facts): string[] {
  const used = targets.flatMap(({ id, attached }) => [id, ...attached.map((one) => one.id)]);
  return [...(vault?.id == null ? [] : [vault.id]), ...identities.map(({ id }) => id), ...used];
}

const distinct = <T>(items: readonly T[]): T[] => [...new Map(items.map((item) => [JSON.stringify(item).toLowerCase(), item])).values()];

/** Undefined where nothing hangs on it, or where it can't tell. */
export function questionToLog(asking: Asking): LogQuestion | undefined {
  const span = spanToSearch(asking, isOfResourceManager);
  if (span === undefined || toMs(span.until) - toMs(span.since) >= KEPT_MS) return undefined;
  const places = dependencies(asking.facts).flatMap((id) => {
    const { subscriptionId = null, resourceGroup: name = null } = parseArmId(id) ?? {};
    return subscriptionId === null || name === null ? [] : [{ subscriptionId, name }];
  });
  return { ...span, groups: distinct(places), subscriptionIds: distinct(places.map(({ subscriptionId }) => subscriptionId)) };
}

export function authorsIn(entries: readonly LogEntry[]): Author[] {
  return entries.flatMap(({ operation, resource, at, objectId }) => {
    const scope = signalScopeOf(operation, resource);
    return scope && objectId !== null ? [{ objectId, operation: operation.toLowerCase(), scope, at }] : [];
  });
}
