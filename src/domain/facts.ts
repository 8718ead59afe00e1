/**
 * Facts: everything read about one vault and the databases that wrap with its keys, at one moment, as plain JSON.
 * Times are ISO 8601 in UTC. Nothing here is ever guessed: what could not be read says so, and no cause may take it for healthy.
 */

import type { IdScan } from "./id-scan.ts";
import type { WishOnRecord } from "./wish.ts";

export type TargetKind = "account" | "cluster";

/**
 * Why something could not be read. `denied`: the healer lacks a permission. `firewall`: the vault's network refused the healer. `outOfSight`:
 * it is nowhere that the healer may look. `unusable`: the answer made no sense.
 */
export type Unreadable = { state: "unreadable"; why: "denied" | "firewall" | "outOfSight" | "unusable"; detail: string };

export type AccessPolicy = {
  tenantId: string;
  objectId: string;
  /** Set on a compound policy: it counts only for that application on behalf of the object. */
  applicationId: string | null;
  /** Key permissions as stored, any casing; `all` stands for every one. */
  keys: string[];
};

export type VaultNetwork = {
  /** As on the wire: `Enabled`, `Disabled`, `SecuredByPerimeter`; null where absent (= Enabled). */
  publicNetworkAccess: string | null;
  defaultAction: "Allow" | "Deny";
  bypass: "AzureServices" | "None";
  ipRules: string[];
  virtualNetworkRules: string[];
  /** Words of it that Keymend does not know, each with its name; absent where there are none. */
  unclear?: string;
};

export type LiveVault = {
  state: "live";
  id: string;
  name: string;
  /** Without trailing slash. */
  uri: string;
  resourceGroup: string;
  location: string;
  tenantId: string;
  tags: Record<string, string>;
  /** An absent `enableRbacAuthorization` is access policies. */
  permissionModel: "rbac" | "policies";
  policies: AccessPolicy[];
  network: VaultNetwork;
  softDeleteRetentionInDays: number | null;
  purgeProtection: boolean;
  sku: string;
  /** When anything of the vault itself was last changed, as Azure tells it (systemData); null where it does not. */
  changedOn: string | null;
};

export type DeletedVault = {
  state: "deleted";
  id: string;
  name: string;
  resourceGroup: string;
  location: string;
  tags: Record<string, string>;
  deletedOn: string | null;
  scheduledPurgeOn: string | null;
};

export type VaultFacts =
  | LiveVault
  | DeletedVault
  | { state: "gone"; id: string | null; name: string }
  | (Unreadable & { id: string | null; name: string });

export type KeyVersionFacts = {
  /** 32 hex digits, lower case. */
  version: string;
  enabled: boolean;
  notBefore: string | null;
  expiresOn: string | null;
  createdOn: string | null;
  /** When it was changed last, by whomever, in whole seconds. Absent in what earlier versions kept, and where it is not told. */
  updatedOn?: string;
  /** `RSA`, `RSA-HSM`, `EC`, ...; null where it could not be read for this version. */
  type: string | null;
  size: number | null;
  /** key_ops; null where it could not be read for this version. */
  operations: string[] | null;
};

/** What a key's policy does with it by itself. expiryTime: what each new version gets, ISO 8601; null where it gets none. */
export type Rotation = { rotates: boolean; expiryTime: string | null };

export type KeyFacts =
  /** versions: newest first by creation time. rotation: null where it has no policy; absent in what earlier versions kept. */
  | { state: "live"; name: string; tags: Record<string, string>; versions: KeyVersionFacts[]; rotation?: Rotation | null }
  | {
      state: "deleted";
      name: string;
      tags: Record<string, string>;
      deletedOn: string | null;
      scheduledPurgeOn: string | null;
      versions: KeyVersionFacts[];
    }
  | { state: "gone"; name: string }
  | (Unreadable & { name: string });

export type IdentityFacts =
  | {
      state: "live";
      id: string;
      name: string;
      location: string;
      tenantId: string;
      principalId: string;
      clientId: string;
      /** The tag `keymend:insteadOf` tells an identity that Keymend made from one that only has the name it would give. */
      tags: Record<string, string>;
    }
  | { state: "gone"; id: string }
  | (Unreadable & { id: string });

