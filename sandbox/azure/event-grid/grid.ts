/**
 * Event Grid itself: takes what Azure's sources publish, matches it with the event subscriptions of their system topics and delivers,
 * at least once, in no promised order, with the documented retries. Keeps a record of every attempt.
 */
import { same } from "../routes.ts";
import type { EventSubscription, SourceEvent, SystemTopic, World } from "../world.ts";
import { deadLetterOf, type DeadLetter } from "./dead-letter.ts";
import { destinationOf } from "./destination.ts";
import { Trouble, type Disturbance } from "./disturb.ts";
import { passes } from "./filter.ts";
import { isDelivered, isFinal, retryPolicyOf, waitAfter } from "./retry.ts";
import { envelope, type Envelope, type Style } from "./schema.ts";

/** Answers with the status; rejects where nobody answers. */
export type Deliver = (target: { functionName: string }, body: string, headers: Record<string, string>) => Promise<number>;

export type Delivery = {
  at: string;
  eventId: string;
  eventType: string;
  subject: string;
  subscription: string;
  functionName: string;
  attempt: number;
  /** null: nobody answered. */
  status: number | null;
};

export type EventGrid = {
  readonly deliveries: Delivery[];
  readonly deadLetters: DeadLetter[];
  /** What goes wrong with the next matching deliveries; for stories and tests. */
  disturb(disturbance: Disturbance): void;
};

type Parcel = {
  subscription: EventSubscription;
  endpointType: string;
  functionName: string;
  source: SourceEvent;
  eventId: string;
  envelope: Envelope;
  publishedAt: number;
  attempts: number;
};

const DEAD_LETTER_DELAY_MS = 5 * 60_000;
const HELD_AT_MOST_MS = 60_000;

export function createEventGrid(world: World, deliver: Deliver): EventGrid {
  const grid = new Grid(world, deliver);
  world.publish = (event) => grid.publish(event);
  return grid;
}

class Grid implements EventGrid {
  readonly deliveries: Delivery[] = [];
  readonly deadLetters: DeadLetter[] = [];
  #world: World;
  #deliver: Deliver;
  #trouble = new Trouble();
  #held: Parcel[] = [];

  constructor(world: World, deliver: Deliver) {
    this.#world = world;
    this.#deliver = deliver;
  }

  disturb(disturbance: Disturbance): void {
    this.#trouble.arm(disturbance);
  }

  publish(source: SourceEvent): void {
    const eventId = this.#world.random.guid("event-grid");
    for (const topic of this.#world.systemTopics.values()) {
      if (!same(topic.source, source.source)) continue;
      for (const subscription of this.#world.eventSubscriptions.values()) {
        if (isListening(subscription, topic) && passes(subscription, source, topic.source))
          this.#dispatch(topic, subscription, source, eventId);
      }
    }
  }

