/**
 * The state of the sandbox's Azure: one tenant, one subscription or several, everything in maps keyed by lower-cased ids.
 * Resources are kept in the shape of their newest GET body plus what the service knows and does not show.
 */
import type { Clock } from "../time/clock.ts";
import type { Random } from "../time/random.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

/** Who calls, known by its token. */
export type Caller = {
  /** Object id of the service principal or user: what role assignments name. */
  oid: string;
  appid: string;
  name: string;
  /** True for the identities that the app under test runs as: their writes are counted. */
  keymend: boolean;
};

export type Principal = {
  oid: string;
  appid: string;
  name: string;
  type: "ServicePrincipal" | "User" | "Group";
  /** For a client-credentials login; absent for managed identities. */
  secret?: string;
  /** App roles in the app's own API: Keymend.Reader, Keymend.Operator, Keymend.Approver. */
  appRoles: string[];
  keymend: boolean;
  /** Groups it is a member of, by object id. */
  memberOf: string[];
  /** A new principal reaches the directory with a delay: until then (ms) RBAC does not find it. */
  replicatedAt?: number;
};

/** An app registration that people sign in to. */
export type Application = {
  appid: string;
  name: string;
  /** What it exposes, as `api://…`. */
  identifierUri: string;
  /** Of the platform "single-page application". */
  spaRedirectUris: string[];
};

export type SystemData = {
  createdAt: string;
  createdBy?: string;
  createdByType?: string;
  lastModifiedAt?: string;
  lastModifiedBy?: string;
  lastModifiedByType?: string;
};

/** tenantId: of the directory that it trusts; another one than that of the world where it is delegated (Azure Lighthouse). */
export type Subscription = { subscriptionId: string; tenantId: string; displayName: string; tags: Record<string, string> };

/** `deleting`: on its way out, with all that is in it. */
export type ResourceGroup = { id: string; name: string; location: string; tags: Record<string, string>; deleting?: true };

export type ManagedIdentityState = {
  id: string;
  name: string;
  location: string;
  tags: Record<string, string>;
  principalId: string;
  clientId: string;
};

/** `borrowedFrom`: id of the account a restore took the identity over from; it was never attached to this one. */
export type AttachedIdentity = { principalId: string; clientId: string; borrowedFrom?: string };

/** The identity block of an account or a cluster. `userAssigned` is keyed by the id as the client sent it. */
export type IdentityBlock = {
  type: "None" | "SystemAssigned" | "UserAssigned" | "SystemAssigned,UserAssigned";
  principalId?: string;
  userAssigned: Map<string, AttachedIdentity>;
};

/** What the service knows of its access to the key, as of its last check. */
export type KeyCheckState = {
  revoked: boolean;
  /** Code of an account's status while revoked (4000...), or null where the service gives none. */
  code: number | null;
  /** Offset within the hour of this database's own check, ms; drawn from the seed. */
  phaseMs: number;
  lastCheckAt: number;
  /** The service is stuck: it notices a loss, and never that the key is back. */
  neverRevalidates?: boolean;
};

export type Account = {
  id: string;
  name: string;
  /** Display name, as on the wire: "West US". */
  location: string;
  kind: string;
  tags: Record<string, string>;
  systemData: SystemData;
  properties: JsonObject;
  identity: IdentityBlock;
  /** undefined: no customer-managed key. Raw, as stored. */
  keyVaultKeyUri: string | undefined;
  /** The version the service wraps with now. */
  keyVaultKeyUriVersion: string | undefined;
  /** Raw, as on the wire; `Undefined` after the default was detached. */
  defaultIdentity: string;
  provisioningState: string;
  check: KeyCheckState;
  /** GUID of the operation that runs now, if any. */
  operation: string | undefined;
};

export type Cluster = {
  id: string;
  name: string;
  location: string;
  tags: Record<string, string>;
  systemData: SystemData;
  properties: JsonObject;
  identity: IdentityBlock;
  keyEncryptionKeyUrl: string | undefined;
  keyEncryptionIdentityId: string | undefined;
  /** The version the service wraps with now. */
  versionInUse: string | undefined;
  provisioningState: string;
  clusterStatus: string;
  check: KeyCheckState;
  operation: string | undefined;
};

export type KeyVersion = {
  version: string;
  enabled: boolean;
  /** Unix seconds. */
  nbf?: number;
  exp?: number;
  created: number;
  updated: number;
  kty: string;
  keySize: number;
  /** As sent: wrapKey, unwrapKey, ... */
  keyOps: string[];
  tags?: Record<string, string>;
  /** base64url modulus (EC: x and y, one after the other); not a real key. */
  n: string;
  /** Made while an event subscription on the vault existed: only then do expiry events follow. Absent: yes. */
  notifies?: boolean;
};

