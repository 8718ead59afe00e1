/**
 * Deleting a resource group deletes what is in it, by each provider's own DELETE: databases first, as they hold on to identities and keys,
 * vaults (which stay soft-deleted) before identities; at last the group. It answers 202 with a Location to follow (recorded: Azure/azure-cli
 * test_activity_log_list_scenario.yaml, 2019-06; Retry-After 15 in Azure/azure-powershell TestAnalyticalStorageSchemaTypeUpdateAccount.json,
 * 2024-09). Order and locks: Azure Resource Manager, "Resource group and resource deletion"; the order among these types is not documented.
 */
import { logActivity } from "../monitor/activity-log.ts";
import { publish, whenEnded } from "../arm/arm-events.ts";
import type { Done } from "../change.ts";
import { resourceGroupNotFound, scopeLocked } from "../arm/arm-errors.ts";
import { createMatcher, segmentsOf } from "../match.ts";
import { AzureError, type Call, type Reply, type Route, subscriptionOf } from "../routes.ts";
import type { ResourceGroup, World } from "../world.ts";

const DELETE = "Microsoft.Resources/subscriptions/resourceGroups/delete";
const TICK_MS = 15_000;

type Deletion = { state: "running" | "done" | "failed"; why: string };
const deletions = new WeakMap<World, Map<string, Deletion>>();

function deletionsOf(world: World): Map<string, Deletion> {
  const known = deletions.get(world) ?? new Map<string, Deletion>();
  deletions.set(world, known);
  return known;
}

/** What is in a group, the first to go first. */
const stages = (world: World): Iterable<{ id: string }>[] => [
  [...world.accounts.values(), ...world.clusters.values()],
  world.eventSubscriptions.values(),
  world.systemTopics.values(),
  [...world.vaults.values()].filter((vault) => vault.deleted === undefined),
  world.identities.values(),
];

/** routes: of all providers, whose own DELETE is asked. */
export function groupDeleteRoutes(routes: readonly Route[]): Route[] {
  const find = createMatcher(routes);
  const removal = (call: Call, id: string): { call: Call; route: Route } => {
    const found = find("DELETE", segmentsOf(id));
    if ("methods" in found) throw new Error(`nobody deletes ${id}`);
    const url = new URL(`${id}?api-version=${call.apiVersion}`, "https://management.azure.com");
    return { call: { ...call, url, params: found.params }, route: found.route };
  };
  return [
    {
      method: "DELETE",
      pattern: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
      action: DELETE,
      event: DELETE,
      handle: (call) => start(call, removal),
    },
    { method: "GET", pattern: "/subscriptions/{subscriptionId}/operationresults/{operationId}", action: null, handle: result },
  ];
}

type Removal = (call: Call, id: string) => { call: Call; route: Route };

function start(call: Call, removal: Removal): Reply {
  const { world } = call;
  const group = world.resourceGroups.get(
    `/subscriptions/${call.params["subscriptionId"]}/resourceGroups/${call.params["resourceGroupName"]}`.toLowerCase(),
  );
  if (!group) throw resourceGroupNotFound(call.params["resourceGroupName"] ?? "");
  const locked = [...world.locks.values()].find((lock) => isIn(group, lock.scope));
  if (locked) throw scopeLocked(group.id, "delete", locked.scope);
  group.deleting = true;
  const id = Buffer.from(
    JSON.stringify({ jobId: `RESOURCEGROUPDELETIONJOB-${group.name.toUpperCase()}-${world.random.hex("group-delete", 16)}` }),
  ).toString("base64url");
  const deletion: Deletion = { state: "running", why: "" };
  deletionsOf(world).set(id, deletion);
  world.clock.in(TICK_MS, `resource group ${group.name} goes`, () => step(call, { group, deletion, removal, asked: new Set() }));
  return { status: 202, headers: pollHeaders(call, id) };
}

const pollHeaders = (call: Call, id: string): Record<string, string> => ({
  location: `https://management.azure.com/subscriptions/${subscriptionOf(call)}/operationresults/${id}?api-version=${call.apiVersion}`,
  "retry-after": "15",
});

const isIn = (group: ResourceGroup, id: string): boolean => `${id}/`.toLowerCase().startsWith(`${group.id}/`.toLowerCase());

type Work = { group: ResourceGroup; deletion: Deletion; removal: Removal; asked: Set<string> };

/** Asks for what is next to go, and looks again until all is gone. */
async function step(call: Call, work: Work): Promise<void> {
  const { world } = call;
  const { group, deletion } = work;
  const left = stages(world)
    .map((stage) => [...stage].filter(({ id }) => isIn(group, id)))
    .find((stage) => stage.length > 0);
  for (const { id } of left ?? []) {
    if (work.asked.has(id)) continue;
    const refused = await remove(call, work, id);
    if (refused === undefined) work.asked.add(id);
    else if (refused.status !== 412) {
      // What can't go keeps the group; what went is gone.
      Object.assign(deletion, { state: "failed", why: `${id}: ${refused.message}` });
      delete group.deleting;
      return;
    }
  }
  if (left) {
    world.clock.in(TICK_MS, `resource group ${group.name} goes`, () => step(call, work));
    return;
  }
  for (const [key, assignment] of world.roleAssignments) if (isIn(group, assignment.scope)) world.roleAssignments.delete(key);
  world.resourceGroups.delete(group.id.toLowerCase());
  deletion.state = "done";
}

/** Undefined: it is going. Every one has an event and entries in the activity log of its own, of the same correlation id. */
async function remove(call: Call, { removal }: Work, id: string): Promise<AzureError | undefined> {
  const { world } = call;
  const one = removal(call, id);
  const done: Done = {
    request: { method: "DELETE", url: one.call.url, headers: call.headers, body: "" },
    operation: one.route.event ?? "",
    scope: id,
    claims: call.claims ?? { oid: call.caller.oid, appid: call.caller.appid },
    correlationId: call.correlationId ?? "",
    assignmentId: null,
  };
  let reply: Reply;
  try {
    reply = await one.route.handle(one.call);
  } catch (error) {
    if (error instanceof AzureError) return error;
    throw error;
  }
  logActivity(world, done, { status: "Started" });
  const gone = async (): Promise<"Success" | undefined> =>
    stages(world).some((stage) => [...stage].some((r) => r.id === id)) ? undefined : "Success";
  const tell = (): void => {
    logActivity(world, done, { status: "Succeeded", httpStatus: 200 });
    publish(world, done, "Success");
  };
  if (reply.status === 202) whenEnded(world, done, gone, tell);
  else tell();
  return undefined;
}

function result(call: Call): Reply {
  const id = call.params["operationId"] ?? "";
  const deletion = deletionsOf(call.world).get(id);
  if (!deletion) throw new AzureError(404, "NotFound", `The operation '${id}' could not be found.`);
  if (deletion.state === "failed")
    throw new AzureError(409, "ResourceGroupDeletionBlocked", `Deletion of the resource group failed: ${deletion.why}`);
  return deletion.state === "running" ? { status: 202, headers: pollHeaders(call, id) } : { status: 200 };
}