  #dispatch(topic: SystemTopic, subscription: EventSubscription, source: SourceEvent, eventId: string): void {
    const destination = destinationOf(subscription);
    if (!destination) return;
    const struck = this.#trouble.strike({ eventType: source.eventType, subject: source.subject, subscription: subscription.name });
    const style: Style = Object.assign({}, ...struck.map(({ disturbance: d }) => (d.kind === "irregular" ? d.style : {})));
    const cloudEvents = subscription.properties["eventDeliverySchema"] === "CloudEventSchemaV1_0";
    const parcel: Parcel = {
      subscription,
      ...destination,
      source,
      eventId,
      envelope: envelope(topic.source, source, eventId, { cloudEvents, style }),
      publishedAt: this.#world.clock.now(),
      attempts: 0,
    };
    this.#send(parcel, struck);
  }

  #send(parcel: Parcel, struck: ReturnType<Trouble["strike"]>): void {
    let delay = this.#latency();
    let copies = 0;
    for (const { disturbance, last } of struck) {
      if (disturbance.kind === "drop") return;
      if (disturbance.kind === "reorder") {
        this.#hold(parcel, last);
        return;
      }
      if (disturbance.kind === "delay") delay += disturbance.ms;
      if (disturbance.kind === "duplicate") copies += disturbance.copies ?? 1;
    }
    this.#schedule(parcel, delay);
    for (let n = 0; n < copies; n++) this.#schedule({ ...parcel }, delay + this.#latency());
  }

  #hold(parcel: Parcel, last: boolean): void {
    const release = (): void => {
      for (const [n, held] of this.#held.splice(0).toReversed().entries()) this.#schedule(held, 1000 + n);
    };
    this.#held.push(parcel);
    if (last) release();
    else this.#world.clock.in(HELD_AT_MOST_MS, "held events", release);
  }

  #latency(): number {
    return this.#world.random.int("event-grid-latency", 1000, 5000);
  }

  #schedule(parcel: Parcel, ms: number): void {
    this.#world.clock.in(ms, `event ${parcel.source.eventType} to ${parcel.functionName}`, () => this.#attempt(parcel));
  }

  async #attempt(parcel: Parcel): Promise<void> {
    // Gone with its vault, or taken away by somebody: what was on its way is lost.
    if (!this.#world.eventSubscriptions.has(parcel.subscription.id.toLowerCase())) return;
    const headers = headersOf(this.#world, parcel);
    // No status: nobody answered, which is retried as Event Grid does it.
    const status = await this.#deliver({ functionName: parcel.functionName }, parcel.envelope.body, headers).catch(() => null);
    parcel.attempts++;
    this.deliveries.push(recordOf(this.#world, parcel, status));
    if (!isDelivered(status)) this.#retry(parcel, status);
  }

  #retry(parcel: Parcel, status: number | null): void {
    const policy = retryPolicyOf(parcel.subscription);
    const wait = waitAfter(this.#world, parcel.attempts, status);
    const expired = this.#world.clock.now() + wait > parcel.publishedAt + policy.timeToLiveMs;
    if (!expired && !isFinal(status, parcel.endpointType) && parcel.attempts < policy.maxDeliveryAttempts) {
      this.#schedule(parcel, wait);
      return;
    }
    const letter = deadLetterOf(this.#world, parcel, { status, expired });
    this.#world.clock.in(DEAD_LETTER_DELAY_MS, `dead letter of ${parcel.subscription.name}`, () => {
      this.deadLetters.push(letter);
      const { topicId, name } = parcel.subscription;
      const count = { at: this.#world.clock.now(), subscription: name, isKept: letter.blob !== null };
      this.#world.systemTopics.get(topicId.toLowerCase())?.undelivered.push(count);
    });
  }
}

/** A subscription that is still being created gets nothing yet. */
function isListening(subscription: EventSubscription, topic: SystemTopic): boolean {
  return same(subscription.topicId, topic.id) && subscription.properties["provisioningState"] !== "Creating";
}

/** Source: MicrosoftDocs/azure-docs articles/event-grid/handler-webhooks.md, message headers; the delivery count starts at 0. */
function headersOf(world: World, parcel: Parcel): Record<string, string> {
  return {
    "content-type": parcel.envelope.contentType,
    "aeg-subscription-name": parcel.subscription.name.toUpperCase(),
    "aeg-delivery-count": String(parcel.attempts),
    "aeg-data-version": parcel.source.dataVersion,
    "aeg-metadata-version": "1",
    "aeg-event-type": "Notification",
    "aeg-output-event-id": world.random.guid("event-grid-output"),
  };
}

function recordOf(world: World, parcel: Parcel, status: number | null): Delivery {
  return {
    at: world.clock.iso(),
    eventId: parcel.eventId,
    eventType: parcel.source.eventType,
    subject: parcel.source.subject,
    subscription: parcel.subscription.name,
    functionName: parcel.functionName,
    attempt: parcel.attempts,
    status,
  };
}
