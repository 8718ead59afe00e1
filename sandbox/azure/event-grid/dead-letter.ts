/**
 * Events that could not be delivered: stored where the subscription names a container, else lost.
 * Source: MicrosoftDocs/azure-docs articles/event-grid/{manage-event-delivery,delivery-and-retry}.md.
 */
import { objectAt } from "../json.ts";
import type { EventSubscription, JsonObject, World } from "../world.ts";
import { outcomeOf, retryPolicyOf } from "./retry.ts";

export type DeadLetter = {
  at: string;
  subscription: string;
  /** Container and blob; null: no dead-letter destination, so the event is lost. */
  blob: { container: string; name: string } | null;
  event: JsonObject;
};

type Undelivered = {
  subscription: EventSubscription;
  envelope: { event: JsonObject };
  publishedAt: number;
  attempts: number;
};

export function deadLetterOf(world: World, parcel: Undelivered, end: { status: number | null; expired: boolean }): DeadLetter {
  const now = world.clock.now();
  const container = containerOf(parcel.subscription);
  const facts = {
    reason: reasonOf(parcel, end),
    attempts: parcel.attempts,
    outcome: outcomeOf(end.status),
    published: new Date(parcel.publishedAt).toISOString(),
    last: new Date(now).toISOString(),
  };
  return {
    at: new Date(now).toISOString(),
    subscription: parcel.subscription.name,
    blob: container === undefined ? null : { container, name: blobName(world, parcel.subscription.name, new Date(now)) },
    event: { ...parcel.envelope.event, ...("specversion" in parcel.envelope.event ? lowerCase(facts) : camelCase(facts)) },
  };
}

type Facts = { reason: string; attempts: number; outcome: string; published: string; last: string };

const camelCase = (f: Facts): JsonObject => ({
  deadLetterReason: f.reason,
  deliveryAttempts: f.attempts,
  lastDeliveryOutcome: f.outcome,
  publishTime: f.published,
  lastDeliveryAttemptTime: f.last,
});

const lowerCase = (f: Facts): JsonObject => ({
  deadletterreason: f.reason,
  deliveryattempts: f.attempts,
  lastdeliveryoutcome: f.outcome,
  publishtime: f.published,
});

function reasonOf(parcel: Undelivered, end: { status: number | null; expired: boolean }): string {
  if (end.status === 400) return "UndeliverableDueToHttpBadRequest";
  if (end.status === 413) return "UndeliverableDueToHttpRequestEntityTooLarge";
  if (parcel.attempts >= retryPolicyOf(parcel.subscription).maxDeliveryAttempts) return "MaxDeliveryAttemptsExceeded";
  return end.expired ? "TimeToLiveExceeded" : `UndeliverableDueToHttp${outcomeOf(end.status)}`;
}

function containerOf(subscription: EventSubscription): string | undefined {
  const outer = objectAt(subscription.properties["deadLetterWithResourceIdentity"]);
  const destination = objectAt(outer["deadLetterDestination"] ?? subscription.properties["deadLetterDestination"]);
  const name = objectAt(destination["properties"])["blobContainerName"];
  return typeof name === "string" ? name : undefined;
}

/** Name in upper case, then year/month/day/hour without leading zeros. */
function blobName(world: World, subscription: string, at: Date): string {
  const hour = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours()].join("/");
  return `${subscription.toUpperCase()}/${hour}/${world.random.guid("dead-letter")}.json`;
}
