/** Lays out system topics and their event subscriptions, and takes the latter away with their source. */
import { same } from "../routes.ts";
import { type EventSubscription, type JsonObject, type SystemTopic, type World, subscriptionIn } from "../world.ts";

type TopicSpec = {
  resourceGroup: string;
  name: string;
  source: string;
  topicType?: string;
  location?: string;
  tags?: Record<string, string>;
};

export function addSystemTopic(world: World, spec: TopicSpec): SystemTopic {
  const topic: SystemTopic = {
    // It "must be in the same Azure subscription as the event source" (Microsoft Learn, "System topics in Azure Event Grid").
    id: `/subscriptions/${subscriptionIn(spec.source) ?? world.subscriptionId}/resourceGroups/${spec.resourceGroup}/providers/Microsoft.EventGrid/systemTopics/${spec.name}`,
    name: spec.name,
    location: spec.location ?? (isSubscription(spec.source) ? "global" : "eastus2"),
    tags: spec.tags ?? null,
    source: spec.source,
    topicType: spec.topicType ?? (isSubscription(spec.source) ? "Microsoft.Resources.Subscriptions" : "Microsoft.KeyVault.vaults"),
    metricResourceId: world.random.guid("system-topic"),
    identities: [],
    undelivered: [],
  };
  world.systemTopics.set(topic.id.toLowerCase(), topic);
  return topic;
}

type SubscriptionSpec = {
  topic: SystemTopic;
  name: string;
  /** The function it sends to, as `.../sites/{app}/functions/{function}`. */
  functionId: string;
  includedEventTypes?: string[];
  filter?: JsonObject;
  eventDeliverySchema?: "EventGridSchema" | "CloudEventSchemaV1_0";
  retryPolicy?: { maxDeliveryAttempts: number; eventTimeToLiveInMinutes: number };
  deadLetterContainer?: { storageId: string; container: string };
};

export function addEventSubscription(world: World, spec: SubscriptionSpec): EventSubscription {
  const subscription: EventSubscription = {
    id: `${spec.topic.id}/eventSubscriptions/${spec.name}`,
    name: spec.name,
    topicId: spec.topic.id,
    properties: {
      provisioningState: "Succeeded",
      destination: {
        endpointType: "AzureFunction",
        properties: { resourceId: spec.functionId, maxEventsPerBatch: 1, preferredBatchSizeInKilobytes: 64 },
      },
      filter: {
        subjectBeginsWith: "",
        subjectEndsWith: "",
        includedEventTypes: spec.includedEventTypes ?? defaultEventTypes(spec.topic.topicType),
        ...spec.filter,
      },
      labels: [],
      eventDeliverySchema: spec.eventDeliverySchema ?? "EventGridSchema",
      retryPolicy: spec.retryPolicy ?? { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
      ...deadLetterTo(spec.deadLetterContainer),
    },
  };
  world.eventSubscriptions.set(subscription.id.toLowerCase(), subscription);
  return subscription;
}

function deadLetterTo(to: SubscriptionSpec["deadLetterContainer"]): JsonObject {
  if (!to) return {};
  return {
    deadLetterDestination: { endpointType: "StorageBlob", properties: { resourceId: to.storageId, blobContainerName: to.container } },
  };
}

/**
 * Deleting a vault deletes the event subscriptions on it, and recovering it does not bring them back. The topic itself stays.
 * Source: MicrosoftDocs/azure-docs key-vault/general/soft-delete-overview.md.
 */
export function removeEventSubscriptionsOf(world: World, sourceId: string): EventSubscription[] {
  const topics = [...world.systemTopics.values()].filter((t) => same(t.source, sourceId));
  const gone = [...world.eventSubscriptions.values()].filter((s) => topics.some((t) => same(t.id, s.topicId)));
  for (const subscription of gone) world.eventSubscriptions.delete(subscription.id.toLowerCase());
  return gone;
}

const KEY_VAULT = ["Certificate", "Key", "Secret"].flatMap((kind) => [`${kind}NewVersionCreated`, `${kind}NearExpiry`, `${kind}Expired`]);
const RESOURCES = ["Write", "Delete", "Action"].flatMap((kind) => ["Success", "Failure", "Cancel"].map((end) => `Resource${kind}${end}`));

/** A filter without types comes back with all types of the topic (recorded: Azure/azure-cli test_create_system_topic.yaml, 2022-07). */
export function defaultEventTypes(topicType: string): string[] {
  if (same(topicType, "Microsoft.KeyVault.vaults")) {
    return [...KEY_VAULT, "VaultAccessPolicyChanged"].map((type) => `Microsoft.KeyVault.${type}`);
  }
  return RESOURCES.map((type) => `Microsoft.Resources.${type}`);
}

function isSubscription(source: string): boolean {
  return /^\/subscriptions\/[^/]+\/?$/i.test(source);
}
