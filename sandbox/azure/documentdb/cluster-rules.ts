/**
 * What an update of a cluster may say. Sources: Azure Cosmos DB for MongoDB vCore, how-to-data-encryption and
 * how-to-database-encryption-troubleshoot; swagger Microsoft.DocumentDB/mongoClusters 2026-06-01; no refusal of this kind was
 * recorded, so codes and most texts are the sandbox's own.
 */
import { isObject, objectAt } from "../json.ts";
import { same } from "../routes.ts";
import type { Call } from "../routes.ts";
import type { Cluster, Json, JsonObject } from "../world.ts";
import { textsAt } from "./account-rules.ts";
import { CLUSTER_PROPERTIES, CLUSTER_TYPE } from "./cluster-body.ts";
import { clusterError } from "./errors.ts";
import { attached, readIdentity, requireAttachable } from "./identity.ts";
import type { IdentityRequest } from "./identity.ts";
import { isClusterKeyUrl } from "./key-path.ts";
import { flagSwitch } from "./switches.ts";

export type Encryption = { identityId: string; keyUrl: string };

/** A member that is not there is not changed. */
export type ClusterChange = { identity?: IdentityRequest; encryption?: Encryption; tags?: Record<string, string>; plain: JsonObject };

export function requireIdleCluster(cluster: Cluster): void {
  if (cluster.operation === undefined) return;
  throw clusterError(409, "operation_in_progress", `Another operation is in progress on the cluster '${cluster.name}'.`);
}

export function readClusterChange(call: Call, cluster: Cluster): ClusterChange {
  const { body } = call;
  if (!isObject(body)) throw clusterError(400, "bad_request", "The request body is not a JSON object.");
  const properties = objectAt(body["properties"]);
  const change: ClusterChange = { plain: {} };
  if (isSent(body["identity"])) change.identity = readClusterIdentity(body["identity"], cluster);
  if (isObject(body["tags"])) change.tags = textsAt(body["tags"]);
  if (isSent(properties["encryption"])) change.encryption = readEncryption(properties["encryption"]);
  for (const name of CLUSTER_PROPERTIES) {
    const value = properties[name];
    if (isSent(value)) change.plain[name] = withoutPassword(value);
  }
  return change;
}

const isSent = (value: Json | undefined): value is Exclude<Json, null> => value !== undefined && value !== null;

/** Never given back. */
function withoutPassword(value: Json): Json {
  if (!isObject(value) || !("password" in value)) return value;
  const { password: _, ...rest } = value;
  return rest;
}

/** The swagger has four types; the service takes None and UserAssigned (azure-rest-api-specs issue 38575). */
function readClusterIdentity(body: Json, cluster: Cluster): IdentityRequest {
  const request = readIdentity(body, cluster.identity);
  if (request && !request.system) return request;
  throw clusterError(400, "invalid_identity", "Only user-assigned managed identities are supported.");
}

function readEncryption(body: Json): Encryption {
  const inner = objectAt(objectAt(body)["customerManagedKeyEncryption"]);
  const { identityType, userAssignedIdentityResourceId: identityId } = objectAt(inner["keyEncryptionKeyIdentity"]);
  const keyUrl = inner["keyEncryptionKeyUrl"];
  if (typeof identityId !== "string" || typeof keyUrl !== "string") throw needsBoth();
  if (identityType !== "UserAssignedIdentity") {
    throw clusterError(400, "invalid_identity", "The identityType must be UserAssignedIdentity.");
  }
  if (!isClusterKeyUrl(keyUrl)) throw clusterError(400, "invalid_key_url", `The key encryption key URL '${keyUrl}' is not valid.`);
  return { identityId, keyUrl };
}

/** "Whether you want to only change the identity, or only the key, or both, you're required to provide both" (how-to-data-encryption). */
const needsBoth = (): Error =>
  clusterError(400, "bad_request", "User assigned identity and keyvault key need to be provided together. Please provide both.");

export function requireClusterRules(call: Call, cluster: Cluster, change: ClusterChange): void {
  const { world } = call;
  const { identity, encryption } = change;
  if (identity) {
    if (cluster.identity.type === "None" && identity.add.length > 0 && !flagSwitch(world, "documentdb.clusterTakesFirstIdentity")) {
      // Seen: azure-rest-api-specs issue 38811.
      throw clusterError(500, "internal_server_error", "Internal server error.");
    }
    requireAttachable(call, cluster, identity, CLUSTER_TYPE);
  }
  if (!encryption) return;
  if (!identity) throw needsBoth();
  if (cluster.keyEncryptionKeyUrl === undefined) {
    // "The only point at which you can decide ... is at cluster creation" (how-to-data-encryption).
    throw clusterError(
      400,
      "bad_request",
      "The data encryption of a cluster can't change between service-managed and customer-managed keys.",
    );
  }
  requireAttached(cluster, identity, encryption);
  // "Only when the cluster is back to Ready state you can ... update the cluster so that it refers to that new version of the same key or to the new key."
  if (!same(encryption.keyUrl, cluster.keyEncryptionKeyUrl) && cluster.clusterStatus !== "Ready") {
    throw clusterError(409, "cluster_not_ready", `The key can't be changed while the cluster is ${cluster.clusterStatus}.`);
  }
}

export function requireAttached(cluster: Cluster, request: IdentityRequest | undefined, { identityId }: Encryption): void {
  const removed = request?.user === false || (request?.remove.some((r) => same(r, identityId)) ?? false);
  const added = request?.add.some((a) => same(a, identityId)) ?? false;
  if (added || (!removed && attached(cluster.identity, identityId))) return;
  throw clusterError(400, "invalid_identity", `The identity '${identityId}' is not assigned to the cluster.`);
}
