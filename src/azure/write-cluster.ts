/** Changes a cluster by PATCH. Identity and key go together: the guide wants all encryption parameters, even to change one of them. */
import type { MongoCluster } from "@azure/arm-mongocluster";
import { sameId } from "../domain/arm-id.ts";
import { ARM_ENDPOINT } from "./arm.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";
import { done, fromAnswer, refused } from "./step-result.ts";
import type { StepResult, Writes } from "./step-result.ts";

const CLUSTER_API = "api-version=2026-06-01";

type ClusterSteps = "AttachIdentity" | "DetachIdentity" | "SetClusterEncryption";

/** Permission: Microsoft.DocumentDB/mongoClusters/write; to attach, also Microsoft.ManagedIdentity/userAssignedIdentities/assign/action. */
export function createClusterWrites(clients: Pick<Clients, "clusters" | "identities" | "arm">): Writes<ClusterSteps> {
  const read = (id: string): Promise<MongoCluster> => {
    const { subscriptionId, resourceGroup, name } = parseResourcePath(id);
    return clients.clusters(subscriptionId).mongoClusters.get(resourceGroup, name);
  };
  const patch = async (id: string, body: unknown): Promise<StepResult> => {
    const url = `${ARM_ENDPOINT}${id}?${CLUSTER_API}`;
    return fromAnswer(await clients.arm.send("PATCH", url, body), url, "the cluster took it at once");
  };

  return {
    AttachIdentity: async ({ targetId, identityId }) => {
      await readIdentity(clients, identityId);
      if (attachedId(await read(targetId), identityId) !== undefined) return done(`${identityId} is attached already`);
      return patch(targetId, { identity: { type: "UserAssigned", userAssignedIdentities: { [identityId]: {} } } });
    },

    DetachIdentity: async ({ targetId, identityId }) => {
      const cluster = await read(targetId);
      const attached = attachedId(cluster, identityId);
      if (attached === undefined) return done(`${identityId} is not attached`);
      const used = encryptionOf(cluster)?.keyEncryptionKeyIdentity?.userAssignedIdentityResourceId;
      if (used !== undefined && sameId(used, identityId)) {
        return refused("Conflict", "StillTheDefault", "the cluster still uses this identity: detaching it would cut the cluster off");
      }
      return patch(targetId, { identity: { type: "UserAssigned", userAssignedIdentities: { [attached]: null } } });
    },

    SetClusterEncryption: async ({ targetId, identityId, keyUrl }) => {
      await readIdentity(clients, identityId);
      const cluster = await read(targetId);
      const current = encryptionOf(cluster);
      const used = current?.keyEncryptionKeyIdentity?.userAssignedIdentityResourceId ?? "";
      if (current?.keyEncryptionKeyUrl === keyUrl && sameId(used, identityId) && attachedId(cluster, identityId) !== undefined) {
        return done("the cluster uses this identity and key already");
      }
      return patch(targetId, {
        identity: { type: "UserAssigned", userAssignedIdentities: { [identityId]: {} } },
        properties: {
          encryption: {
            customerManagedKeyEncryption: {
              keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: identityId },
              keyEncryptionKeyUrl: keyUrl,
            },
          },
        },
      });
    },
  };
}

/** Throws where the identity is missing: attaching it would be refused as a missing permission is. */
async function readIdentity(clients: Pick<Clients, "identities">, identityId: string): Promise<void> {
  const { subscriptionId, resourceGroup, name } = parseResourcePath(identityId);
  await clients.identities(subscriptionId).userAssignedIdentities.get(resourceGroup, name);
}

const encryptionOf = (cluster: MongoCluster) => cluster.properties?.encryption?.customerManagedKeyEncryption;

const attachedId = (cluster: MongoCluster, identityId: string): string | undefined =>
  Object.keys(cluster.identity?.userAssignedIdentities ?? {}).find((id) => sameId(id, identityId));
