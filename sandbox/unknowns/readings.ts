/**
 * What the documentation of Azure leaves open, and how else it could be than the sandbox has it: other values of its switches, each with
 * the public source of the doubt. A switch that is no doubt says why.
 */
import type { Switches } from "../azure/world.ts";

export type Reading = {
  /** Of the switch and its value; or of several that go together. */
  name: string;
  /** What is not known, as a question. */
  question: string;
  source: string;
  switches: Switches;
  /** Reasons that an escalation may truly name under it, besides those of the story. */
  reasons?: readonly string[];
  /** Steps of a story that a success may do without under it. */
  spares?: readonly string[];
  /** Under it a step of the repair takes something away, which is put back by one write more: what was only at risk is lost meanwhile. */
  detour?: boolean;
};

/** What a play under a reading may come to, beside what it comes to as documented. */
export type Allowed = Pick<Reading, "reasons" | "spares" | "detour">;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const ACCOUNT_GUIDE =
  "Microsoft Learn, Troubleshooting Revocation Scenarios for your Customer-Managed Keys Configured Azure Cosmos DB account";
const VCORE_GUIDE = "Microsoft Learn, Troubleshoot data encryption with customer-managed key in vCore";
const VCORE = "Microsoft Learn, Data encryption at rest in vCore";
const CODES = "enum CustomerManagedKeyStatus of the swagger Microsoft.DocumentDB 2023-09-15, beside the account guide";
const RBAC = "Microsoft Learn, Troubleshoot Azure RBAC";
const SOFT_DELETE = "Microsoft Learn, Azure Key Vault soft-delete overview";
const KV_REST = "Microsoft Learn, Azure Key Vault REST API error codes";
const GRAPH = "Microsoft Learn, Overview of Azure Resource Graph";

type Doubt = Pick<Reading, "question" | "source"> & { others: readonly Switches[string][] } & Allowed;

