/** Reads from the activity log who changed what a database depends on. Entries come late: what it does not say yet is unknown. */
import type { EventData } from "@azure/arm-monitor";
import { actions } from "../domain/steps/spec.ts";
import type { Unreadable } from "../domain/facts.ts";
import type { LogEntry, LogQuestion } from "../domain/turn/activity-log.ts";
import { callAzure, collect, toUnreadable } from "./call-azure.ts";
import type { Clients } from "./clients.ts";

export type ReadActivityLog = (question: LogQuestion) => Promise<LogEntry[] | Unreadable>;

/** Permission. */
export const READ_ACTIVITY_LOG = actions("Microsoft.Insights/eventtypes/values/read");

const SELECT = "claims,eventTimestamp,operationName,resourceId,status";

const OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier";

/**
 * REST reference, "Activity Logs - List": the filter takes a time range and one of group, resource, provider and correlation id. What is
 * assigned over a whole subscription is in no group, so role assignments are asked for by their provider.
 */
export function createReadActivityLog(clients: Pick<Clients, "monitor">): ReadActivityLog {
  return async ({ since, until, groups, subscriptionIds }) => {
    const range = `eventTimestamp ge '${since}' and eventTimestamp le '${until}'`;
    const list = (subscriptionId: string, which: string) =>
      callAzure("read the activity log", `/subscriptions/${subscriptionId}`, () =>
        collect(clients.monitor(subscriptionId).activityLogs.list(`${range} and ${which}`, { select: SELECT })),
      );
    const answers = await Promise.all([
      ...groups.map(({ subscriptionId, name }) => list(subscriptionId, `resourceGroupName eq '${name}'`)),
      ...subscriptionIds.map((id) => list(id, "resourceProvider eq 'Microsoft.Authorization'")),
    ]);
    const entries: LogEntry[] = [];
    for (const answer of answers) {
      // One that is missing may be just the one that names the author.
      if (!answer.ok) return toUnreadable(answer.failure);
      entries.push(...answer.value.flatMap(toEntry));
    }
    return entries;
  };
}

/** Of an operation that has ended well: it is there as it begins too, and where it failed it has changed nothing. */
function toEntry({ claims, eventTimestamp, operationName, resourceId, status }: EventData): LogEntry[] {
  const objectId = claims?.[OBJECT_ID]?.trim() || null;
  if (status?.value !== "Succeeded" || !operationName?.value || !resourceId || !eventTimestamp) return [];
  return [{ operation: operationName.value, resource: resourceId, at: eventTimestamp.toISOString(), objectId }];
}
