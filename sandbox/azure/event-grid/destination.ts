/** Where an event subscription sends its events: the function behind an AzureFunction or WebHook destination. */
import { objectAt, textAt } from "../json.ts";
import type { EventSubscription, JsonObject } from "../world.ts";

export type Destination = { endpointType: string; functionName: string };

/** undefined: not a function of ours (a queue, a foreign webhook). */
export function destinationOf(subscription: EventSubscription): Destination | undefined {
  const destination = objectAt(subscription.properties["destination"]);
  const properties = objectAt(destination["properties"]);
  const endpointType = textAt(destination["endpointType"]);
  const functionName = endpointType.toLowerCase() === "azurefunction" ? ofResource(properties) : ofUrl(properties);
  return functionName ? { endpointType, functionName } : undefined;
}

function ofResource(properties: JsonObject): string | undefined {
  return /\/functions\/([^/]+)$/i.exec(textAt(properties["resourceId"]))?.[1];
}

/** The webhook of the Functions host (Azure Functions, Event Grid trigger: /runtime/webhooks/EventGrid?functionName=). */
function ofUrl(properties: JsonObject): string | undefined {
  const url = textAt(properties["endpointUrl"]);
  if (!URL.canParse(url)) return undefined;
  return new URL(url).searchParams.get("functionName") ?? undefined;
}
