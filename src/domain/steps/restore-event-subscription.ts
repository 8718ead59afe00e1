/** Puts back an Event Grid subscription on a vault, and its system topic where that went too: without it Keymend hears nothing. */
import { nameOf, normalId, parseArmId, sameId } from "../arm-id.ts";
import { placeOf } from "../short-names.ts";
import { az, azRest, say } from "./az.ts";
import { actions, findVault, isStale, onId, type Permission, type StepSpec, touchesNothing } from "./spec.ts";
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

/**
 * What it takes beside, at an identity that the topic is made with: to hand that on (Microsoft Learn, "Managed Identity Operator"). Of Keymend's
 * own it is given where that is deployed (infra/modules/dead-letterer.bicep); of others' by nobody, and refused.
 */
export const HAND_ON: Permission = actions("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action");

type Identities = { users: string[]; isSystem: boolean };

/**
 * Those that an event subscription delivers or keeps letters with. "Uses the managed identity setup on the parent resource" (REST
 * specification, Microsoft.EventGrid 2025-02-15, DeadLetterWithResourceIdentity): its topic must have them first.
 */
function identitiesIn(properties: Dict): Identities {
  const named = ["deadLetterWithResourceIdentity", "deliveryWithResourceIdentity"].map((part) =>
    dictOf(dictOf(properties[part])["identity"]),
  );
  const users = named.flatMap(({ userAssignedIdentity: id }) => (typeof id === "string" && id !== "" ? [id] : []));
  return { users: [...new Set(users)], isSystem: named.some(({ type }) => type === "SystemAssigned") };
}

function identityFor({ users, isSystem }: Identities): { identity?: Dict } {
  const types = [...(isSystem ? ["SystemAssigned"] : []), ...(users.length > 0 ? ["UserAssigned"] : [])];
  if (types.length === 0) return {};
  const userAssignedIdentities = Object.fromEntries(users.map((id) => [id, {}]));
  return { identity: { type: types.join(", "), ...(users.length > 0 ? { userAssignedIdentities } : {}) } };
}

/** The system topic where it has to be made: what is asked for in a PUT. */
export const topicFor = ({ topicLocation, source, properties }: StepParams["RestoreEventSubscription"]): Dict => ({
  location: topicLocation,
  ...identityFor(identitiesIn(properties)),
  properties: { source, topicType: topicTypeOf(source) },
});

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
    const { topicId, name, properties } = params;
    const topic = ["--ids", topicId, "--api-version", API_VERSION];
    return [
      say(`event subscription ${aboutOf(params)}`),
      // A topic that is there is left alone: a PUT would drop its tags and its identity.
      `${az("resource", "show", ...topic, "--output", "none")} || ${azRest("put", topicId, API_VERSION, topicFor(params))}`,
      az("resource", "wait", "--created", ...topic),
      azRest("put", `${topicId}/eventSubscriptions/${name}`, API_VERSION, { properties }),
    ];
  },
  on: ({ source }) => source,
  // Keymend hears by it; no database has its key by it.
  touches: touchesNothing,
  about: aboutOf,
  tells: ({ properties }) =>
    identitiesIn(properties).isSystem
      ? "where its topic has to be made anew that gets another system identity, which has no role yet where the events are to go"
      : null,
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
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
