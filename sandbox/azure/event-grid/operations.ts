/**
 * Event Grid's long-running operations and where clients ask about them.
 * Recorded: Azure/azure-cli test_create_system_topic.yaml (2022-07), cloud-custodian test_azure_event_subscription_delete (2019-05).
 */
import { AzureError, type Call, type Reply, type Route, subscriptionOf } from "../routes.ts";
import type { World } from "../world.ts";

const AT = "/subscriptions/{subscription}/providers/Microsoft.EventGrid/locations/{location}";
const READ = "Microsoft.EventGrid/locations/operationsStatus/read";

export const operationRoutes: Route[] = [
  { method: "GET", pattern: `${AT}/operationsStatus/{operation}`, action: READ, handle: status },
  {
    method: "GET",
    pattern: `${AT}/operationResults/{operation}`,
    action: "Microsoft.EventGrid/locations/operationResults/read",
    handle: result,
  },
];

/** When each operation ends (ms), by its GUID in lower case. */
const operations = new WeakMap<World, Map<string, number>>();

function operationsOf(world: World): Map<string, number> {
  const known = operations.get(world) ?? new Map<string, number>();
  operations.set(world, known);
  return known;
}

/**
 * Starts an operation and returns the header that leads to it: with port, GUID in upper case. Clients polled after 10 s rather than
 * their own 30 s; the recorder drops Retry-After.
 */
export function startOperation(
  call: Call,
  options: { ms: number; location: string; kind: "operationsStatus" | "operationResults" },
): Record<string, string> {
  const { world } = call;
  const guid = world.random.guid("event-grid-operation");
  operationsOf(world).set(guid, world.clock.now() + options.ms);
  const region = options.location.replaceAll(" ", "").toLowerCase();
  const path = `/subscriptions/${subscriptionOf(call)}/providers/Microsoft.EventGrid/locations/${region}/${options.kind}/${guid.toUpperCase()}`;
  const header = options.kind === "operationsStatus" ? "azure-asyncoperation" : "location";
  return { [header]: `https://management.azure.com:443${path}?api-version=${call.apiVersion}`, "retry-after": "10" };
}

function isDone(call: Call): boolean {
  const endsAt = operationsOf(call.world).get((call.params["operation"] ?? "").toLowerCase());
  if (endsAt === undefined)
    throw new AzureError(404, "ResourceNotFound", `The operation '${call.params["operation"]}' could not be found.`);
  return endsAt <= call.world.clock.now();
}

function status(call: Call): Reply {
  const body = {
    id: call.url.href.replace(":443/", "/"),
    name: (call.params["operation"] ?? "").toLowerCase(),
    status: isDone(call) ? "Succeeded" : "InProgress",
  };
  return { status: 200, ...(body.status === "InProgress" ? { headers: { "retry-after": "10" } } : {}), body };
}

function result(call: Call): Reply {
  return isDone(call) ? { status: 200 } : { status: 202, headers: { location: call.url.href, "retry-after": "10" } };
}
