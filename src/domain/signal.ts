/**
 * Signals: reasons to look. An Event Grid event says where to look and perhaps who was there; its values are never trusted.
 * Sources: Microsoft Learn, "Azure Key Vault as Event Grid source" and "Azure subscription as an Event Grid source".
 */
import { databaseIn, identityIn, isGroupId, nameOf, parseArmId, sameText, scopeOfAssignment, vaultIn, wholeId } from "./arm-id.ts";
import { isOwn, type Principals } from "./capability.ts";
import { vaultUriOf } from "./clouds.ts";
import { toIso, toMs } from "./time.ts";

/** assignment: the name of a role or deny assignment at that scope, of which it is told. */
export type SignalScope =
  | { kind: "vault"; id: string; assignment?: string }
  /** Everything at or below an ARM scope. */
  | { kind: "under"; scope: string; assignment?: string }
  /** A resource group, with all that is in it. */
  | { kind: "group"; id: string }
  | { kind: "identity"; id: string }
  | { kind: "database"; id: string };

export type Signal = {
  /** The event's own id, so that a second delivery is known as such. */
  id: string;
  /** approver: a tag is lifted. wish: something is wanted on purpose, or called off. Both ask for a look, and take back no one's no. */
  source: "event" | "sweep" | "operator" | "approver" | "wish";
  /** Event type or operation, or what a person says. */
  what: string;
  at: string;
  scope: SignalScope;
  /** Object id of who caused it, and a name where one is given; null where nobody is named. */
  caller: { objectId: string; name: string | null } | null;
};

/** principals: whose writes are Keymend's own. subscriptionIds: whose events are meant for it. */
export type Ours = { principals: Principals; subscriptionIds: readonly string[] };

export type ReadEvent =
  | { kind: "signal"; signal: Signal }
  /** Of a subscription that is not watched. */
  | { kind: "foreign"; why: string; what: string }
  | { kind: "ignored"; why: string; what: string }
  | { kind: "invalid"; why: string };

type Dict = Record<string, unknown>;

const isDict = (value: unknown): value is Dict => typeof value === "object" && value !== null && !Array.isArray(value);

