/**
 * Microsoft.Resources/tags: the tags of anything that has some, whatever its provider. Shapes and operations: azure-rest-api-specs
 * Microsoft.Resources resources.json, 2021-04-01, Tags_*AtScope and Tags_List. Names compare without case, values with it
 * (Azure Resource Manager, "Use tags to organize your Azure resources").
 */
import { resourceNotFound } from "../arm/not-found.ts";
import { requireAllowedWhileRevoked, requireIdle } from "../documentdb/account-rules.ts";
import { flagSwitch } from "../documentdb/switches.ts";
import { isObject, objectAt, textAt } from "../json.ts";
import { AzureError, same, type Call, type Reply, type Route, subscriptionOf, isHere } from "../routes.ts";
import type { Account, JsonObject, World } from "../world.ts";

type Tags = Record<string, string>;
type Tagged = { tags: Tags | null };

const TYPE = "Microsoft.Resources/tags";
const ONE = `{scope}/providers/${TYPE}/default`;
const idOf = (call: Call): string => `${call.params["scope"]}/providers/${TYPE}/default`;
const write = { action: `${TYPE}/write`, event: `${TYPE}/write`, scopeOf: idOf };

export const tagRoutes: Route[] = [
  { method: "GET", pattern: ONE, action: `${TYPE}/read`, scopeOf: idOf, handle: (call) => shown(call, found(call)) },
  { method: "PUT", pattern: ONE, ...write, handle: (call) => change(call, "replace") },
  { method: "PATCH", pattern: ONE, ...write, handle: (call) => change(call, textAt(objectAt(call.body)["operation"]).toLowerCase()) },
  {
    method: "DELETE",
    pattern: ONE,
    action: `${TYPE}/delete`,
    event: `${TYPE}/delete`,
    scopeOf: idOf,
    handle: (call) => {
      set(call, found(call), {});
      return { status: 200 };
    },
  },
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}/tagNames",
    action: "Microsoft.Resources/subscriptions/tagNames/read",
    scopeOf: (call) => `/subscriptions/${call.params["subscriptionId"]}`,
    handle: listNames,
  },
];

const taggedOf = (world: World): Map<string, Tagged>[] => [
  world.resourceGroups,
  world.accounts,
  world.clusters,
  new Map([...world.vaults].filter(([, vault]) => vault.deleted === undefined)),
  world.identities,
  world.systemTopics,
  world.subscriptions,
];

function found(call: Call): Tagged {
  const scope = call.params["scope"] ?? "";
  for (const all of taggedOf(call.world)) {
    const tagged = all.get(scope.toLowerCase());
    if (tagged) return tagged;
  }
  const [, , , , group = "", , namespace = "", type = "", name = ""] = scope.split("/");
  throw resourceNotFound(`${namespace}/${type}`, name, group);
}

const shown = (call: Call, { tags }: Tagged): Reply => ({
  status: 200,
  body: { id: idOf(call), name: "default", type: TYPE, properties: { tags: { ...tags } } },
});

const without = (tags: Tags, name: string): Tags => Object.fromEntries(Object.entries(tags).filter(([known]) => !same(known, name)));

/** Given a name alone, `delete` takes whatever value it has; given a value too, only that one. */
const OPERATIONS: Record<string, (tags: Tags, sent: Tags) => Tags> = {
  replace: (_tags, sent) => sent,
  merge: (tags, sent) => Object.entries(sent).reduce((all, [name, value]) => ({ ...without(all, name), [name]: value }), tags),
  delete: (tags, sent) =>
    Object.fromEntries(
      Object.entries(tags).filter(([name, value]) => !Object.entries(sent).some(([n, v]) => same(n, name) && (v === "" || v === value))),
    ),
};

function change(call: Call, operation: string): Reply {
  const sent = objectAt(objectAt(call.body)["properties"])["tags"];
  const apply = OPERATIONS[operation];
  if (!apply || !isObject(sent)) {
    throw new AzureError(
      400,
      "InvalidRequestContent",
      "The request content was invalid: it takes an operation (Replace, Merge or Delete) and properties.tags.",
    );
  }
  const tagged = found(call);
  set(call, tagged, apply({ ...tagged.tags }, Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, textAt(value)]))));
  return shown(call, tagged);
}

/** What an account's provider refuses by PATCH, it refuses here too, unless a switch says that Resource Manager keeps tags by itself. */
function set(call: Call, tagged: Tagged, tags: Tags): void {
  const account = [...call.world.accounts.values()].find((candidate): candidate is Account => candidate === tagged);
  if (account && !flagSwitch(call.world, "documentdb.tagsApiWhileRevoked")) {
    requireIdle(call, account);
    requireAllowedWhileRevoked(call, account, { plain: {}, tags });
  }
  tagged.tags = tags;
}

/** Every name in use, with its values and how often. */
function listNames(call: Call): Reply {
  const names = new Map<string, Map<string, number>>();
  for (const all of taggedOf(call.world)) {
    for (const [, { tags }] of [...all].filter(([id]) => isHere(call, id))) {
      for (const [name, value] of Object.entries(tags ?? {})) {
        const values = names.get(name) ?? new Map<string, number>();
        names.set(name, values.set(value, (values.get(value) ?? 0) + 1));
      }
    }
  }
  const base = `/subscriptions/${subscriptionOf(call)}/tagNames`;
  const count = (value: number): JsonObject => ({ type: "Total", value });
  const value = [...names].map(([tagName, values]) => ({
    id: `${base}/${tagName}`,
    tagName,
    count: count([...values.values()].reduce((sum, n) => sum + n, 0)),
    values: [...values].map(([tagValue, n]) => ({ id: `${base}/${tagName}/tagValues/${tagValue}`, tagValue, count: count(n) })),
  }));
  return { status: 200, body: { value } };
}