export type RoleAssignment = {
  id: string;
  name: string;
  scope: string;
  roleDefinitionId: string;
  principalId: string;
  principalType: string;
  condition: string | null;
  conditionVersion: string | null;
  description: string | null;
  /**
   * Since when it is as it is: its condition may be changed under its name (REST specification, Microsoft.Authorization 2022-04-01: updatedOn). A
   * grant takes up to ten minutes to reach the vault: nothing is switched to a principal before. Null where unknown.
   */
  createdOn: string | null;
};

export type RolePermission = { actions: string[]; notActions: string[]; dataActions: string[]; notDataActions: string[] };

/** `permissions` is null where the definition could not be read: it then grants nothing that may be counted on. */
export type RoleDefinition = { id: string; roleName: string; permissions: RolePermission[] | null };

export type DenyAssignment = {
  id: string;
  name: string;
  scope: string;
  permissions: RolePermission[];
  /** The id 00000000-0000-0000-0000-000000000000 of type SystemDefined is everyone. */
  principals: { id: string; type: string }[];
  excludePrincipals: { id: string; type: string }[];
  doesNotApplyToChildScopes: boolean;
  condition: string | null;
  /** When it was last changed, or else made; null where that is not told. */
  changedOn: string | null;
};

/**
 * What Azure RBAC says of one principal at one key. `assignments` are those at or above the key's scope that reach the
 * principal, through groups too when `viaGroups` is true (the service resolved them), else only direct ones.
 */
export type AccessFacts =
  | {
      state: "read";
      principalId: string;
      keyName: string;
      keyScope: string;
      viaGroups: boolean;
      assignments: RoleAssignment[];
      definitions: RoleDefinition[];
      denies: DenyAssignment[];
    }
  | (Unreadable & { principalId: string; keyName: string; keyScope: string });

/** Which identity a database uses towards the vault. */
export type DefaultIdentity =
  | { form: "user"; id: string; federatedClientId: string | null }
  | { form: "system" }
  | { form: "firstParty" }
  /** The account says `Undefined`, empty, or nothing. */
  | { form: "undefined" }
  | { form: "unknown"; raw: string };

export type ServiceStatus = {
  /** What the service says of its key access: true healthy, false lost, null says nothing. Lags by up to an hour: a hint. */
  healthy: boolean | null;
  /** The NNNN of an account's `customerManagedKeyStatus`; null where there is none. */
  code: number | null;
  /** `customerManagedKeyStatus` of an account, trimmed; null where absent. */
  text: string | null;
  /** `clusterStatus` of a cluster; null where absent. */
  clusterStatus: string | null;
  provisioningState: string | null;
};

export type TargetFacts = {
  kind: TargetKind;
  id: string;
  name: string;
  resourceGroup: string;
  location: string;
  tags: Record<string, string>;
  /** As stored on the database, raw; null where the database has no customer-managed key (any more). */
  keyUri: string | null;
  /** Account: `keyVaultKeyUriVersion`. Cluster: the version its URL pins. Null where the service follows the latest and does not say. */
  versionInUse: string | null;
  defaultIdentity: DefaultIdentity;
  /** As on the wire: `None`, `SystemAssigned`, `UserAssigned`, `SystemAssigned,UserAssigned`. */
  identityType: string;
  systemPrincipalId: string | null;
  attached: { id: string; principalId: string | null; clientId: string | null }[];
  tenantId: string | null;
  service: ServiceStatus;
  /** Made by a point-in-time restore; the source's restorable account id where known. */
  restoredFrom: string | null;
  /** How far back its backups reach, in milliseconds; null or absent where that is not told. */
  backupsReachMs?: number | null;
  /** When it was last changed, else made, as Azure tells it (systemData; an account tells no more than one time); null where it tells none. */
  changedOn: string | null;
  /** Of an account that somebody wants to give a key; absent elsewhere. */
  features?: AccountFeatures | Unreadable;
};

/** What of an account says whether it may be given a key. */
export type AccountFeatures = {
  /** As on the wire: `EnableCassandra`, `EnableMongo`, ... */
  capabilities: string[];
  /** `Periodic` or `Continuous`; null where it is not told. */
  backup: string | null;
  analyticalStorage: boolean;
  materializedViews: boolean;
  /** The change feed of all versions and deletes. */
  allVersionsChangeFeed: boolean;
  /** Where its data plane answers, whatever its API; null where it is not told. */
  endpoint: string | null;
};

