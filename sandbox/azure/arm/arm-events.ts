/**
 * The events ARM raises after PUT, PATCH, POST and DELETE: success or failure, once the operation has ended.
 * Source: MicrosoftDocs/azure-docs articles/event-grid/event-schema-subscriptions.md (shape, claims of a service principal, no body).
 */
import type { JsonObject, World } from "../world.ts";
import { claimsOf, type Done, subscriptionOfChange } from "../change.ts";

/** ARM follows a provider's asynchronous operation itself; how often is not documented. */
const FOLLOW_MS = 15_000;

export type Ending = "Success" | "Failure";

/** Where a long-running operation stands; undefined while it runs. */
export type Poll = () => Promise<Ending | undefined>;

export function whenEnded(world: World, done: Done, poll: Poll, tell: (ending: Ending) => void): void {
  const what = `ARM follows ${done.operation}`;
  const look = async (): Promise<void> => {
    const ending = await poll();
    if (ending === undefined) world.clock.in(FOLLOW_MS, what, look);
    else tell(ending);
  };
  world.clock.in(FOLLOW_MS, what, look);
}

export function publish(world: World, done: Done, ending: Ending): void {
  const subscriptionId = subscriptionOfChange(done);
  if (subscriptionId === undefined) return;
  const verb = done.request.method === "DELETE" ? "Delete" : done.request.method === "POST" ? "Action" : "Write";
  world.publish({
    source: `/subscriptions/${subscriptionId}`,
    subject: done.scope,
    eventType: `Microsoft.Resources.Resource${verb}${ending}`,
    eventTime: world.clock.iso(),
    data: dataOf(world, done, ending),
    dataVersion: "2",
  });
}

function dataOf(world: World, done: Done, ending: Ending): JsonObject {
  const { request, operation, scope } = done;
  const clientRequestId = request.headers["x-ms-client-request-id"] ?? world.random.guid("arm.client-request");
  return {
    authorization: { scope, action: operation, evidence: evidenceOf(world, done) },
    claims: claimsOf(world, done.claims),
    correlationId: done.correlationId,
    httpRequest: { clientRequestId, clientIpAddress: "203.0.113.5", method: request.method, url: request.url.href },
    resourceProvider: operation.split("/")[0],
    resourceUri: scope,
    operationName: operation,
    status: ending === "Success" ? "Succeeded" : "Failed",
    subscriptionId: subscriptionOfChange(done),
    tenantId: world.tenantId,
  };
}

/** Why the caller was allowed: their own role, never the assignment that the operation was about. */
function evidenceOf(world: World, done: Done): JsonObject {
  const assignment = [...world.roleAssignments.values()].find((a) => a.name === done.assignmentId);
  if (!assignment) return { role: "Subscription Admin" };
  const bare = (guid: string): string => guid.replaceAll("-", "");
  const roleDefinitionId = assignment.roleDefinitionId.split("/").at(-1) ?? "";
  return {
    role: world.roleDefinitions.get(roleDefinitionId.toLowerCase())?.roleName ?? roleDefinitionId,
    roleAssignmentScope: assignment.scope,
    roleAssignmentId: bare(assignment.name),
    roleDefinitionId: bare(roleDefinitionId),
    principalId: bare(assignment.principalId),
    principalType: assignment.principalType,
  };
}
