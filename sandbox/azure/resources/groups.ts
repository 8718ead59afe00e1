/** Microsoft.Resources: resource groups. Shapes: azure-rest-api-specs Microsoft.Resources resources.json, 2021-04-01. */
import { evaluateAction } from "../authorization/evaluate.ts";
import { objectAt } from "../json.ts";
import { AzureError, type Call, type Reply, type Route, isHere } from "../routes.ts";
import type { JsonObject, ResourceGroup } from "../world.ts";

const READ = "Microsoft.Resources/subscriptions/resourceGroups/read";
const ONE = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}";

export const resourceGroupRoutes: Route[] = [
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}/resourceGroups",
    // The list holds what the caller may read.
    action: null,
    handle: (call) => ({
      status: 200,
      body: {
        value: [...call.world.resourceGroups.values()]
          .filter((group) => isHere(call, group.id) && mayRead(call, group))
          .map((group) => bodyOf(group)),
      },
    }),
  },
  { method: "GET", pattern: ONE, action: READ, handle: (call) => ({ status: 200, body: bodyOf(groupOf(call)!) }) },
  { method: "HEAD", pattern: ONE, action: READ, handle: (call) => ({ status: groupOf(call) ? 204 : 404 }) },
  {
    method: "PUT",
    pattern: ONE,
    action: "Microsoft.Resources/subscriptions/resourceGroups/write",
    event: "Microsoft.Resources/subscriptions/resourceGroups/write",
    handle: (call) => put(call),
  },
];

function idOf({ params }: Call): string {
  return `/subscriptions/${params["subscriptionId"]}/resourceGroups/${params["resourceGroupName"]}`;
}

function groupOf(call: Call): ResourceGroup | undefined {
  return call.world.resourceGroups.get(idOf(call).toLowerCase());
}

function mayRead({ world, caller }: Call, group: ResourceGroup): boolean {
  return evaluateAction(world, caller.oid, READ, group.id).allowed;
}

function bodyOf({ id, name, location, tags, deleting }: ResourceGroup): JsonObject {
  return {
    id,
    name,
    type: "Microsoft.Resources/resourceGroups",
    location,
    tags,
    properties: { provisioningState: deleting ? "Deleting" : "Succeeded" },
  };
}

function put(call: Call): Reply {
  const known = groupOf(call);
  const { location, tags } = objectAt(call.body);
  if (typeof location !== "string") throw new AzureError(400, "LocationRequired", "The location property is required for this definition.");
  const region = location.toLowerCase().replaceAll(" ", "");
  if (known && known.location !== region) {
    const message = `Invalid resource group location '${region}'. The Resource group already exists in location '${known.location}'.`;
    throw new AzureError(409, "InvalidResourceGroupLocation", message);
  }
  const group: ResourceGroup = known ?? { id: idOf(call), name: call.params["resourceGroupName"] ?? "", location: region, tags: {} };
  group.tags = Object.fromEntries(Object.entries(objectAt(tags)).map(([name, value]) => [name, typeof value === "string" ? value : ""]));
  call.world.resourceGroups.set(group.id.toLowerCase(), group);
  return { status: known ? 200 : 201, body: bodyOf(group) };
}
