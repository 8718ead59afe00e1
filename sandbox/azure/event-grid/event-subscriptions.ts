/**
 * Event subscriptions of system topics through ARM. Creating and updating answer 201 and go on in the background.
 * Shapes: recorded, Azure/azure-cli test_create_system_topic.yaml (2022-07), cloud-custodian test_azure_event_subscription_delete (2019-05).
 */
import { evaluateAction } from "../authorization/evaluate.ts";
import { scopeOf } from "../authorization/scope.ts";
import { objectAt, textAt } from "../json.ts";
import { resourceNotFound } from "../arm/not-found.ts";
import { AzureError, same, type Call, type Reply, type Route, isHere } from "../routes.ts";
import { switchOf } from "../switches.ts";
import type { EventSubscription, JsonObject, SystemTopic } from "../world.ts";
import { defaultEventTypes } from "./build.ts";
import { startOperation } from "./operations.ts";
import { ONE_TOPIC, TOPIC_TYPE, topicOf, writesNulls } from "./topics.ts";

const TYPE = `${TOPIC_TYPE}/eventSubscriptions`;
const ALL = `${ONE_TOPIC}/eventSubscriptions`;
const ONE = `${ALL}/{name}`;
const LOOSE = "providers/Microsoft.EventGrid/eventSubscriptions";
const LOOSE_READ = "Microsoft.EventGrid/eventSubscriptions/read";
const SETTLES_MS = 8000;
const GONE_AFTER_MS = 4000;

export const eventSubscriptionRoutes: Route[] = [
  { method: "GET", pattern: ALL, action: `${TYPE}/read`, handle: list },
  { method: "GET", pattern: ONE, action: `${TYPE}/read`, handle: (call) => ({ status: 200, body: render(found(call), call.apiVersion) }) },
  { method: "PUT", pattern: ONE, action: `${TYPE}/write`, event: `${TYPE}/write`, handle: put },
  { method: "PATCH", pattern: ONE, action: `${TYPE}/write`, event: `${TYPE}/write`, handle: patch },
  { method: "DELETE", pattern: ONE, action: `${TYPE}/delete`, event: `${TYPE}/delete`, handle: remove },
  // By what they are about: of a source, of a region's topics, of the subscription's own (which is of no region).
  // EventGrid.json, EventSubscriptions_ListByResource, _ListRegionalBySubscription, _ListGlobalBySubscription.
  {
    method: "GET",
    pattern: `{scope}/${LOOSE}`,
    action: LOOSE_READ,
    scopeOf: scopeOf,
    handle: (call) => listBy(call, (t) => same(t.source, scopeOf(call))),
  },
  {
    method: "GET",
    pattern: "/subscriptions/{subscription}/providers/Microsoft.EventGrid/locations/{location}/eventSubscriptions",
    action: LOOSE_READ,
    handle: (call) =>
      listBy(call, (t) => isHere(call, t.id) && same(t.location.replaceAll(" ", ""), (call.params["location"] ?? "").replaceAll(" ", ""))),
  },
  {
    method: "GET",
    pattern: `/subscriptions/{subscription}/${LOOSE}`,
    action: LOOSE_READ,
    handle: (call) => listBy(call, (t) => isHere(call, t.id) && same(t.location, "global")),
  },
  { method: "POST", pattern: `${ONE}/getFullUrl`, action: `${TYPE}/getFullUrl/action`, handle: fullUrl },
];

function idOf(call: Call): string {
  return `${topicOf(call).id}/eventSubscriptions/${call.params["name"]}`;
}

function found(call: Call): EventSubscription {
  const subscription = call.world.eventSubscriptions.get(idOf(call).toLowerCase());
  if (!subscription) throw resourceNotFound(TYPE, `${call.params["topic"]}/${call.params["name"]}`, call.params["group"] ?? "");
  return subscription;
}