export type Key = {
  name: string;
  versions: KeyVersion[];
  rotationPolicy: JsonObject | undefined;
  /** Set while soft-deleted. Unix seconds; visible under /deletedkeys from visibleAt (ms) on. */
  deleted: { deletedDate: number; scheduledPurgeDate: number; visibleAt: number } | undefined;
  /** After a recovery: GET /keys/x answers 404 until then (ms). */
  readableAt: number;
};

export type StoredPolicy = {
  tenantId: string;
  objectId: string;
  applicationId?: string;
  permissions: { keys?: string[]; secrets?: string[]; certificates?: string[]; storage?: string[] };
};

export type Vault = {
  id: string;
  name: string;
  location: string;
  tags: Record<string, string>;
  systemData: SystemData;
  sku: { family: string; name: string };
  accessPolicies: StoredPolicy[];
  /** undefined: never set, which is access policies. */
  enableRbacAuthorization: boolean | undefined;
  enablePurgeProtection: boolean | undefined;
  softDeleteRetentionInDays: number;
  publicNetworkAccess: string;
  networkAcls: { bypass: string; defaultAction: string; ipRules: { value: string }[]; virtualNetworkRules: { id: string }[] };
  /** enabledForDeployment and its siblings, by property name; absent: never sent. */
  enabledFor?: Record<string, boolean>;
  provisioningState: string;
  keys: Map<string, Key>;
  /** Set while soft-deleted, ms. */
  deleted: { at: number; purgeAt: number } | undefined;
};

export type RoleAssignmentState = {
  name: string;
  scope: string;
  roleDefinitionId: string;
  principalId: string;
  principalType: string;
  condition: string | null;
  conditionVersion: string | null;
  description: string | null;
  createdOn: number;
  createdBy: string | null;
  /** When it takes effect on the data plane: RBAC propagation. Management-plane actions take it at once. */
  effectiveAt: number;
  /** Once deleted: until when the data plane still honours it. */
  endsAt?: number;
};

export type DenyAssignmentState = {
  name: string;
  displayName: string;
  scope: string;
  permissions: { actions: string[]; notActions: string[]; dataActions: string[]; notDataActions: string[] }[];
  principals: { id: string; type: string }[];
  excludePrincipals: { id: string; type: string }[];
  doNotApplyToChildScopes: boolean;
  createdOn: string;
};

export type RoleDefinitionState = {
  name: string;
  roleName: string;
  type: "BuiltInRole" | "CustomRole";
  description: string;
  assignableScopes: string[];
  permissions: {
    actions: string[];
    notActions: string[];
    dataActions: string[];
    notDataActions: string[];
    /** A role may carry its own condition (Key Vault Data Access Administrator). */
    condition?: string;
    conditionVersion?: string;
  }[];
};

export type Lock = { id: string; name: string; scope: string; level: "CanNotDelete" | "ReadOnly"; notes: string };

export type SystemTopic = {
  id: string;
  name: string;
  location: string;
  tags: Record<string, string> | null;
  source: string;
  topicType: string;
  metricResourceId: string;
  /** User-assigned identities, by their ids. */
  identities: string[];
  /** Events that were given up to be delivered. isKept: in the container for dead letters. */
  undelivered: { at: number; subscription: string; isKept: boolean }[];
};

export type EventSubscription = {
  id: string;
  name: string;
  /** Id of the system topic it hangs under. */
  topicId: string;
  properties: JsonObject;
};

/** Named switches for what the documentation leaves open, each with its default. See switches.ts. */
export type Switches = Record<string, string | number | boolean>;

/** A mutating request as Azure saw it. */
export type RecordedWrite = {
  at: string;
  caller: string;
  oid: string;
  keymend: boolean;
  method: string;
  url: string;
  action: string;
  status: number;
  body: Json;
};

/** Reads of one kind by one caller: `route` is method and pattern. */
export type RecordedReads = { caller: string; keymend: boolean; route: string; count: number };

/** An entry of the activity log: when it happened, ms; `lag` in [0, 1), how late it can be read, of the least to the most; `ticks` of 100 ns since 1970 give the order. */
export type ActivityEntry = { at: number; lag: number; ticks: bigint; event: JsonObject };

/** `customerId` is what queries name it by. */
export type Workspace = { id: string; name: string; location: string; customerId: string };

export type AuditTable = "AZKVAuditLogs" | "AzureDiagnostics";

/** A row of a workspace's table: when it happened and can be read, ms. */
export type AuditEntry = { at: number; visibleAt: number; workspaceId: string; table: AuditTable; row: Record<string, Json> };

/** properties: as they were sent. */
export type SupportTicketState = { id: string; name: string; number: string; at: string; properties: JsonObject };

/** until: ms. */
export type ImmutabilityPolicy = { until: number; mode: "locked" | "unlocked" };

export type BlobVersion = { versionId: string; content: string; lastModified: number; isCurrent: boolean; policy?: ImmutabilityPolicy };

