/** Reads one account or cluster as facts. What the service says of its key access is passed on as it says it, trimmed. */
import type { DatabaseAccountGetResults } from "@azure/arm-cosmosdb";
import type { MongoCluster } from "@azure/arm-mongocluster";
import { wholeId } from "../domain/arm-id.ts";
import { parseDefaultIdentity } from "../domain/databases/default-identity.ts";
import type { MissingTarget, ServiceStatus, TargetFacts, TargetKind } from "../domain/facts.ts";
import { parseKeyUri } from "../domain/key-uri.ts";
import { actions } from "../domain/steps/spec.ts";
import { DAY, HOUR } from "../domain/time.ts";
import { callAzure, toUnreadable } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";

export type ReadTarget = (kind: TargetKind, id: string) => Promise<TargetFacts | MissingTarget>;

/** Permission. */
export const READ_DATABASE = actions("Microsoft.DocumentDB/databaseAccounts/read", "Microsoft.DocumentDB/mongoClusters/read");

export function createReadTarget(clients: Pick<Clients, "accounts" | "clusters">): ReadTarget {
  return async (kind, id) => {
    const { subscriptionId, resourceGroup, name } = parseResourcePath(id);
    const read = await callAzure(`read ${kind}`, id, async () =>
      kind === "account"
        ? accountFacts(id, await clients.accounts(subscriptionId).databaseAccounts.get(resourceGroup, name))
        : clusterFacts(id, await clients.clusters(subscriptionId).mongoClusters.get(resourceGroup, name)),
    );
    if (read.ok) return read.value;
    return read.failure.kind === "notFound" ? { kind, id, state: "gone" } : { kind, id, ...toUnreadable(read.failure) };
  };
}

export function accountFacts(id: string, account: DatabaseAccountGetResults): TargetFacts {
  return {
    ...resourceFacts(id, account),
    kind: "account",
    keyUri: account.keyVaultKeyUri || null,
    versionInUse: account.keyVaultKeyUriVersion || null,
    defaultIdentity: parseDefaultIdentity(account.defaultIdentity),
    service: accountStatus(account),
    backupsReachMs: backupsReachMs(account.backupPolicy),
    restoredFrom: account.createMode === "Restore" ? (account.restoreParameters?.restoreSource ?? "an account that is not named") : null,
  };
}

/** Where no tier is told: "any point in time within the past 30 days" (Microsoft Learn, "Configure customer-managed keys", continuous backups). */
const CONTINUOUS: Readonly<Record<string, number>> = { Continuous7Days: 7 * DAY, Continuous30Days: 30 * DAY };

/** Policies: swagger of Microsoft.DocumentDB 2024-11-15, PeriodicModeProperties and ContinuousTier. */
function backupsReachMs(policy: DatabaseAccountGetResults["backupPolicy"]): number | null {
  if (policy && "periodicModeProperties" in policy && policy.periodicModeProperties?.backupRetentionIntervalInHours)
    return policy.periodicModeProperties.backupRetentionIntervalInHours * HOUR;
  if (policy?.type !== "Continuous") return null;
  const tier = "continuousModeProperties" in policy ? policy.continuousModeProperties?.tier : undefined;
  return tier === undefined ? CONTINUOUS["Continuous30Days"]! : (CONTINUOUS[tier] ?? null);
}

export function clusterFacts(id: string, cluster: MongoCluster): TargetFacts {
  const encryption = cluster.properties?.encryption?.customerManagedKeyEncryption;
  const identityId = encryption?.keyEncryptionKeyIdentity?.userAssignedIdentityResourceId;
  const keyUri = encryption?.keyEncryptionKeyUrl || null;
  return {
    ...resourceFacts(id, cluster),
    kind: "cluster",
    keyUri,
    versionInUse: keyUri === null ? null : parseKeyUri(keyUri).version,
    defaultIdentity: identityId ? { form: "user", id: wholeId(identityId), federatedClientId: null } : { form: "undefined" },
    service: clusterStatus(cluster),
    restoredFrom: null, // not kept: createMode is not returned by GET. Azure/azure-rest-api-specs issue 31266
  };
}

type Resource = Pick<DatabaseAccountGetResults | MongoCluster, "id" | "name" | "location" | "tags" | "identity" | "systemData">;

function resourceFacts(id: string, resource: Resource) {
  const path = parseResourcePath(resource.id ?? id);
  return {
    id: resource.id ?? id,
    name: resource.name ?? path.name,
    resourceGroup: path.resourceGroup,
    location: resource.location ?? "",
    tags: resource.tags ?? {},
    changedOn: (resource.systemData?.lastModifiedAt ?? resource.systemData?.createdAt)?.toISOString() ?? null,
    ...identityFacts(resource.identity ?? { type: "None" }),
  };
}

function identityFacts(identity: NonNullable<Resource["identity"]>) {
  return {
    identityType: identity.type ?? "None",
    systemPrincipalId: identity.principalId ?? null,
    attached: Object.entries(identity.userAssignedIdentities ?? {}).map(([id, principal]) => ({
      id: wholeId(id),
      // Empty until the operation that attached it is done. Recorded: Azure/azure-cli test_cosmosdb_managed_service_identity.yaml
      principalId: principal?.principalId ?? null,
      clientId: principal?.clientId ?? null,
    })),
    tenantId: identity.tenantId ?? null,
  };
}

function accountStatus(account: DatabaseAccountGetResults): ServiceStatus {
  const text = account.customerManagedKeyStatus?.trim() || null;
  return {
    ...readStatusText(text ?? ""),
    text,
    clusterStatus: null,
    provisioningState: account.provisioningState ?? null,
  };
}

/** The texts: swagger of Microsoft.DocumentDB 2023-09-15, CustomerManagedKeyStatus. The healthy one ends in a space on the wire. */
function readStatusText(text: string): Pick<ServiceStatus, "healthy" | "code"> {
  const code = /\((\d{4})\)\.?$/.exec(text)?.[1];
  // The whole of it: what more it may say some day is a word that nobody knows.
  if (/^Access to the configured customer managed key confirmed\.?$/.test(text)) return { healthy: true, code: null };
  if (code !== undefined) return { healthy: false, code: Number(code) };
  return { healthy: text.startsWith("Access to your account is currently revoked") ? false : null, code: null };
}

/** `Inaccessible` and `Failed` stand in the guide, not in the specification. MicrosoftDocs/azure-databases-docs documentdb/how-to-database-encryption-troubleshoot.md */
function clusterStatus(cluster: MongoCluster): ServiceStatus {
  const status: string | null = cluster.properties?.clusterStatus?.trim() || null;
  const word = status?.toLowerCase();
  return {
    healthy: word === "ready" ? true : word === "inaccessible" || word === "failed" ? false : null,
    code: null,
    text: null,
    clusterStatus: status,
    provisioningState: cluster.properties?.provisioningState ?? null,
  };
}