function listBy(call: Call, wanted: (topic: SystemTopic) => boolean): Reply {
  const topics = new Set([...call.world.systemTopics.values()].filter((t) => wanted(t)).map((t) => t.id.toLowerCase()));
  const value = [...call.world.eventSubscriptions.values()].filter((s) => topics.has(s.topicId.toLowerCase()));
  return { status: 200, body: { value: value.map((s) => render(s, call.apiVersion)) } };
}

function list(call: Call): Reply {
  const topic = topicOf(call);
  const value = [...call.world.eventSubscriptions.values()].filter((s) => same(s.topicId, topic.id)).map((s) => render(s, call.apiVersion));
  return { status: 200, body: { value } };
}

function render(subscription: EventSubscription, apiVersion: string): JsonObject {
  const { provisioningState, destination, filter, labels, eventDeliverySchema, retryPolicy, ...others } = subscription.properties;
  return envelope(subscription, apiVersion, {
    topic: subscription.topicId,
    provisioningState,
    destination: shownDestination(objectAt(destination), apiVersion),
    filter,
    labels: labels ?? (writesNulls(apiVersion) ? null : undefined),
    eventDeliverySchema,
    retryPolicy,
    ...others,
  });
}

/** The first answer is poorer than what a GET shows. */
function renderFirst(subscription: EventSubscription, apiVersion: string): JsonObject {
  const full = objectAt(render(subscription, apiVersion)["properties"]);
  const { subjectBeginsWith: _begins, subjectEndsWith: _ends, ...filter } = objectAt(full["filter"]);
  const destination = objectAt(full["destination"]);
  const { maxEventsPerBatch: _max, preferredBatchSizeInKilobytes: _size, ...rest } = objectAt(destination["properties"]);
  const { eventDeliverySchema: _schema, ...others } = full;
  return envelope(subscription, apiVersion, { ...others, destination: { ...destination, properties: rest }, filter });
}

function envelope(subscription: EventSubscription, apiVersion: string, properties: JsonObject): JsonObject {
  const systemData = writesNulls(apiVersion) ? null : undefined;
  return { properties, systemData, id: subscription.id, name: subscription.name, type: TYPE };
}

/** The URL of a webhook may hold a key: it is shown without its query, the whole by getFullUrl only. */
function shownDestination(destination: JsonObject, apiVersion: string): JsonObject {
  const { endpointUrl, ...properties } = objectAt(destination["properties"]);
  const { endpointType } = destination;
  if (typeof endpointUrl !== "string") return { properties, endpointType };
  const url = { endpointUrl: writesNulls(apiVersion) ? null : undefined, endpointBaseUrl: endpointUrl.split("?")[0] };
  return { properties: { ...url, ...properties }, endpointType };
}

function put(call: Call): Reply {
  const { world } = call;
  const topic = topicOf(call);
  const sent = objectAt(objectAt(call.body)["properties"]);
  const destination = objectAt(sent["destination"]);
  requireDestination(call, destination);
  requireIdentity(topic, sent);
  const existing = world.eventSubscriptions.get(idOf(call).toLowerCase());
  const subscription: EventSubscription = {
    id: existing?.id ?? idOf(call),
    name: existing?.name ?? call.params["name"] ?? "",
    topicId: topic.id,
    properties: { provisioningState: existing ? "Updating" : "Creating", ...stored(topic, sent) },
  };
  return accept(call, topic, subscription);
}

/** What is kept: nothing that is read-only, no `isSubjectCaseSensitive: false`; a filter without types gets all of the topic's. */
function stored(topic: SystemTopic, sent: JsonObject): JsonObject {
  const { topic: _topic, provisioningState: _state, ...settable } = sent;
  const { isSubjectCaseSensitive, ...filter } = objectAt(sent["filter"]);
  const destination = objectAt(sent["destination"]);
  const { endpointBaseUrl: _base, ...target } = objectAt(destination["properties"]);
  return {
    ...settable,
    destination: { ...destination, properties: { ...target, ...batching(target) } },
    filter: {
      subjectBeginsWith: "",
      subjectEndsWith: "",
      ...filter,
      includedEventTypes: filter["includedEventTypes"] ?? defaultEventTypes(topic.topicType),
      ...(isSubjectCaseSensitive === true ? { isSubjectCaseSensitive } : {}),
    },
    eventDeliverySchema: sent["eventDeliverySchema"] ?? "EventGridSchema",
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440, ...objectAt(sent["retryPolicy"]) },
  };
}

