/** Clusters: Microsoft.DocumentDB/mongoClusters. They have no status of their key, only of themselves. */
import type { TargetRules } from "./rules.ts";

/** Statuses that say nothing of the key: @azure/arm-mongocluster MongoClusterStatus. */
const BUSY = new Set(["provisioning", "updating", "starting", "stopping", "stopped", "dropping"]);

export const cluster: TargetRules = {
  // Microsoft Learn, "Data encryption at rest in vCore", Permissions: access policies need list too.
  operations: ["read", "wrap", "unwrap", "list"],
  mayPinVersion: true,
  verdict: ({ service }) => {
    if (service.healthy !== null) return service.healthy ? "healthy" : "lost";
    return service.clusterStatus === null || BUSY.has(service.clusterStatus.toLowerCase()) ? "silent" : "unclear";
  },
  isBeingCreated: ({ clusterStatus }) => clusterStatus?.toLowerCase() === "provisioning",
};