/** A tag that an approver has lifted: it does not count while it has this value. tag: in lower case. */
export type LiftedTag = { targetId: string; tag: string; value: string; reason: string; by: string; at: string };

export type MissingTarget = (Unreadable | { state: "gone" }) & { kind: TargetKind; id: string };

/** Where a vault's events can be subscribed to: one a vault at most. */
/** identityIds: of its user-assigned identities. Absent in what earlier versions kept. */
export type EventTopicFacts = { id: string; name: string; location: string; identityIds?: string[] };

export type EventSubscriptionFacts = {
  id: string;
  name: string;
  topicId: string;
  topicName: string;
  topicLocation: string;
  /** destination, filter, eventDeliverySchema, retryPolicy, deadLetterDestination as on the wire, so it can be put back. */
  properties: Record<string, unknown>;
};

/** With which principal a database reached which key, and since when each has stood: ISO 8601 UTC. key: its name, in lower case. */
export type Holder = { principalId: string; key: string; accessSince: string; defaultSince: string };

/** Role assignments made at a vault or at its keys, whosever: the first of them, and how many more there are. */
export type Held = { assignments: RoleAssignment[]; left: number };

/** Last known good, refreshed only while everything is healthy. */
export type Baseline = {
  at: string;
  /** ARM id of the vault then; a move changes it. Absent in what earlier versions kept: then it is taken for the same. */
  vaultId?: string;
  assignments: RoleAssignment[];
  policies: AccessPolicy[];
  permissionModel: "rbac" | "policies";
  network: VaultNetwork;
  sku: string;
  eventSubscriptions: EventSubscriptionFacts[];
  /** Target id (lower case) → its default identity as stored on the account or cluster (raw string; a cluster's is the identity's id). */
  defaultIdentities: Record<string, string>;
  /** Identity id (lower case) → principal id it had. */
  principals: Record<string, string>;
  /** Target id (lower case) → who had access for it. Absent in what earlier versions kept: then nobody is known to have had any. */
  holders?: Record<string, Holder>;
  /** What a recovery of the vault does not bring back. Absent in what earlier versions kept, and where it could not be read. */
  held?: Held;
};

/** What is looked at: a vault, or a database whose key URI names none. */
export type Patient = {
  /** ARM id of the vault where known, else its URI; ARM id of the database for a database of its own. */
  id: string;
  kind: "vault" | "database";
  vaultName: string | null;
};

/** The vault that a guest has its key in, as far as that tells whether the guest has it still. targets: those whose grant there was revoked. */
export type HomeFacts = { vault: VaultFacts; keys: KeyFacts[]; targets: TargetFacts[]; wishes: WishOnRecord[] };

export type Facts = {
  schema: 1;
  at: string;
  patient: Patient;
  /** Null for a database whose key URI names no vault. */
  vault: VaultFacts | null;
  keys: KeyFacts[];
  identities: IdentityFacts[];
  access: AccessFacts[];
  targets: TargetFacts[];
  missing: MissingTarget[];
  /** Databases that have their key in another vault, and that somebody wants to move to this one, or asks about it. Absent where nobody does. */
  guests?: TargetFacts[];
  /** Where they have it. Absent where there is none in a vault. */
  homes?: HomeFacts[];
  eventSubscriptions: EventSubscriptionFacts[];
  /** The vault's system topic, null where it has none. Absent where that could not be read, and where there is no live vault. */
  eventTopic?: EventTopicFacts | null;
  /** Absent where it could not be read, and where there is no live vault. */
  held?: Held;
  baseline: Baseline | null;
  /** How often Keymend has extended a key version's expiry: `{vault name}/{key}/{version}` in lower case → count. */
  expiryExtensions: Record<string, number>;
  /** Absent in what earlier versions kept. */
  lifted?: LiftedTag[];
  /** Why the vault is not armed, as it was told last; absent where that was not told. */
  unarmedTold?: string;
  /** What somebody wants of this vault on purpose, as far as a look must know of it. Absent in what earlier versions kept. */
  wishes?: WishOnRecord[];
  /** How far the document ids of accounts are scanned that somebody wants to give a key. Absent where nobody does. */
  scans?: IdScan[];
  /** Object id of the Cosmos DB first-party service principal in this tenant, from configuration; null where unknown. */
  firstPartyPrincipalId: string | null;
  /** The tenant that Keymend works in. */
  tenantId: string;
};
