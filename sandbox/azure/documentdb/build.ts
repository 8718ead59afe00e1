/** Accounts and clusters at rest, for estates, stories and tests. Nothing is checked: a broken one can be laid out as well. */
import { same } from "../routes.ts";
import type { Account, Cluster, IdentityBlock, JsonObject, World } from "../world.ts";
import { newAccount } from "./account-new.ts";
import { newCluster } from "./cluster-new.ts";
import { setSystemIdentity, typeOf } from "./identity.ts";
import { pinnedVersion } from "./key-path.ts";
import { regionCode } from "./regions.ts";
import { stateOf } from "./state.ts";

type Common = {
  name: string;
  resourceGroup: string;
  location?: string;
  tags?: Record<string, string>;
  /** Offset of its key check within the hour; drawn from the seed where not given. */
  phaseMs?: number;
  properties?: JsonObject;
};

type AccountSpec = Common & {
  kind?: string;
  /** Raw, as stored; no customer-managed key without it. */
  keyUri?: string;
  /** The version in use; the newest that the key has where not given. */
  keyVersion?: string;
  /** A user-assigned identity to attach, which is then the default. */
  identityId?: string;
  systemAssigned?: boolean;
  /** Raw. */
  defaultIdentity?: string;
  continuousBackup?: boolean;
  /** A point-in-time restore of that account: it takes over the source's identities as they are and never attaches them. */
  restoredFrom?: Account;
};

export function addAccount(world: World, spec: AccountSpec): Account {
  const source = spec.restoredFrom;
  const account = newAccount(world, {
    name: spec.name,
    groupId: groupId(world, spec.resourceGroup, spec.location),
    location: spec.location ?? "East US 2",
    kind: spec.kind ?? "GlobalDocumentDB",
    tags: spec.tags ?? {},
    properties: { ...((spec.continuousBackup ?? source) ? CONTINUOUS : {}), ...(source && restored(world, source)), ...spec.properties },
    ...(spec.phaseMs === undefined ? {} : { phaseMs: spec.phaseMs }),
  });
  if (source) borrow(account, source);
  if (spec.identityId !== undefined) attach(world, account.identity, spec.identityId);
  if (spec.systemAssigned) setSystemIdentity(world, account, true);
  account.identity.type = typeOf(account.identity);
  if (spec.identityId !== undefined) account.defaultIdentity = `UserAssignedIdentity=${spec.identityId}`;
  account.defaultIdentity = spec.defaultIdentity ?? account.defaultIdentity;
  account.keyVaultKeyUri = spec.keyUri ?? account.keyVaultKeyUri;
  if (account.keyVaultKeyUri !== undefined) account.keyVaultKeyUriVersion = spec.keyVersion ?? newestVersion(world, account.keyVaultKeyUri);
  stateOf(world).replan();
  return account;
}

const CONTINUOUS = { backupPolicy: { type: "Continuous", continuousModeProperties: { tier: "Continuous30Days" } } };

/** As recorded: azure-cli-extensions test_cosmosdb_system_identity_restore.yaml, 2024-03. */
function restored(world: World, source: Account): JsonObject {
  const region = regionCode(source.location);
  return {
    createMode: "Restore",
    minimalTlsVersion: "Tls",
    restoreParameters: {
      restoreMode: "PointInTime",
      restoreSource: `/subscriptions/${world.subscriptionId}/providers/Microsoft.DocumentDB/locations/${region}/restorableDatabaseAccounts/${String(source.properties["instanceId"])}`,
      restoreTimestampInUtc: `${world.clock.iso().slice(0, 19)}Z`,
      sourceBackupLocation: source.location,
      restoreWithTtlDisabled: false,
      databasesToRestore: [],
    },
  };
}

/** "Currently we carry over user-identity information from source to target during restore" (how-to-setup-customer-managed-keys.md). */
function borrow(account: Account, source: Account): void {
  for (const [id, entry] of source.identity.userAssigned) account.identity.userAssigned.set(id, { ...entry, borrowedFrom: source.id });
  account.defaultIdentity = source.defaultIdentity;
  account.keyVaultKeyUri = source.keyVaultKeyUri;
}

type ClusterSpec = Common & {
  /** With or without a version; no customer-managed key without it. */
  keyUrl?: string;
  versionInUse?: string;
  /** The user-assigned identity that is attached and wraps. */
  identityId?: string;
  /** Provisioning failed, for a key that was out of reach. */
  failed?: boolean;
};

export function addCluster(world: World, spec: ClusterSpec): Cluster {
  const cluster = newCluster(world, {
    name: spec.name,
    groupId: groupId(world, spec.resourceGroup, spec.location),
    location: spec.location ?? "eastus2",
    createdBy: "platform-team",
    tags: spec.tags ?? {},
    properties: spec.properties ?? {},
    ...(spec.phaseMs === undefined ? {} : { phaseMs: spec.phaseMs }),
  });
  if (spec.identityId !== undefined) {
    attach(world, cluster.identity, spec.identityId);
    cluster.identity.type = typeOf(cluster.identity);
  }
  if (spec.keyUrl !== undefined) {
    cluster.keyEncryptionKeyUrl = spec.keyUrl;
    cluster.keyEncryptionIdentityId = spec.identityId;
    cluster.versionInUse = spec.versionInUse ?? pinnedVersion(spec.keyUrl) ?? newestVersion(world, spec.keyUrl);
  }
  if (spec.failed) Object.assign(cluster, { provisioningState: "Failed", clusterStatus: "Failed" });
  stateOf(world).replan();
  return cluster;
}

/** The group is made where it is missing. */
function groupId(world: World, name: string, location = "eastus2"): string {
  const id = `/subscriptions/${world.subscriptionId}/resourceGroups/${name}`;
  const known = world.resourceGroups.get(id.toLowerCase());
  if (known) return known.id;
  world.resourceGroups.set(id.toLowerCase(), { id, name, location: regionCode(location), tags: {} });
  return id;
}

function attach(world: World, block: IdentityBlock, id: string): void {
  const live = world.identities.get(id.toLowerCase());
  if (!live) throw new Error(`no identity ${id}: add it before what it is attached to`);
  block.userAssigned.set(id, { principalId: live.principalId, clientId: live.clientId });
}

function newestVersion(world: World, keyUri: string): string | undefined {
  const [, vaultName, keyName] = /^https:\/\/([^./]+)\.vault\.azure\.net\/keys\/([^/]+)/i.exec(keyUri) ?? [];
  const vault = [...world.vaults.values()].find((v) => vaultName !== undefined && same(v.name, vaultName));
  return vault?.keys.get(keyName!.toLowerCase())?.versions.reduce((a, b) => (b.created >= a.created ? b : a)).version;
}