/** Blob versioning is on for each: policies of single versions need it (Microsoft Learn, "Version-level WORM policies for immutable blob data"). */
export type Container = {
  /** ARM id. */
  id: string;
  account: string;
  name: string;
  /** immutableStorageWithVersioning */
  takesPolicies: boolean;
  /** By name, oldest version first. */
  blobs: Map<string, BlobVersion[]>;
};

/** An event as published by an Azure source, before delivery: Event Grid schema without the envelope that the topic adds. */
export type SourceEvent = { source: string; subject: string; eventType: string; eventTime: string; data: JsonObject; dataVersion: string };

export type World = {
  readonly clock: Clock;
  readonly random: Random;
  readonly tenantId: string;
  /** The first subscription: where all is that is not said to be elsewhere. */
  readonly subscriptionId: string;
  readonly switches: Switches;
  /** By lower-cased id of the resource, `/subscriptions/{id}`. */
  readonly subscriptions: Map<string, Subscription>;
  readonly resourceGroups: Map<string, ResourceGroup>;
  readonly accounts: Map<string, Account>;
  readonly clusters: Map<string, Cluster>;
  /** Live and soft-deleted vaults, by lower-cased id. */
  readonly vaults: Map<string, Vault>;
  readonly identities: Map<string, ManagedIdentityState>;
  /** By object id. */
  readonly principals: Map<string, Principal>;
  readonly applications: Application[];
  /** By lower-cased id of the assignment. */
  readonly roleAssignments: Map<string, RoleAssignmentState>;
  /** Deleted ones that the data plane still honours until `endsAt`. */
  readonly fadingAssignments: RoleAssignmentState[];
  /** By lower-cased GUID. */
  readonly roleDefinitions: Map<string, RoleDefinitionState>;
  readonly denyAssignments: DenyAssignmentState[];
  readonly locks: Map<string, Lock>;
  readonly systemTopics: Map<string, SystemTopic>;
  readonly eventSubscriptions: Map<string, EventSubscription>;
  readonly writes: RecordedWrite[];
  /** How often each caller has read what; one entry a caller and route. */
  readonly reads: Map<string, RecordedReads>;
  readonly activityLog: ActivityEntry[];
  readonly workspaces: Map<string, Workspace>;
  /** Where a vault's audit log goes, by the vault's lower-cased id; nowhere without a diagnostic setting. */
  readonly auditSettings: Map<string, { workspace: Workspace; table: AuditTable }>;
  readonly auditLog: AuditEntry[];
  /** By lower-cased id. */
  readonly supportTickets: Map<string, SupportTicketState>;
  /** Of storage accounts, by `account/container`. */
  readonly containers: Map<string, Container>;
  /** Published by the pipeline and the providers; Event Grid listens. */
  publish: (event: SourceEvent) => void;
};

/** Ids of the one management group above the subscription. */
export const MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/contoso";

/** One more subscription, of the tenant or of another one. */
export function addSubscription(world: World, spec: { subscriptionId: string; displayName: string; tenantId?: string }): Subscription {
  const subscription: Subscription = { tenantId: world.tenantId, tags: {}, ...spec };
  world.subscriptions.set(`/subscriptions/${spec.subscriptionId}`.toLowerCase(), subscription);
  return subscription;
}

/** The subscription of an id, as it is written there; undefined where it is of none. */
export const subscriptionIn = (id: string): string | undefined => /^\/subscriptions\/([^/]+)/i.exec(id)?.[1];

/** The tenant that a resource is in: that of its subscription. */
export const tenantOf = (world: World, id: string): string =>
  world.subscriptions.get(`/subscriptions/${subscriptionIn(id) ?? world.subscriptionId}`.toLowerCase())?.tenantId ?? world.tenantId;

export function createWorld(options: {
  clock: Clock;
  random: Random;
  tenantId: string;
  subscriptionId: string;
  switches: Switches;
}): World {
  return {
    ...options,
    subscriptions: new Map([
      [
        `/subscriptions/${options.subscriptionId}`.toLowerCase(),
        { subscriptionId: options.subscriptionId, tenantId: options.tenantId, displayName: "Keymend sandbox", tags: {} },
      ],
    ]),
    resourceGroups: new Map(),
    accounts: new Map(),
    clusters: new Map(),
    vaults: new Map(),
    identities: new Map(),
    principals: new Map(),
    applications: [],
    roleAssignments: new Map(),
    fadingAssignments: [],
    roleDefinitions: new Map(),
    denyAssignments: [],
    locks: new Map(),
    systemTopics: new Map(),
    eventSubscriptions: new Map(),
    writes: [],
    reads: new Map(),
    activityLog: [],
    workspaces: new Map(),
    auditSettings: new Map(),
    auditLog: [],
    supportTickets: new Map(),
    containers: new Map(),
    publish: () => {},
  };
}
