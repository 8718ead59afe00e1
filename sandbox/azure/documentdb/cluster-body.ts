/**
 * What a cluster's GET shows: pretty-printed, in the order of the wire as recorded at the previews of 2024 (azure-cli-extensions
 * test_cosmosdb_mongocluster_crud.yaml, test_cosmosdb_mongocluster_firewall.yaml) with the properties of the swagger 2026-06-01.
 */
import type { Reply } from "../routes.ts";
import type { Cluster, Json, JsonObject } from "../world.ts";

export const CLUSTER_TYPE = "Microsoft.DocumentDB/mongoClusters";

/** Properties that a PUT or PATCH may set and that are kept as sent. */
export const CLUSTER_PROPERTIES = [
  "administrator",
  "authConfig",
  "serverVersion",
  "compute",
  "sharding",
  "highAvailability",
  "previewFeatures",
  "dataApi",
  "storage",
  "publicNetworkAccess",
  "networkBypassMode",
] as const;

const ORDER = `
  provisioningState clusterStatus administrator authConfig serverVersion compute sharding highAvailability backup previewFeatures
  infrastructureVersion connectionString replica dataApi storage privateEndpointConnections publicNetworkAccess encryption
  networkBypassMode
`
  .trim()
  .split(/\s+/);

/** createMode is in no answer (azure-rest-api-specs issue 31266), nor is there an identity block without an identity. */
export function clusterBody(cluster: Cluster): JsonObject {
  const settled = cluster.provisioningState !== "InProgress";
  const all: JsonObject = {
    ...cluster.properties,
    provisioningState: cluster.provisioningState,
    clusterStatus: cluster.clusterStatus,
    connectionString: settled ? `mongodb+srv://<user>:<password>@${cluster.name}.mongocluster.cosmos.azure.com` : undefined,
    backup: settled ? cluster.properties["backup"] : undefined,
    encryption: encryptionBody(cluster),
  };
  const users: JsonObject = {};
  for (const [id, v] of cluster.identity.userAssigned) users[id] = { principalId: v.principalId, clientId: v.clientId };
  return {
    id: cluster.id,
    name: cluster.name,
    type: CLUSTER_TYPE,
    tags: { ...cluster.tags },
    location: cluster.location,
    systemData: { ...cluster.systemData },
    properties: Object.fromEntries(ORDER.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]))),
    ...(cluster.identity.type === "None" ? {} : { identity: { type: cluster.identity.type, userAssignedIdentities: users } }),
  };
}

function encryptionBody(cluster: Cluster): JsonObject | undefined {
  if (cluster.keyEncryptionKeyUrl === undefined) return undefined;
  return {
    customerManagedKeyEncryption: {
      keyEncryptionKeyIdentity: {
        identityType: "UserAssignedIdentity",
        userAssignedIdentityResourceId: cluster.keyEncryptionIdentityId,
      },
      keyEncryptionKeyUrl: cluster.keyEncryptionKeyUrl,
    },
  };
}

const HEADERS = { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" };

export function pretty(status: number, body: JsonObject, headers: Record<string, string> = {}): Reply {
  return { status, headers: { ...HEADERS, ...headers }, text: print(body, "") };
}

/** Two spaces, `\n`; empty arrays are `[\n\n    ]`, empty objects `{\n  }`. */
function print(value: Json, indent: string): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return value.length === 0 ? `[\n\n${indent}]` : `[\n${value.map((v) => deeper + print(v, deeper)).join(",\n")}\n${indent}]`;
  }
  const members = Object.entries(value).flatMap(([k, v]) =>
    v === undefined ? [] : [`${deeper}${JSON.stringify(k)}: ${print(v, deeper)}`],
  );
  return members.length === 0 ? `{\n${indent}}` : `{\n${members.join(",\n")}\n${indent}}`;
}