/** Real payloads carry stray spaces and other casings in their keys (MicrosoftDocs/azure-docs issue 78126): read them leniently. */
function get(dict: Dict, name: string): unknown {
  const key = Object.keys(dict).find((k) => k.trim().toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : dict[key];
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** `claims` and `authorization` are objects, or JSON in a string (Microsoft Learn, "Azure resource group as an Event Grid source", 2017 sample). */
function dictOf(value: unknown): Dict {
  if (isDict(value)) return value;
  if (typeof value !== "string") return {};
  try {
    const parsed: unknown = JSON.parse(value);
    return isDict(parsed) ? parsed : {};
  } catch {
    // Not JSON: the event names nobody, which is the careful reading.
    return {};
  }
}

const OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";

function callerOf(data: Dict): Signal["caller"] {
  const claims = dictOf(get(data, "claims"));
  const objectId = text(get(claims, OBJECT_ID)) || text(get(claims, "oid"));
  if (objectId === "") return null;
  return { objectId, name: text(get(claims, UPN)) || text(get(claims, "name")) || text(get(claims, "appid")) || null };
}

const vaultScope = (resource: string): SignalScope | undefined => {
  const id = vaultIn(resource);
  return id === undefined ? undefined : { kind: "vault", id };
};
const databaseScope = (resource: string): SignalScope | undefined => {
  const id = databaseIn(resource);
  return id === undefined ? undefined : { kind: "database", id };
};
const identityScope = (resource: string): SignalScope | undefined => {
  const id = identityIn(resource);
  return id === undefined ? undefined : { kind: "identity", id };
};
/** Of a role or deny assignment. A deleted one is nowhere in the event: only its scope and its name can be told, from its id. */
function assignmentScope(resource: string): SignalScope | undefined {
  const scope = scopeOfAssignment(resource);
  if (scope === undefined) return undefined;
  const assignment = nameOf(resource).toLowerCase();
  const id = vaultIn(scope);
  return id === undefined ? { kind: "under", scope, assignment } : { kind: "vault", id, assignment };
}
const groupScope = (resource: string): SignalScope | undefined => (isGroupId(resource) ? { kind: "group", id: resource } : undefined);
/** Its id names the perimeter and not the vault, which may be any of the subscription's. */
function perimeterScope(resource: string): SignalScope | undefined {
  const { subscriptionId = null, type = null } = parseArmId(resource) ?? {};
  const isOne = type?.toLowerCase() === "microsoft.network/networksecurityperimeters/resourceassociations";
  return isOne && subscriptionId !== null ? { kind: "under", scope: `/subscriptions/${subscriptionId}` } : undefined;
}
/** It has no group any more, and is known by its name. */
function purgedScope(resource: string): SignalScope | undefined {
  const id = resource.replace(/\/purge$/i, "");
  const isOne = parseArmId(id)?.type?.toLowerCase() === "microsoft.keyvault/locations/deletedvaults";
  return isOne ? { kind: "vault", id: vaultUriOf(nameOf(id).toLowerCase()) } : undefined;
}

/**
 * operationName in lower case → how its resource is a place to look at. Names: Microsoft Learn, "Azure permissions for Management and governance",
 * "... for Security", "... for Identity", "... for Networking", "... for Databases". Of a move the group that is left is named.
 */
export const OPERATIONS = {
  "microsoft.authorization/roleassignments/delete": assignmentScope,
  "microsoft.authorization/roleassignments/write": assignmentScope,
  "microsoft.authorization/denyassignments/delete": assignmentScope,
  "microsoft.authorization/denyassignments/write": assignmentScope,
  "microsoft.keyvault/vaults/write": vaultScope,
  "microsoft.keyvault/vaults/delete": vaultScope,
  "microsoft.keyvault/vaults/accesspolicies/write": vaultScope,
  "microsoft.keyvault/locations/deletedvaults/purge/action": purgedScope,
  "microsoft.managedidentity/userassignedidentities/delete": identityScope,
  "microsoft.managedidentity/userassignedidentities/write": identityScope,
  "microsoft.documentdb/databaseaccounts/write": databaseScope,
  "microsoft.documentdb/mongoclusters/write": databaseScope,
  "microsoft.network/networksecurityperimeters/resourceassociations/delete": perimeterScope,
  "microsoft.network/networksecurityperimeters/resourceassociations/write": perimeterScope,
  "microsoft.resources/subscriptions/resourcegroups/delete": groupScope,
  "microsoft.resources/subscriptions/resourcegroups/moveresources/action": groupScope,
} satisfies Record<string, (resource: string) => SignalScope | undefined>;

/** What can take a key away, in lower case. */
export type Operation = keyof typeof OPERATIONS;

/** On a key, of which no event tells and no activity log: names of the vault's own log (Microsoft Learn, "Azure Key Vault logging"). */
export const LOG_OPERATIONS = [
  "keycreate",
  "keydelete",
  "keyimport",
  "keypurge",
  "keyrestore",
  "keyrotate",
  "keyrotateifdue",
  "keyupdate",
] as const;
export type LogOperation = (typeof LOG_OPERATIONS)[number];

/** An operation may be called `constructor`, which an object has of itself. */
const PLACES = new Map<string, (resource: string) => SignalScope | undefined>(Object.entries(OPERATIONS));

export const isHeardOf = (operation: string): boolean => PLACES.has(operation.toLowerCase());

/** Undefined for an operation that can't take a key away, and where the resource does not fit it. */
export const signalScopeOf = (operation: string, resource: string): SignalScope | undefined =>
  PLACES.get(operation.toLowerCase())?.(wholeId(resource));

const KEY_VAULT_TYPES = new Set([
  "microsoft.keyvault.keynearexpiry",
  "microsoft.keyvault.keyexpired",
  "microsoft.keyvault.keynewversioncreated",
  "microsoft.keyvault.vaultaccesspolicychanged",
]);
const RESOURCE_TYPES = /^microsoft\.resources\.resource(write|delete|action)success$/i;

type Envelope = { id: string; type: string; source: string; subject: string; at: string; data: Dict };

function readEnvelope(event: Dict, now: string): Envelope {
  const time = text(get(event, "eventTime")) || text(get(event, "time"));
  const at = Number.isNaN(toMs(time)) ? now : toIso(toMs(time));
  const type = text(get(event, "eventType")) || text(get(event, "type"));
  const source = text(get(event, "topic")) || text(get(event, "source"));
  const subject = text(get(event, "subject"));
  // Without an id, the same event twice must still be the same signal.
  const id = text(get(event, "id")) || `${type}|${source}|${subject}|${time}`;
  return { id, type, source, subject, at, data: dictOf(get(event, "data")) };
}

function readKeyVaultEvent(envelope: Envelope): ReadEvent {
  const scope = vaultScope(envelope.source);
  if (!scope) return { kind: "invalid", why: `a Key Vault event whose source is no vault: '${envelope.source}'` };
  return { kind: "signal", signal: { id: envelope.id, source: "event", what: envelope.type, at: envelope.at, scope, caller: null } };
}

/** Where a topic says where it is; one that does not is read for what it hints at. Of a vault's the inventory says whether it is meant. */
function isForeign({ source }: Envelope, { subscriptionIds }: Ours): boolean {
  const topic = parseArmId(source)?.subscriptionId ?? null;
  return topic !== null && !subscriptionIds.some((id) => sameText(id, topic));
}

function readResourceEvent(envelope: Envelope, ours: Ours): ReadEvent {
  const { data } = envelope;
  const operation = text(get(data, "operationName")) || text(get(dictOf(get(data, "authorization")), "action"));
  const resource = wholeId(text(get(data, "resourceUri")) || envelope.subject);
  if (operation === "") return { kind: "invalid", why: `${envelope.type} names no operation` };
  if (isForeign(envelope, ours)) return { kind: "foreign", what: operation, why: `its topic is none of ours: '${envelope.source}'` };
  const place = PLACES.get(operation.toLowerCase());
  if (!place) return { kind: "ignored", what: operation, why: "this operation can't take a key away" };
  const scope = place(resource);
  if (!scope) return { kind: "invalid", why: `${operation} on a resource that does not fit it: '${resource}'` };
  const caller = callerOf(data);
  // Keymend's own writes come back as events; looking again for each would never end.
  if (caller && isOwn(ours.principals, caller.objectId)) {
    return { kind: "ignored", what: operation, why: "it is Keymend's own write" };
  }
  return { kind: "signal", signal: { id: envelope.id, source: "event", what: operation, at: envelope.at, scope, caller } };
}

/**
 * Reads one event in Event Grid or CloudEvents form. now: ISO 8601 UTC, for an event without a readable time.
 * Never throws: what can't be used comes back as `ignored` (not ours) or `invalid` (not an event), with the reason.
 */
export function readEvent(raw: unknown, ours: Ours, now: string): ReadEvent {
  const event = typeof raw === "string" ? dictOf(raw) : raw;
  if (!isDict(event) || Object.keys(event).length === 0) return { kind: "invalid", why: "it is no JSON object" };
  const envelope = readEnvelope(event, now);
  const type = envelope.type.toLowerCase();
  if (type === "") return { kind: "invalid", why: "it has neither eventType nor type" };
  if (KEY_VAULT_TYPES.has(type)) return readKeyVaultEvent(envelope);
  if (RESOURCE_TYPES.test(type)) return readResourceEvent(envelope, ours);
  return { kind: "ignored", what: envelope.type, why: "this event type is none of ours" };
}

/** The events of one delivery: one, or several in an array. */
export function readDelivery(raw: unknown, ours: Ours, now: string): ReadEvent[] {
  const parsed = typeof raw === "string" && raw.trim().startsWith("[") ? parseArray(raw) : raw;
  return Array.isArray(parsed) ? parsed.map((event) => readEvent(event, ours, now)) : [readEvent(parsed, ours, now)];
}

function parseArray(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    // Then it is one event that can't be read, which is told.
    return raw;
  }
}
