/** A new cluster as the service would first show it, registered in the world. */
import type { Cluster, JsonObject, World } from "../world.ts";
import { newCheck, stampNow } from "./account-new.ts";
import { CLUSTER_TYPE } from "./cluster-body.ts";
import { regionCode } from "./regions.ts";

type NewCluster = {
  name: string;
  groupId: string;
  location: string;
  createdBy: string;
  tags?: Record<string, string>;
  properties?: JsonObject;
  phaseMs?: number;
};

export function newCluster(world: World, spec: NewCluster): Cluster {
  const at = stampNow(world);
  const cluster: Cluster = {
    id: `${spec.groupId}/providers/${CLUSTER_TYPE}/${spec.name}`,
    name: spec.name,
    location: regionCode(spec.location),
    tags: { ...spec.tags },
    systemData: {
      createdBy: spec.createdBy,
      createdByType: "Application",
      createdAt: at,
      lastModifiedBy: spec.createdBy,
      lastModifiedByType: "Application",
      lastModifiedAt: at,
    },
    properties: {
      administrator: { userName: "mongoAdmin" },
      authConfig: { allowedModes: ["NativeAuth"] },
      serverVersion: "8.0",
      compute: { tier: "M40" },
      sharding: { shardCount: 1 },
      highAvailability: { targetMode: "ZoneRedundantPreferred" },
      backup: { earliestRestoreTime: `${world.clock.iso().slice(0, 19)}Z` },
      previewFeatures: [],
      infrastructureVersion: "2.0",
      replica: { role: "Primary" },
      dataApi: { mode: "Disabled" },
      storage: { sizeGb: 32, type: "PremiumSSD" },
      privateEndpointConnections: [],
      publicNetworkAccess: "Enabled",
      ...spec.properties,
    },
    identity: { type: "None", userAssigned: new Map() },
    keyEncryptionKeyUrl: undefined,
    keyEncryptionIdentityId: undefined,
    versionInUse: undefined,
    provisioningState: "Succeeded",
    clusterStatus: "Ready",
    check: newCheck(world, spec.phaseMs),
    operation: undefined,
  };
  world.clusters.set(cluster.id.toLowerCase(), cluster);
  return cluster;
}
