/** Puts back an Event Grid subscription on a vault, and its system topic where that went too: without it Keymend hears nothing. */
import { nameOf, normalId, parseArmId, sameId } from "../arm-id.ts";
import { placeOf } from "../short-names.ts";
import { az, azRest, say } from "./az.ts";
import { actions, findVault, isStale, onId, type StepSpec, touchesNothing } from "./spec.ts";
import type { StepParams } from "./step.ts";

/** Microsoft.EventGrid, first stable version with system topics that clients still call. */
const API_VERSION = "2022-06-15";
/** Of a vault, or of a whole subscription. */
const topicTypeOf = (source: string): string =>
  parseArmId(source)?.type === null ? "Microsoft.Resources.Subscriptions" : "Microsoft.KeyVault.vaults";

type Dict = Record<string, unknown>;

const dictOf = (value: unknown): Dict => (typeof value === "object" && value !== null ? { ...value } : {});

/** `Microsoft.KeyVault.KeyExpired` is known to people by its last part. */
function eventsIn(properties: Dict): string {
  const types = dictOf(properties["filter"])["includedEventTypes"];
  return Array.isArray(types) ? types.map((type) => String(type).split(".").at(-1)).join(", ") : "all events";
}

/** Event Grid shows of a destination its id in Azure, or of a webhook the address without its secrets (REST specification: EventSubscriptionDestination). */
function receiverIn(properties: Dict): string {
  const { endpointType, properties: to } = dictOf(properties["destination"]);
  const { resourceId, endpointBaseUrl } = dictOf(to);
  if (typeof resourceId === "string") return placeOf(resourceId);
  if (typeof endpointBaseUrl === "string") return endpointBaseUrl;
  return typeof endpointType === "string" ? endpointType : "a receiver that Azure does not name";
}

const aboutOf = ({ source, name, properties }: StepParams["RestoreEventSubscription"]): string =>
  `${name}: ${eventsIn(properties)} of ${placeOf(source)} to ${receiverIn(properties)}`;

export const restoreEventSubscription: StepSpec<"RestoreEventSubscription"> = {
  // At the vault too, as the source of the events; and Event Grid checks that one has access to the function it is to call (Microsoft Learn,
  // "Authorizing access to Event Grid resources"; Azure/azure-cli issue 10879). By which action is written nowhere: the least there is.
  capability: "vaults",
  permission: () =>
    actions(
      "Microsoft.EventGrid/systemTopics/write",
      "Microsoft.EventGrid/systemTopics/eventSubscriptions/write",
      "Microsoft.EventGrid/eventSubscriptions/write",
      "Microsoft.Web/sites/functions/read",
    ),
  undo: ({ name, topicId }) => `delete event subscription ${name} of ${nameOf(topicId)}`,
  az: (params) => {
    const { topicId, topicLocation, source, name, properties } = params;
    const topic = ["--ids", topicId, "--api-version", API_VERSION];
    const body = { location: topicLocation, properties: { source, topicType: topicTypeOf(source) } };
    return [
      say(`event subscription ${aboutOf(params)}`),
      // A topic that is there is left alone: a PUT would drop its tags and its identity.
      `${az("resource", "show", ...topic, "--output", "none")} || ${azRest("put", topicId, API_VERSION, body)}`,
      az("resource", "wait", "--created", ...topic),
      azRest("put", `${topicId}/eventSubscriptions/${name}`, API_VERSION, { properties }),
    ];
  },
  on: ({ source }) => source,
  // Keymend hears by it; no database has its key by it.
  touches: touchesNothing,
  about: aboutOf,
  tells: null,
  key: ({ source, topicId, name }) => [...onId(source, topicId), name.toLowerCase()],
  sets: null,
  precondition: ({ source, topicId, name }, facts) => {
    const vault = findVault(facts, source);
    if (isStale(vault)) return vault;
    const exists = facts.eventSubscriptions.some((one) => sameId(one.topicId, topicId) && normalId(one.name) === normalId(name));
    return exists ? "done" : "todo";
  },
  shows: null,
  beside: null,
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  switchesIdentity: false,
  counts: null,
};
