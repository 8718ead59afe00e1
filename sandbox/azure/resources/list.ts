/**
 * The generic list of resources: `GET /subscriptions/{s}/resources`, with `$filter=resourceType eq '...'`.
 * Items have no properties and no nextLink (recorded: Azure/azure-cli test_keyvault_softdelete.yaml, 2022-06); a soft-deleted vault is gone at once.
 */
import { evaluateAction } from "../authorization/evaluate.ts";
import { AzureError, same, type Call, type Route } from "../routes.ts";
import type { World } from "../world.ts";

type Listed = { id: string; name: string; type: string; location: string; tags: Record<string, string> };
type Stored = Omit<Listed, "type" | "tags"> & { tags: Record<string, string> | null };

export const resourceListRoutes: Route[] = [
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}/resources",
    action: null,
    handle: (call) => list(call, `/subscriptions/${call.params["subscriptionId"]}/`),
  },
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/resources",
    action: null,
    handle: (call) => list(call, `/subscriptions/${call.params["subscriptionId"]}/resourceGroups/${call.params["resourceGroupName"]}/`),
  },
];

function list(call: Call, prefix: string) {
  const fits = filterOf(call.url.searchParams.get("$filter"));
  const found = allResources(call.world).filter(
    (resource) => resource.id.toLowerCase().startsWith(prefix.toLowerCase()) && fits(resource) && mayRead(call, resource),
  );
  return { status: 200, body: { value: found } };
}

function mayRead({ world, caller }: Call, { id, type }: Listed): boolean {
  return evaluateAction(world, caller.oid, `${type}/read`, id).allowed;
}

function allResources(world: World): Listed[] {
  const of = (type: string, all: Iterable<Stored>): Listed[] =>
    [...all].map(({ id, name, location, tags }) => ({ id, name, type, location, tags: tags ?? {} }));
  return [
    ...of("Microsoft.DocumentDB/databaseAccounts", world.accounts.values()),
    ...of("Microsoft.DocumentDB/mongoClusters", world.clusters.values()),
    ...of(
      "Microsoft.KeyVault/vaults",
      [...world.vaults.values()].filter((vault) => vault.deleted === undefined),
    ),
    ...of("Microsoft.ManagedIdentity/userAssignedIdentities", world.identities.values()),
    ...of("Microsoft.EventGrid/systemTopics", world.systemTopics.values()),
  ];
}

/** Conditions joined by `and`; resourceType, name, resourceGroup and location, with `eq`. */
function filterOf(filter: string | null): (resource: Listed) => boolean {
  if (filter === null || filter === "") return () => true;
  const tests = filter.split(/\s+and\s+/i).map((part) => {
    const match = /^\(?\s*(resourceType|name|resourceGroup|location)\s+eq\s+'([^']*)'\s*\)?$/i.exec(part.trim());
    if (!match) throw new AzureError(400, "InvalidFilterInQueryString", `Invalid $filter '${filter}' specified in the query string.`);
    const [, property = "", wanted = ""] = match;
    return (resource: Listed): boolean => same(valueOf(resource, property.toLowerCase()), wanted);
  });
  return (resource) => tests.every((test) => test(resource));
}

function valueOf({ id, name, type, location }: Listed, property: string): string {
  switch (property) {
    case "resourcetype":
      return type;
    case "resourcegroup":
      return id.split("/")[4] ?? "";
    case "location":
      return location;
    default:
      return name;
  }
}
