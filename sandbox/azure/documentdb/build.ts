/** Accounts and clusters at rest, for estates, stories and tests. Nothing is checked: a broken one can be laid out as well. */
import { textAt } from "../json.ts";
import { currentVersion } from "../keyvault/key-state.ts";
import { vaultOfHost } from "../keyvault/vault-state.ts";
import type { Account, Cluster, IdentityBlock, JsonObject, World } from "../world.ts";
import { newAccount, stampAt } from "./account-new.ts";
import { newCluster } from "./cluster-new.ts";
import { setSystemIdentity, typeOf } from "./identity.ts";
import { keyPlace, pinnedVersion } from "./key-path.ts";
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
  /** Ids of user-assigned identities to attach. */
  identities?: string[];
  /** The first one where not given. */
  subscriptionId?: string;
};

type AccountSpec = Common & {
  kind?: string;
  /** Raw, as stored; no customer-managed key without it. */
  keyUri?: string;
  /** The version in use; the newest that the key has where not given. */
  keyVersion?: string;
  systemAssigned?: boolean;
  /** Raw; the first of `identities` where not given. */
  defaultIdentity?: string;
  continuousBackup?: boolean;
  /** A point-in-time restore of that account: it takes over the source's identities as they are and never attaches them. */
  restoredFrom?: Account;
};

export function addAccount(world: World, spec: AccountSpec): Account {
  const source = spec.restoredFrom;
  const account = newAccount(world, {
    ...spec,
    groupId: groupId(world, spec),
    location: spec.location ?? "East US 2",
    properties: { ...(spec.continuousBackup || source ? CONTINUOUS : {}), ...(source && restored(world, source)), ...spec.properties },
  });
  if (source) borrow(account, source);
  account.systemData = { createdAt: longAgo(world) };
  layOutIdentity(world, account, spec);
  account.keyVaultKeyUri = spec.keyUri ?? account.keyVaultKeyUri;
  if (account.keyVaultKeyUri !== undefined) account.keyVaultKeyUriVersion = spec.keyVersion ?? newestVersion(world, account.keyVaultKeyUri);
  stateOf(world).replan();
  return account;
}

/** What is laid out has been there for most of a year. */
const longAgo = (world: World): string => stampAt(world, world.clock.now() - 300 * 86_400_000);

function layOutIdentity(world: World, account: Account, spec: AccountSpec): void {
  const [first] = spec.identities ?? [];
  attachAll(world, account.identity, spec.identities);
  if (spec.systemAssigned) setSystemIdentity(world, account, true);
  account.identity.type = typeOf(account.identity);
  if (first !== undefined) account.defaultIdentity = `UserAssignedIdentity=${first}`;
  if (spec.defaultIdentity !== undefined) account.defaultIdentity = spec.defaultIdentity;
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
      restoreSource: `/subscriptions/${world.subscriptionId}/providers/Microsoft.DocumentDB/locations/${region}/restorableDatabaseAccounts/${textAt(source.properties["instanceId"])}`,
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
  /** The one that wraps; the first of `identities` where not given. */
  keyIdentity?: string;
  /** Provisioning failed, for a key that was out of reach. */
  failed?: boolean;
};

export function addCluster(world: World, spec: ClusterSpec): Cluster {
  const cluster = newCluster(world, {
    ...spec,
    groupId: groupId(world, spec),
    location: spec.location ?? "eastus2",
    createdBy: "platform-team",
  });
  Object.assign(cluster.systemData, { createdAt: longAgo(world), lastModifiedAt: longAgo(world) });
  attachAll(world, cluster.identity, spec.identities);
  cluster.identity.type = typeOf(cluster.identity);
  if (spec.keyUrl !== undefined) {
    cluster.keyEncryptionKeyUrl = spec.keyUrl;
    cluster.keyEncryptionIdentityId = spec.keyIdentity ?? spec.identities?.[0];
    cluster.versionInUse = spec.versionInUse ?? pinnedVersion(spec.keyUrl) ?? newestVersion(world, spec.keyUrl);
  }
  if (spec.failed) Object.assign(cluster, { provisioningState: "Failed", clusterStatus: "Failed" });
  stateOf(world).replan();
  return cluster;
}

/** The group is made where it is missing. */
function groupId(world: World, { resourceGroup: name, location = "eastus2", subscriptionId = world.subscriptionId }: Common): string {
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
  const known = world.resourceGroups.get(id.toLowerCase());
  if (known) return known.id;
  world.resourceGroups.set(id.toLowerCase(), { id, name, location: regionCode(location), tags: {} });
  return id;
}

function attachAll(world: World, block: IdentityBlock, ids: string[] = []): void {
  for (const id of ids) {
    const live = world.identities.get(id.toLowerCase());
    if (!live) throw new Error(`no identity ${id}: add it before what it is attached to`);
    block.userAssigned.set(id, { principalId: live.principalId, clientId: live.clientId });
  }
}

function newestVersion(world: World, keyUri: string): string | undefined {
  const place = keyPlace(keyUri);
  const key = place && vaultOfHost(world, place.host)?.keys.get(place.key);
  return key && currentVersion(key).version;
}
