/** Puts back an Event Grid subscription of a vault, with its system topic where that is gone too. */
import * as v from "valibot";
import { nameOf, sameId } from "../domain/arm-id.ts";
import { TransientError } from "../domain/errors.ts";
import { topicFor } from "../domain/steps/restore-event-subscription.ts";
import type { StepParams } from "../domain/steps/step.ts";
import { armUrl } from "./arm.ts";
import { orAbsent } from "./call-azure.ts";
import type { Sides } from "./clients.ts";
import { EVENT_GRID } from "./read-event-subscriptions.ts";
import { done, refused } from "./step-result.ts";
import type { Writes } from "./step-result.ts";

const TOPIC_READY_MS = 10_000;

const webhook = v.object({
  destination: v.object({ endpointType: v.literal("WebHook"), properties: v.nullish(v.object({ endpointUrl: v.nullish(v.string()) })) }),
});
const bound = v.object({ properties: v.object({ source: v.nullish(v.string()) }) });
const state = v.object({ properties: v.object({ provisioningState: v.nullish(v.string()) }) });

/** Permission: as its step declares. */
export function createEventWrites({ reads, writes }: Sides<"arm", "arm">): Writes<"RestoreEventSubscription"> {
  return {
    RestoreEventSubscription: async (params) => {
      const { topicId, source, name, properties } = params;
      const hook = v.safeParse(webhook, properties);
      if (hook.success && !hook.output.destination.properties?.endpointUrl) {
        return refused("NotAccepted", "EndpointUnknown", "Azure does not show a webhook's whole URL, so it could not be kept");
      }
      const url = armUrl(`${topicId}/eventSubscriptions/${name}`, EVENT_GRID);
      const other = await ensureTopic({ reads, writes }, params);
      if (other !== undefined)
        return refused("NotAccepted", "OtherSource", `system topic ${nameOf(topicId)} is of ${other}, not of ${source}`);
      const present = await orAbsent(() => reads.arm.send("GET", url));
      if (present !== undefined) return done(`event subscription ${name} exists`);
      const made = await writes.arm.send("PUT", url, { properties });
      // Polled by itself: reading the operation would need one more permission, and it says nothing more.
      return isReady(made.body) ? done(`event subscription ${name} made`) : { kind: "submitted", poller: url };
    },
  };
}

function isReady(body: unknown): boolean {
  const parsed = v.safeParse(state, body);
  return parsed.success && parsed.output.properties.provisioningState === "Succeeded";
}

/**
 * One made by hand outlives its vault, one made along with a subscription goes with the last of them. Returns whose events it brings where
 * those are not the vault's: a topic has one source for good.
 */
async function ensureTopic(
  { reads, writes }: Sides<"arm", "arm">,
  wanted: StepParams["RestoreEventSubscription"],
): Promise<string | undefined> {
  const url = armUrl(wanted.topicId, EVENT_GRID);
  const present = await orAbsent(() => reads.arm.send("GET", url));
  if (present !== undefined) {
    const found = v.parse(bound, present.body).properties.source ?? "nobody";
    return sameId(found, wanted.source) ? undefined : found;
  }
  if (isReady((await writes.arm.send("PUT", url, topicFor(wanted))).body)) return undefined;
  const detail = "the system topic is still being made";
  throw new TransientError({ operation: "RestoreEventSubscription", resourceId: wanted.topicId, retryAfterMs: TOPIC_READY_MS, detail });
}
