/** Addresses of `Microsoft.DocumentDB/mongoClusters` and of its operations. */
import { AzureError, isHere, subscriptionOf } from "../routes.ts";
import type { Call, Reply, Route } from "../routes.ts";
import { groupScope, requireGroup } from "./account-find.ts";
import { CLUSTER_TYPE, clusterBody, pretty } from "./cluster-body.ts";
import { requireCluster } from "./cluster-find.ts";
import { deleteCluster, patchCluster, putCluster } from "./cluster-write.ts";
import { clusterOperationHeaders, followed, operationOf } from "./operations.ts";
import type { Operation } from "./state.ts";
import { wordSwitch } from "./switches.ts";

const inSubscription = "/subscriptions/{subscriptionId}/providers/Microsoft.DocumentDB";
const inGroup = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${CLUSTER_TYPE}`;
const one = `${inGroup}/{mongoClusterName}`;
const read = `${CLUSTER_TYPE}/read`;
const write = `${CLUSTER_TYPE}/write`;
const remove = `${CLUSTER_TYPE}/delete`;

export const clusterRoutes: Route[] = [
  {
    method: "GET",
    pattern: `${inSubscription}/mongoClusters`,
    action: read,
    scopeOf: (call) => `/subscriptions/${call.params["subscriptionId"]}`,
    handle: (call) => pretty(200, { value: [...call.world.clusters.values()].filter(({ id }) => isHere(call, id)).map(clusterBody) }),
  },
  {
    method: "GET",
    pattern: inGroup,
    action: read,
    scopeOf: groupScope,
    handle: (call) => {
      const prefix = `${requireGroup(call)}/`.toLowerCase();
      const clusters = [...call.world.clusters.values()].filter((c) => c.id.toLowerCase().startsWith(prefix));
      return pretty(200, { value: clusters.map(clusterBody) });
    },
  },
  { method: "GET", pattern: one, action: read, handle: (call) => pretty(200, clusterBody(requireCluster(call))) },
  { method: "PUT", pattern: one, action: write, event: write, handle: putCluster },
  { method: "PATCH", pattern: one, action: write, event: write, handle: patchCluster },
  { method: "DELETE", pattern: one, action: remove, event: remove, handle: deleteCluster },
  followed(`${inSubscription}/locations/{location}/mongoClusterAzureAsyncOperation/{operationId}`, status),
  followed(`${inSubscription}/locations/{location}/mongoClusterOperationResults/{operationId}`, result),
];

const STATUS = { running: "InProgress", succeeded: "Succeeded", failed: "Failed" } as const;

/** Every poll carries both addresses again with fresh signatures. */
function status(call: Call): Reply {
  const operation = operationOf(call, "cluster");
  const body = {
    id: `/subscriptions/${subscriptionOf(call)}/providers/Microsoft.DocumentDB/locations/${operation.region}/mongoClusterAzureAsyncOperation/${operation.id}`,
    name: operation.id,
    status: STATUS[operation.state],
    startTime: startTime(call, operation),
    ...(operation.error ? { error: { ...operation.error } } : {}),
  };
  return pretty(200, body, clusterOperationHeaders(call, operation));
}

function startTime(call: Call, operation: Operation): string {
  const iso = new Date(operation.startedAt).toISOString();
  if (wordSwitch(call.world, "documentdb.clusterStartTime") === "date-time") return iso;
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} +0000`;
}

/** 202 while it runs; then the cluster (`final-state-via: location`), after a deletion an empty object (recorded). */
function result(call: Call): Reply {
  const operation = operationOf(call, "cluster");
  if (operation.state === "running") return { status: 202, headers: clusterOperationHeaders(call, operation) };
  if (operation.state === "failed") throw new AzureError(400, operation.error!.code, operation.error!.message);
  const cluster = call.world.clusters.get(operation.target);
  return pretty(200, cluster && operation.verb !== "delete" ? clusterBody(cluster) : {});
}
