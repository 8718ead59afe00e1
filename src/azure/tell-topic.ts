/**
 * Tells a custom Event Grid topic: CloudEvents 1.0. Permission: Microsoft.EventGrid/events/send/action (EventGrid Data Sender).
 * Event Grid delivers at least once: receivers tell duplicates by `id`, which stays the same however often it is sent.
 */
import { EventGridPublisherClient } from "@azure/eventgrid";
import type { TokenCredential } from "@azure/identity";
import { TransientError } from "../domain/errors.ts";
import type { Sent } from "../domain/telling/letters.ts";
import type { News } from "../domain/telling/news.ts";
import type { NetworkOptions } from "./arm.ts";
import { callAzure } from "./call-azure.ts";
import { limitTime } from "./clients.ts";

const eventOf = ({ id, about, type, at, data }: News) => ({ source: "/keymend", id, subject: about, type, time: new Date(at), data });

export function createTellTopic(options: { endpoint: string; credential: TokenCredential; pipelineOptions?: NetworkOptions }) {
  const client = new EventGridPublisherClient(options.endpoint, "CloudEvent", options.credential, {
    ...options.pipelineOptions,
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [{ policy: limitTime, position: "perCall" }],
  });
  return async (bundle: readonly News[]): Promise<Sent> => {
    try {
      const sent = await callAzure("publish an event", options.endpoint, () => client.send(bundle.map(eventOf)));
      return sent.ok ? { ok: true } : { ok: false, why: `${sent.failure.code}: ${sent.failure.message}`, retryAfterMs: null };
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      return { ok: false, why: error.message, retryAfterMs: error.retryAfterMs };
    }
  };
}
