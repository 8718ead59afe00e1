/** Finds clusters by the address of a request, and says it in ARM's words where there is none. Any casing will do. */
import { resourceNotFound } from "../arm/not-found.ts";
import type { Call } from "../routes.ts";
import type { Cluster } from "../world.ts";
import { requireGroup } from "./account-find.ts";
import { CLUSTER_TYPE } from "./cluster-body.ts";

export function findCluster(call: Call): Cluster | undefined {
  const id = `${requireGroup(call)}/providers/${CLUSTER_TYPE}/${call.params["mongoClusterName"]}`;
  return call.world.clusters.get(id.toLowerCase());
}

export function requireCluster(call: Call): Cluster {
  const cluster = findCluster(call);
  if (cluster) return cluster;
  throw resourceNotFound(CLUSTER_TYPE, call.params["mongoClusterName"]!, call.params["resourceGroupName"]!);
}
