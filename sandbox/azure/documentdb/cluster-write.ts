/**
 * Writes to clusters. PUT answers 201, also for an update, with the new values at once (recorded: azure-cli-extensions
 * test_cosmosdb_mongocluster_crud.yaml, 2024-03); PATCH answers 202 without a body, as the swagger 2026-06-01 declares.
 */
import { objectAt } from "../json.ts";
import { AzureError } from "../routes.ts";
import type { Call, Reply } from "../routes.ts";
import type { Cluster, World } from "../world.ts";
import { requireGroup } from "./account-find.ts";
import { stampNow } from "./account-new.ts";
import { CLUSTER_TYPE, clusterBody, pretty } from "./cluster-body.ts";
import { findCluster, requireCluster } from "./cluster-find.ts";
import { newCluster } from "./cluster-new.ts";
import { readClusterChange, requireAttached, requireClusterRules, requireIdleCluster } from "./cluster-rules.ts";
import type { ClusterChange, Encryption } from "./cluster-rules.ts";
import { clusterError } from "./errors.ts";
import { applyIdentity, requireAttachable } from "./identity.ts";
import { showClusterStatus, useVersion } from "./key-checks.ts";
import { tryKey } from "./key-path.ts";
import { begin, clusterOperationHeaders } from "./operations.ts";
import type { Duration } from "./operations.ts";
import type { Operation, OperationFailure } from "./state.ts";
import { wordSwitch } from "./switches.ts";

/** Seconds. Only the deletion's was recorded. */
const DURATIONS = { create: [600, 900], update: [90, 150], delete: [540, 660] } as const satisfies Record<string, Duration>;

/** Declared for 201 and 202; whether it is sent can't be told, the recorder drops it. */
const RETRY = { "retry-after": "15" };

/** The vCore troubleshooting guide's text of a failed provisioning. */
const NO_ACCESS =
  "Couldn't get access to the key. It might be missing, the provided user identity doesn't have GET permissions on it, or the key vault hasn't enabled access to the public internet.";

export function patchCluster(call: Call): Reply {
  const cluster = requireCluster(call);
  const operation = update(call, cluster);
  return { status: 202, headers: { ...clusterOperationHeaders(call, operation), ...RETRY } };
}

export function putCluster(call: Call): Reply {
  const known = findCluster(call);
  const [cluster, operation] = known ? [known, update(call, known)] : create(call);
  return pretty(201, clusterBody(cluster), { ...clusterOperationHeaders(call, operation), ...RETRY });
}

export function deleteCluster(call: Call): Reply {
  const cluster = findCluster(call);
  if (!cluster) return { status: 204 };
  requireIdleCluster(cluster);
  cluster.provisioningState = "Dropping";
  cluster.clusterStatus = "Dropping";
  const operation = begin(call, {
    database: cluster,
    verb: "delete",
    duration: DURATIONS.delete,
    apply: () => {
      call.world.clusters.delete(cluster.id.toLowerCase());
      return undefined;
    },
    settle: () => settle(call.world, cluster),
  });
  return { status: 202, headers: { ...clusterOperationHeaders(call, operation), ...RETRY } };
}

function settle(world: World, cluster: Cluster): void {
  cluster.provisioningState = "Succeeded";
  showClusterStatus(world, cluster);
}

function update(call: Call, cluster: Cluster): Operation {
  requireIdleCluster(cluster);
  const change = readClusterChange(call, cluster);
  requireClusterRules(call, cluster, change);
  const { world } = call;
  const before = { url: cluster.keyEncryptionKeyUrl, identityId: cluster.keyEncryptionIdentityId };
  takeAtOnce(call, cluster, change);
  cluster.provisioningState = "Updating";
  cluster.clusterStatus = "Updating";
  return begin(call, {
    database: cluster,
    verb: "update",
    duration: DURATIONS.update,
    apply: () => (change.encryption ? takeKey(world, cluster, change.encryption, before.url) : undefined),
    settle: (failed) => {
      // "Identities passed are automatically added. This is the case even if the command later fails": only the reference goes back.
      if (failed) Object.assign(cluster, { keyEncryptionKeyUrl: before.url, keyEncryptionIdentityId: before.identityId });
      settle(world, cluster);
    },
  });
}

/** New values show at once, unlike an account's. */
function takeAtOnce(call: Call, cluster: Cluster, change: ClusterChange): void {
  const failure = change.identity && applyIdentity(call.world, cluster, change.identity);
  if (failure) throw new AzureError(400, failure.code, failure.message);
  if (change.encryption) {
    cluster.keyEncryptionKeyUrl = change.encryption.keyUrl;
    cluster.keyEncryptionIdentityId = change.encryption.identityId;
  }
  if (change.tags) cluster.tags = change.tags;
  Object.assign(cluster.properties, change.plain);
  Object.assign(cluster.systemData, {
    lastModifiedBy: call.caller.name,
    lastModifiedByType: "Application",
    lastModifiedAt: stampNow(call.world),
  });
}

/** Tries the key where the switch says so; a new key is in use from here on, while an identity alone waits for the next check. */
function takeKey(world: World, cluster: Cluster, encryption: Encryption, before: string | undefined): OperationFailure | undefined {
  const changed = before?.toLowerCase() !== encryption.keyUrl.toLowerCase();
  const when = wordSwitch(world, "documentdb.clusterUpdateChecksKey");
  const path = tryKey(world, cluster, encryption.keyUrl);
  if (!path.ok) {
    return when === "always" || (when === "onKeyChange" && changed) ? { code: "key_access_failed", message: NO_ACCESS } : undefined;
  }
  if (changed) useVersion(cluster, path.version);
  return undefined;
}

function create(call: Call): [Cluster, Operation] {
  const groupId = requireGroup(call);
  const location = objectAt(call.body)["location"];
  if (typeof location !== "string") throw clusterError(400, "bad_request", "The member 'location' is missing.");
  const cluster = newCluster(call.world, { name: call.params["mongoClusterName"]!, groupId, location, createdBy: call.caller.name });
  try {
    return [cluster, provision(call, cluster)];
  } catch (error) {
    call.world.clusters.delete(cluster.id.toLowerCase());
    throw error;
  }
}

function provision(call: Call, cluster: Cluster): Operation {
  const change = readClusterChange(call, cluster);
  if (change.identity) requireAttachable(call, cluster, change.identity, CLUSTER_TYPE);
  if (change.encryption) requireAttached(cluster, change.identity, change.encryption);
  takeAtOnce(call, cluster, change);
  cluster.provisioningState = "InProgress";
  cluster.clusterStatus = "Provisioning";
  return begin(call, {
    database: cluster,
    verb: "create",
    duration: DURATIONS.create,
    apply: () => (change.encryption ? takeKey(call.world, cluster, change.encryption, undefined) : undefined),
    settle: (failed) => {
      // "The failed cluster has clusterStatus property set to Failed" (how-to-database-encryption-troubleshoot).
      if (failed) Object.assign(cluster, { provisioningState: "Failed", clusterStatus: "Failed" });
      else settle(call.world, cluster);
    },
  });
}
