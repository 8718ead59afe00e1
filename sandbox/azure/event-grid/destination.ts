/** Where an event subscription sends its events: the function behind an AzureFunction or WebHook destination. */
import type { EventSubscription, JsonObject } from "../world.ts";

export type Destination = { endpointType: string; functionName: string };

/** undefined: not a function of ours (a queue, a foreign webhook). */
export function destinationOf(subscription: EventSubscription): Destination | undefined {
  const destination = subscription.properties["destination"] as JsonObject | undefined;
  const properties = destination?.["properties"] as JsonObject | undefined;
  const endpointType = String(destination?.["endpointType"]);
  const functionName = endpointType.toLowerCase() === "azurefunction" ? ofResource(properties) : ofUrl(properties);
  return functionName ? { endpointType, functionName } : undefined;
}

function ofResource(properties: JsonObject | undefined): string | undefined {
  return /\/functions\/([^/]+)$/i.exec(String(properties?.["resourceId"]))?.[1];
}

/** The webhook of the Functions host (Azure Functions, Event Grid trigger: /runtime/webhooks/EventGrid?functionName=). */
function ofUrl(properties: JsonObject | undefined): string | undefined {
  const url = properties?.["endpointUrl"];
  if (typeof url !== "string" || !URL.canParse(url)) return undefined;
  return new URL(url).searchParams.get("functionName") ?? undefined;
}