/** By switch. */
const doubts: Record<string, Doubt> = {
  "documentdb.disabledOrExpiredCode": { question: "an account's code for a disabled or expired key", source: CODES, others: [4002] },
  "documentdb.notYetValidCode": { question: "an account's code for a key before its nbf", source: CODES, others: [4002] },
  "documentdb.oldVersionCode": {
    question: "an account's code when only the version in use is out of reach",
    source: `${CODES}; 4012 in Azure/azure-sdk-for-rust, cosmos_status.rs`,
    others: [4012],
  },
  "documentdb.operationNotAllowedCode": {
    question: "an account's code for a key without wrapKey or unwrapKey",
    source: CODES,
    others: [4002],
  },
  "documentdb.keyNotFoundCode": { question: "an account's code for a deleted key", source: CODES, others: [4005] },
  "documentdb.vaultNotFoundCode": { question: "an account's code for a deleted vault", source: CODES, others: [4009, 4005] },
  "documentdb.firewallCode": { question: "an account's code when the vault's firewall refuses", source: CODES, others: [4016] },
  "documentdb.versionRolloverMs": {
    question: "how old a key version is before the service moves to it",
    source: "Microsoft Learn, Configure customer-managed keys (within 24 hours); Microsoft support page (within one hour)",
    others: [24 * HOUR],
  },
  "documentdb.borrowedIdentityMs": {
    question: "how long a restored account lives on the identity of a source that is gone",
    source: "Microsoft Learn, Configure customer-managed keys (the identity's renew time; no figure)",
    others: [HOUR],
  },
  "documentdb.codelessStatus": {
    question: "whether a revoked account shows a code at all",
    source: CODES,
    others: [true],
    // Where the code alone tells what only the service sees, all looks whole that it does not take notice of.
    reasons: ["NotRevalidated"],
  },
  "documentdb.identityResetsDefault": {
    question: "whether any update of an account's identities leaves its default identity undefined",
    source: "hashicorp/terraform-provider-azurerm, cosmosdb_account",
    others: [true],
    // Detaching what is stale would take the new default away again; attaching a new one takes the old one away.
    spares: ["DetachIdentity"],
    detour: true,
  },
  "documentdb.keyUriWhileRevoked": {
    question: "whether a revoked account takes a new key URI",
    source: ACCOUNT_GUIDE,
    others: [true],
  },
  "documentdb.readsIdsWithoutSlash": {
    question: "whether a default identity's id without its first slash means that identity",
    source: "Microsoft Learn, Configure customer-managed keys for existing accounts (its sample)",
    others: [false],
  },
  "documentdb.tagsApiWhileRevoked": {
    question: "whether a revoked account takes tags by Microsoft.Resources/tags",
    source: ACCOUNT_GUIDE,
    others: [true],
  },
  "documentdb.defaultIdentityRevalidates": {
    question: "whether setting the default identity checks the key at once",
    source: "Azure/SelfHelpContent, cosmosdb-security-managedkeys.md (checks are throttled to one an hour)",
    others: [true],
  },
  "documentdb.clusterTakesFirstIdentity": {
    question: "whether a cluster made without an identity takes one",
    source: "Azure/azure-rest-api-specs issue 38811",
    others: [true],
  },
  "documentdb.operationsAskForRead": {
    question: "whether following a change of a database takes a right of its own",
    source: "Microsoft Learn, Azure permissions for databases (lists the actions, not whether a signed address asks for them)",
    others: [true],
  },
  "documentdb.identityWithDefault": {
    question: "what becomes of identity and default identity in one update",
    source: "hashicorp/terraform-provider-azurerm, cosmosdb_account (Azure bug 2209567)",
    others: ["applied"],
  },
  "documentdb.clusterLostStatus": {
    question: "the clusterStatus of a cluster that lost its key",
    source: `${VCORE_GUIDE}: Inaccessible and Failed, neither in the specification of 2026-06-01`,
    // Failed is said of clusters that were never provisioned; the second is a word that nobody has seen.
    others: ["Failed", "KeyAccessLost"],
    reasons: ["Unreadable", "ProvisioningFailed", "NotRevalidated"],
  },
  "documentdb.clusterUpdateChecksKey": {
    question: "when a cluster's creation or update tries the key before it succeeds",
    source: VCORE,
    others: ["never", "always"],
  },
  "documentdb.clusterStartTime": {
    question: "the form of startTime in a cluster's operation",
    source: "Azure/azure-cli-extensions, test_cosmosdb_mongocluster_crud.yaml, beside the common types of azure-rest-api-specs",
    others: ["recorded"],
  },
  "keyvault.emptyListPages": {
    question: "whether lists of vaults hold empty pages",
    source: "recorded: cloud-custodian, KeyVaultKeyTest.test_key_vault_keys_rotation.json",
    others: [false],
  },
  "keyvault.registersDnsForMs": {
    question: "how long a new or recovered vault says RegisteringDns",
    source: "recorded: Azure/azure-cli, test_keyvault_network_rule.yaml",
    others: [5 * MINUTE],
  },
  "keyvault.patchNetworkAcls": {
    question: "whether PATCH of a vault's networkAcls keeps what it leaves out",
    source: "swagger Microsoft.KeyVault 2026-02-01, VaultPatchProperties",
    others: ["merge"],
  },
  "keyvault.armKeysAskDataPlane": {
    question: "whether keys through ARM are refused where the data plane denies the caller",
    source: "Azure/bicep issue 6539",
    others: [true],
    reasons: ["Unreadable"],
  },
  "keyvault.policyDenialCode": { question: "inner code of an access policy's denial", source: KV_REST, others: ["ForbiddenByPolicy"] },
  "keyvault.publicAccessDenialCode": {
    question: "inner code where a vault's public access is off",
    source: KV_REST,
    others: ["ForbiddenByConnection"],
  },
  "keyvault.expiredDenialCode": { question: "inner code of wrap with an expired key", source: KV_REST, others: ["Forbidden"] },
  "keyvault.notYetValidDenialCode": { question: "inner code of wrap with a key before its nbf", source: KV_REST, others: ["Forbidden"] },
  "keyvault.deletedKeyVisibleAfterMs": {
    question: "how long a deleted key is nowhere",
    source: "recorded: Azure/azure-sdk-for-js, keys_client create_read_update_and_delete (14 s)",
    others: [5 * MINUTE],
  },
  "keyvault.recoveredKeyReadableAfterMs": {
    question: "how long a recovered key can't be read yet",
    source: "recorded: Azure/azure-cli, test_keyvault_key_delete.yaml (7 s)",
    others: [5 * MINUTE],
  },
  "keyvault.softDeletedVaultLooks": {
    question: "what the database service makes of a vault that is soft-deleted",
    source: SOFT_DELETE,
    others: ["DnsNotResolved"],
  },
  "keyvault.eventsOnlyForNewVersions": {
    question: "whether expiry events come for versions older than the subscription",
    source: "Microsoft Learn, Monitoring Key Vault with Azure Event Grid (warning)",
    others: [false],
  },
  "keyvault.eventTimesAs": {
    question: "whether NBF and EXP in events are numbers or texts",
    source: "Microsoft Learn, Azure Key Vault as Event Grid source (table and sample differ)",
    others: ["string"],
  },
  "keyvault.rulesAskToJoinSubnets": {
    question: "whether who writes a vault with virtual network rules must be allowed to join their subnets",
    source: "Microsoft Learn, Configure access to Azure Cosmos DB from virtual networks (asks it of accounts)",
    others: [false],
  },
  rbacPropagationMaxSeconds: { question: "how long a role assignment takes to the data plane", source: RBAC, others: [0, 1800] },
  rbacManagementGroupMaxHours: { question: "the same for one above the subscription", source: RBAC, others: [24] },
  rbacRemovalPropagates: { question: "whether a removed assignment goes on being honoured", source: RBAC, others: [false] },
  rbacEmptyConditionHolds: {
    question: 'whether a role assignment with a condition of "" has none',
    source: "Microsoft Learn, Add Azure role assignment conditions using the REST API",
    others: [false],
  },
  rbacGrantsToUnknownPrincipal: {
    question: "whether a named principal type stands in for a principal that does not exist",
    source: RBAC,
    others: [true],
  },
  identityReplicationMaxSeconds: { question: "how long a new identity is unknown to RBAC", source: RBAC, others: [600] },
  graphLagMaxSeconds: { question: "how long Resource Graph shows the old state after a write", source: GRAPH, others: [600] },
  graphFullScanMinutes: { question: "how long it does after a change that is no write", source: GRAPH, others: [120] },
  activityLogLagMaxMinutes: {
    question: "how long an entry of the activity log takes",
    source: "Microsoft Learn, Azure Monitor activity log (usually 3 to 20 minutes)",
    others: [60],
  },
  auditLogLagMaxMinutes: {
    question: "how long a row of Key Vault's audit log takes",
    source: "Microsoft Learn, Azure Key Vault logging (at most ten minutes)",
    others: [60],
  },
  auditLogClaims: {
    question: "by which names that log has the caller's claims",
    source: "Microsoft Learn, Azure Key Vault logging; recorded otherwise: SEKOIA-IO/intake-formats Azure/azure-key-vault/tests",
    others: ["long"],
  },
  logTablesWithoutRows: {
    question: "whether a workspace has a table before its first row",
    source: "MicrosoftDocs/azure-docs issues 7738 and 51652",
    others: [false],
  },
  eventGridTopicFollowsMove: {
    question: "whether the system topic of a vault that is moved goes on with its events",
    source: "Microsoft Learn, Move Azure resources to a new resource group or subscription; System topics in Azure Event Grid",
    others: [true],
    spares: ["RestoreEventSubscription"],
  },
  eventGridHandlerAction: {
    question: "which right whoever makes an event subscription needs at its destination",
    source: "Microsoft Learn, Authorizing access to Event Grid resources",
    others: ["Microsoft.Web/sites/functions/write"],
    // The refusal is a 400, which names no permission but in its words.
    reasons: ["NotPermitted", "NotAccepted"],
  },
  supportKeyTopic: {
    question: "what support calls the topic of customer-managed keys, and whether it has one at all",
    source: "Azure/azure-rest-api-specs, support 2024-04-01 (lists them, and names none)",
    others: ["Encryption at rest", ""],
  },
  supportListsAskForRead: {
    question: "whether listing what support can be asked takes a right at the tenant",
    source: "Microsoft Learn, Azure Support REST API (prerequisites)",
    others: [true],
  },
};

/** Switches that stand for no doubt about Azure. */
export const noDoubts: Readonly<Record<string, string>> = {
  "arm.throttles": "how the sandbox counts",
  graphThrottles: "the same",
  "keyvault.clientAddress": "where callers sit",
  "keyvault.openManagedHsm": "which managed HSM there is",
  supportPlan: "which plan there is",
  activityLogPageSize: "any size must do",
  activityLogLagMinMinutes: "soonest is not the worst",
};

export const doubtful: readonly string[] = Object.keys(doubts);

const single = Object.entries(doubts).flatMap(([name, { others, ...doubt }]) =>
  others.map((value): Reading => ({ ...doubt, name: `${name} = ${value}`, switches: { [name]: value } })),
);

const codes = Object.entries(doubts).filter(([name]) => name.endsWith("Code") && name.startsWith("documentdb."));

/** Each alone, and the status codes together, as an older back end would have them. */
export const readings: readonly Reading[] = [
  ...single,
  {
    name: "all status codes",
    question: "all of an account's codes at once, as an older service would say them",
    source: CODES,
    switches: Object.fromEntries(codes.map(([name, { others }]) => [name, others[0]!])),
  },
];
