/** Sends outcomes to a custom Event Grid topic, for those who want to hear of them elsewhere. */
import { EventGridPublisherClient } from "@azure/eventgrid";
import type { TokenCredential } from "@azure/identity";
import type { NetworkOptions } from "./arm.ts";
import { callAzure } from "./call-azure.ts";
import { limitTime } from "./clients.ts";

export type OutcomeEvent = {
  /** Stable per incident and outcome: Event Grid delivers at least once, receivers tell duplicates by it. */
  id: string;
  subject: string;
  type: string;
  time: string;
  data: Record<string, unknown>;
};

/** Answers why the topic refused it, or undefined. */
export type PublishOutcome = (event: OutcomeEvent) => Promise<string | undefined>;

export function createPublishOutcome(options: {
  endpoint: string;
  credential: TokenCredential;
  pipelineOptions?: NetworkOptions;
}): PublishOutcome {
  const client = new EventGridPublisherClient(options.endpoint, "CloudEvent", options.credential, {
    ...options.pipelineOptions,
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [{ policy: limitTime, position: "perCall" }],
  });
  return async ({ id, subject, type, time, data }) => {
    const event = { source: "/keymend", id, subject, type, time: new Date(time), data };
    const sent = await callAzure("publish an outcome", options.endpoint, () => client.send([event]));
    // A topic that refuses will refuse again: said once, and no reason to hold up the incident.
    return sent.ok ? undefined : `${sent.failure.code}: ${sent.failure.message}`;
  };
}
