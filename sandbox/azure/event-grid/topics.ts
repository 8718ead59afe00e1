/**
 * System topics through ARM: where a vault's or the subscription's events can be subscribed to; one a source.
 * Shapes: recorded, Azure/azure-cli test_create_system_topic.yaml (2022-07, 2021-10-15-preview).
 */
import { evaluateAction } from "../authorization/evaluate.ts";
import { ASSIGN_IDENTITY, linkedAuthorizationFailed, mayOn } from "../authorization/linked-scopes.ts";
import { isObject, objectAt, textAt } from "../json.ts";
import { resourceNotFound } from "../arm/not-found.ts";
import { AzureError, same, type Call, type Reply, type Route, isHere, subscriptionOf } from "../routes.ts";
import type { Json, JsonObject, SystemTopic } from "../world.ts";
import { addSystemTopic, removeEventSubscriptionsOf } from "./build.ts";

export const TOPIC_TYPE = "Microsoft.EventGrid/systemTopics";
const ALL = `/subscriptions/{subscription}/providers/${TOPIC_TYPE}`;
const GROUP = `/subscriptions/{subscription}/resourceGroups/{group}/providers/${TOPIC_TYPE}`;
export const ONE_TOPIC = `${GROUP}/{topic}`;

export const topicRoutes: Route[] = [
  { method: "GET", pattern: ALL, action: `${TOPIC_TYPE}/read`, handle: (call) => list(call, ({ id }) => isHere(call, id)) },
  // `$filter=name eq ..` was ignored here, as recorded.
  {
    method: "GET",
    pattern: GROUP,
    action: `${TOPIC_TYPE}/read`,
    handle: (call) => list(call, (t) => isHere(call, t.id) && same(t.id.split("/")[4] ?? "", call.params["group"] ?? "")),
  },
  {
    method: "GET",
    pattern: ONE_TOPIC,
    action: `${TOPIC_TYPE}/read`,
    handle: (call) => ({ status: 200, body: renderSystemTopic(topicOf(call), call.apiVersion) }),
  },
  { method: "PUT", pattern: ONE_TOPIC, action: `${TOPIC_TYPE}/write`, event: `${TOPIC_TYPE}/write`, handle: put },
  { method: "PATCH", pattern: ONE_TOPIC, action: `${TOPIC_TYPE}/write`, event: `${TOPIC_TYPE}/write`, handle: patch },
  { method: "DELETE", pattern: ONE_TOPIC, action: `${TOPIC_TYPE}/delete`, event: `${TOPIC_TYPE}/delete`, handle: remove },
];

/** The recorded version writes null for what is not there; later ones are not recorded and declare no nulls. */
export const writesNulls = (apiVersion: string): boolean => apiVersion < "2021-12";

export function renderSystemTopic(topic: SystemTopic, apiVersion: string): JsonObject {
  const nulls = writesNulls(apiVersion);
  return {
    properties: {
      provisioningState: "Succeeded",
      source: topic.source,
      topicType: topic.topicType,
      metricResourceId: topic.metricResourceId,
    },
    systemData: nulls ? null : undefined,
    location: topic.location,
    identity: identityOf(topic),
    tags: topic.tags ?? (nulls ? null : undefined),
    id: topic.id,
    name: topic.name,
    type: TOPIC_TYPE,
  };
}

/** REST specification, Microsoft.EventGrid 2025-02-15: IdentityInfo, with an entry for each identity. */
function identityOf({ identities }: SystemTopic): JsonObject | undefined {
  if (identities.length === 0) return undefined;
  return { type: "UserAssigned", userAssignedIdentities: Object.fromEntries(identities.map((id) => [id, {}])) };
}

/** The topic of the path, of its own or of the event subscriptions under it. */
export function topicOf(call: Call): SystemTopic {
  const topic = call.world.systemTopics.get(topicIdOf(call).toLowerCase());
  if (!topic) throw resourceNotFound(TOPIC_TYPE, call.params["topic"] ?? "", call.params["group"] ?? "");
  return topic;
}

