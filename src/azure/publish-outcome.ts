/** Sends outcomes to a custom Event Grid topic, for those who want to hear of them elsewhere. */
import { EventGridPublisherClient } from "@azure/eventgrid";
import type { TokenCredential } from "@azure/identity";
import type { Incident } from "../domain/incident.ts";
import type { NetworkOptions } from "./arm.ts";
import { callAzure } from "./call-azure.ts";
import { limitTime } from "./clients.ts";

/** What those who listen are given of an incident that has ended. */
function eventOf({ id, vaultId, outcome, reason, detail, openedAt, closedAt, causes, targets }: Incident) {
  return {
    source: "/keymend",
    // Stable per incident and outcome: Event Grid delivers at least once, receivers tell duplicates by it.
    id: `${id}-${outcome}`,
    subject: vaultId,
    type: `Keymend.${outcome}`,
    time: new Date(closedAt ?? openedAt),
    data: {
      incidentId: id,
      vaultId,
      outcome,
      reason,
      detail,
      causes: causes.map(({ code }) => code),
      targets: targets.map((target) => ({ id: target.id, phase: target.phase, outcome: target.outcome })),
      openedAt,
      closedAt,
    },
  };
}

export type PublishOutcome = (incident: Incident) => Promise<void>;

/** onRefusal: hears why the topic refused it. */
export function createPublishOutcome(options: {
  endpoint: string;
  credential: TokenCredential;
  onRefusal: (incident: Incident, why: string) => void;
  pipelineOptions?: NetworkOptions;
}): PublishOutcome {
  const client = new EventGridPublisherClient(options.endpoint, "CloudEvent", options.credential, {
    ...options.pipelineOptions,
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [{ policy: limitTime, position: "perCall" }],
  });
  return async (incident) => {
    const sent = await callAzure("publish an outcome", options.endpoint, () => client.send([eventOf(incident)]));
    // A topic that refuses will refuse again: said once, and no reason to hold up the incident.
    if (!sent.ok) options.onRefusal(incident, `${sent.failure.code}: ${sent.failure.message}`);
  };
}