function batching(properties: JsonObject): JsonObject {
  return {
    maxEventsPerBatch: properties["maxEventsPerBatch"] ?? 1,
    preferredBatchSizeInKilobytes: properties["preferredBatchSizeInKilobytes"] ?? 64,
  };
}

/**
 * Event Grid wants to know that the caller may write to where the events go; which action it asks for a function is not documented:
 * a switch says. Source: MicrosoftDocs/azure-docs event-grid/security-authorization.md.
 */
function requireDestination(call: Call, destination: JsonObject): void {
  const type = textAt(destination["endpointType"]);
  const properties = objectAt(destination["properties"]);
  const target = textAt(properties["resourceId"]) || textAt(properties["endpointUrl"]);
  if (type === "" || target === "") {
    throw new AzureError(400, "InvalidRequest", "Destination property must be set while creating or updating an event subscription.");
  }
  const action = switchOf(call.world, "eventGridHandlerAction");
  if (action === "" || !target.startsWith("/") || evaluateAction(call.world, call.caller.oid, action, target).allowed) return;
  throw new AzureError(400, "InvalidRequest", `The user does not have permission to perform the operation on the resource ${target}.`);
}

/** Learn, "Event delivery with a managed identity": the topic must have been given it before. The words are not recorded. */
function requireIdentity(topic: SystemTopic, sent: JsonObject): void {
  for (const part of ["deadLetterWithResourceIdentity", "deliveryWithResourceIdentity"]) {
    const id = textAt(objectAt(objectAt(sent[part])["identity"])["userAssignedIdentity"]);
    if (id === "" || topic.identities.some((one) => same(one, id))) continue;
    throw new AzureError(400, "InvalidRequest", `The identity ${id} is not assigned to the topic ${topic.id}.`);
  }
}

function patch(call: Call): Reply {
  const subscription = found(call);
  const topic = topicOf(call);
  // An update names its members at the top, without "properties".
  const sent = Object.fromEntries(Object.entries(objectAt(call.body)).filter(([, v]) => v !== undefined));
  const properties = stored(topic, { ...subscription.properties, ...sent });
  return accept(call, topic, { ...subscription, properties: { ...properties, provisioningState: "Updating" } });
}

/** 201 for a new one and for an update, with an operation that takes some seconds. Events flow from then on. */
function accept(call: Call, topic: SystemTopic, subscription: EventSubscription): Reply {
  const { world } = call;
  world.eventSubscriptions.set(subscription.id.toLowerCase(), subscription);
  world.clock.in(SETTLES_MS, `event subscription ${subscription.name} is ready`, () => {
    subscription.properties["provisioningState"] = "Succeeded";
  });
  const headers = startOperation(call, { ms: SETTLES_MS, location: topic.location, kind: "operationsStatus" });
  return { status: 201, headers, body: renderFirst(subscription, call.apiVersion) };
}

/** Gone from the list about four seconds later. */
function remove(call: Call): Reply {
  const { world } = call;
  const subscription = world.eventSubscriptions.get(idOf(call).toLowerCase());
  if (!subscription) return { status: 204 };
  subscription.properties["provisioningState"] = "Deleting";
  world.clock.in(GONE_AFTER_MS, `event subscription ${subscription.name} is gone`, () => {
    if (world.eventSubscriptions.get(subscription.id.toLowerCase()) === subscription) {
      world.eventSubscriptions.delete(subscription.id.toLowerCase());
    }
  });
  return { status: 202, headers: startOperation(call, { ms: GONE_AFTER_MS, location: topicOf(call).location, kind: "operationResults" }) };
}

function fullUrl(call: Call): Reply {
  const properties = objectAt(objectAt(found(call).properties["destination"])["properties"]);
  return { status: 200, body: { endpointUrl: properties["endpointUrl"] ?? null } };
}