function topicIdOf(call: Call): string {
  const { group, topic } = call.params;
  return `/subscriptions/${subscriptionOf(call)}/resourceGroups/${group}/providers/${TOPIC_TYPE}/${topic}`;
}

function list(call: Call, wanted: (topic: SystemTopic) => boolean): Reply {
  const value = [...call.world.systemTopics.values()].filter((t) => wanted(t)).map((t) => renderSystemTopic(t, call.apiVersion));
  return { status: 200, body: { value } };
}

/** Those that a request names: each must be there, and whoever gives it to a topic must be allowed to. */
function identitiesIn(call: Call, topicId: string, body: JsonObject): string[] {
  const ids = Object.keys(objectAt(objectAt(body["identity"])["userAssignedIdentities"]));
  for (const id of ids) {
    if (call.world.identities.has(id.toLowerCase()) && mayOn(call, ASSIGN_IDENTITY, id)) continue;
    throw linkedAuthorizationFailed(call, { type: TOPIC_TYPE, id: topicId }, ASSIGN_IDENTITY, id);
  }
  return ids;
}

function tagsOf(value: Json | undefined): Record<string, string> | undefined {
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, textAt(v)])) : undefined;
}

/** Synchronous, 200 also for a new one. */
function put(call: Call): Reply {
  const { world } = call;
  const body = objectAt(call.body);
  const properties = objectAt(body["properties"]);
  const source = textAt(properties["source"]);
  const topicType = textAt(properties["topicType"]);
  const location = textAt(body["location"]);
  if (source === "" || topicType === "" || location === "") {
    throw new AzureError(400, "InvalidRequest", "Invalid system topic: location, source and topicType are required.");
  }
  requireSourcePermission(call, source);
  const other = [...world.systemTopics.values()].find((t) => same(t.source, source) && !same(t.id, topicIdOf(call)));
  if (other) {
    // Text as quoted by zscaler/terraform-azurerm-cloud-connector-modules (README of its Event Grid module).
    const message = `There is an existing tracked system topic for the given source ${source}. Only one system topic is allowed per source.`;
    throw new AzureError(400, "InvalidRequest", message);
  }
  const existing = world.systemTopics.get(topicIdOf(call).toLowerCase());
  const identities = identitiesIn(call, topicIdOf(call), body);
  const tags = tagsOf(body["tags"]);
  if (existing) existing.tags = tags ?? null;
  const spec = { resourceGroup: call.params["group"] ?? "", name: call.params["topic"] ?? "", source, topicType, location };
  const topic = existing ?? addSystemTopic(world, tags ? { ...spec, tags } : spec);
  topic.identities = identities;
  return { status: 200, body: renderSystemTopic(topic, call.apiVersion) };
}

/**
 * Whoever makes a topic must be allowed to subscribe to its source. Source: MicrosoftDocs/azure-docs event-grid/security-authorization.md;
 * text as quoted by zscaler/terraform-azurerm-cloud-connector-modules.
 */
function requireSourcePermission(call: Call, source: string): void {
  const action = "Microsoft.EventGrid/eventSubscriptions/write";
  if (evaluateAction(call.world, call.caller.oid, action, source).allowed) return;
  throw new AzureError(400, "InvalidRequest", `The user does not have permission to perform the operation on the resource ${source}.`);
}

function patch(call: Call): Reply {
  const topic = topicOf(call);
  topic.tags = tagsOf(objectAt(call.body)["tags"]) ?? topic.tags;
  return { status: 200, body: renderSystemTopic(topic, call.apiVersion) };
}

function remove(call: Call): Reply {
  const topic = call.world.systemTopics.get(topicIdOf(call).toLowerCase());
  if (!topic) return { status: 204 };
  removeEventSubscriptionsOf(call.world, topic.source);
  call.world.systemTopics.delete(topic.id.toLowerCase());
  return { status: 200 };
}
