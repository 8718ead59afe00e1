/** Changes a cluster, by PATCHes that hold all it encrypts with (domain/databases/database-change.ts). */
import type { MongoCluster } from "@azure/arm-mongocluster";
import { sameId } from "../domain/arm-id.ts";
import { type ClusterEncryption, type DatabaseChange, detachFromCluster, setEncryption } from "../domain/databases/database-change.ts";
import type { Clients, Sides } from "./clients.ts";
import { patchDatabase } from "./patch-database.ts";
import { parseResourcePath } from "./resource-path.ts";
import { done, refused } from "./step-result.ts";
import type { StepResult, Writes } from "./step-result.ts";

type ClusterSteps = "DetachIdentity" | "SetClusterEncryption";

/** Permission: Microsoft.DocumentDB/mongoClusters/write; to attach, also Microsoft.ManagedIdentity/userAssignedIdentities/assign/action. */
export function createClusterWrites({ reads, writes }: Sides<"clusters" | "identities", "arm">): Writes<ClusterSteps> {
  const read = (id: string): Promise<MongoCluster> => {
    const { subscriptionId, resourceGroup, name } = parseResourcePath(id);
    return reads.clusters(subscriptionId).mongoClusters.get(resourceGroup, name);
  };
  const patch = (id: string, change: DatabaseChange): Promise<StepResult> => patchDatabase(writes, "cluster", id, change);

  return {
    DetachIdentity: async ({ targetId, identityId }) => {
      const cluster = await read(targetId);
      const attached = attachedId(cluster, identityId);
      if (attached === undefined) return done(`${identityId} is not attached`);
      const used = encryptionOf(cluster);
      if (used === undefined) return refused("Conflict", "NoCustomerManagedKey", "the cluster names no identity and key that would stay");
      if (sameId(used.identityId, identityId)) {
        return refused("Conflict", "StillTheDefault", "the cluster still uses this identity: detaching it would cut the cluster off");
      }
      return patch(targetId, detachFromCluster(attached, used));
    },

    SetClusterEncryption: async ({ targetId, identityId, keyUrl }) => {
      await readIdentity(reads, identityId);
      const cluster = await read(targetId);
      const current = encryptionOf(cluster);
      const isSame = current?.keyUrl === keyUrl && sameId(current.identityId, identityId);
      if (isSame && attachedId(cluster, identityId) !== undefined) return done("the cluster uses this identity and key already");
      return patch(targetId, setEncryption({ identityId, keyUrl }));
    },
  };
}

/** Throws where the identity is missing: attaching it would be refused as a missing permission is. */
async function readIdentity(clients: Pick<Clients, "identities">, identityId: string): Promise<void> {
  const { subscriptionId, resourceGroup, name } = parseResourcePath(identityId);
  await clients.identities(subscriptionId).userAssignedIdentities.get(resourceGroup, name);
}

function encryptionOf({ properties }: MongoCluster): ClusterEncryption | undefined {
  const found = properties?.encryption?.customerManagedKeyEncryption;
  const identityId = found?.keyEncryptionKeyIdentity?.userAssignedIdentityResourceId;
  return identityId && found?.keyEncryptionKeyUrl ? { identityId, keyUrl: found.keyEncryptionKeyUrl } : undefined;
}

const attachedId = (cluster: MongoCluster, identityId: string): string | undefined =>
  Object.keys(cluster.identity?.userAssignedIdentities ?? {}).find((id) => sameId(id, identityId));
