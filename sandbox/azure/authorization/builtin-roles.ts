/**
 * The built-in roles that matter here, with ids and permissions as published.
 * Source: MicrosoftDocs/azure-docs articles/role-based-access-control/built-in-roles/{privileged,general,security,databases,identity,integration,storage}.md (2026-07).
 */
import type { RoleDefinitionState, World } from "../world.ts";

type Role = {
  description: string;
  actions?: string[];
  notActions?: string[];
  dataActions?: string[];
  notDataActions?: string[];
  condition?: string;
};

/** Ids by name. */
export const ROLE = {
  owner: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
  contributor: "b24988ac-6180-42a0-ab88-20f7382dd24c",
  reader: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
  userAccessAdministrator: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
  rbacAdministrator: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
  keyVaultAdministrator: "00482a5a-887f-4fb3-b363-3b7fe8e74483",
  keyVaultContributor: "f25e0fa2-a7c8-4377-a976-54943a77a395",
  keyVaultReader: "21090545-7ca7-4776-b22c-e363652d74d2",
  keyVaultCryptoOfficer: "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
  keyVaultCryptoUser: "12338af0-0e69-4776-bea7-57ae8d297424",
  keyVaultCryptoServiceEncryptionUser: "e147488a-f6f5-4113-8e2d-b22465e65bf6",
  keyVaultSecretsUser: "4633458b-17de-408a-b874-0445c86b69e6",
  keyVaultDataAccessAdministrator: "8b54135c-b56d-4d72-a534-26097cfdc8d8",
  managedIdentityContributor: "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
  managedIdentityOperator: "f1a07417-d97a-45cb-824c-7a7467783830",
  cosmosDbOperator: "230815da-be43-4aae-9cb4-875f7bd000aa",
  cosmosDbAccountReader: "fbdf93bf-df7d-467e-a4d2-9458aa1360c8",
  documentDbAccountContributor: "5bd9cd88-fe45-4216-938b-f97437e15450",
  eventGridContributor: "1e241071-0855-49ea-94dc-649edcd759de",
  eventGridSubscriptionContributor: "428e0ff0-5e57-4d9c-a221-2c70d0e0a443",
  locksContributor: "28bf596f-4eb7-45ce-b5bc-6cf482fec137",
  storageBlobDataOwner: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
} as const;

const READ_AUTHORIZATION = "Microsoft.Authorization/*/read";
const DEPLOY = "Microsoft.Resources/deployments/*";
const READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read";
const ALERT_RULES = "Microsoft.Insights/alertRules/*";
const SUPPORT = "Microsoft.Support/*";
const HEALTH = "Microsoft.ResourceHealth/availabilityStatuses/read";
const JOIN_SUBNET = "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action";
const BASICS = [READ_AUTHORIZATION, ALERT_RULES, DEPLOY, READ_GROUPS, SUPPORT];
const READ_VAULTS = [
  ...BASICS,
  "Microsoft.KeyVault/checkNameAvailability/read",
  "Microsoft.KeyVault/deletedVaults/read",
  "Microsoft.KeyVault/locations/*/read",
  "Microsoft.KeyVault/vaults/*/read",
  "Microsoft.KeyVault/operations/read",
];
const RBAC_ONLY = "Only works for key vaults that use the 'Azure role-based access control' permission model.";

const delegable =
  "{00482a5a-887f-4fb3-b363-3b7fe8e74483, a4417e6f-fecd-4de8-b567-7b0420556985, 14b46e9e-c2b7-41b4-b07b-48a6ebf60603, e147488a-f6f5-4113-8e2d-b22465e65bf6, 12338af0-0e69-4776-bea7-57ae8d297424, 21090545-7ca7-4776-b22c-e363652d74d2, b86a8fe4-44ce-4948-aee5-eccb2c155cd7, 4633458b-17de-408a-b874-0445c86b69e6}";
const vaultDelegation =
  `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals${delegable}))` +
  ` AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR (@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals${delegable}))`;

const key = (verb: string): string => `Microsoft.KeyVault/vaults/keys/${verb}`;
const cosmos = (part: string): string => `Microsoft.DocumentDB/databaseAccounts/${part}`;
const identity = (part: string): string => `Microsoft.ManagedIdentity/userAssignedIdentities/${part}`;

const OPERATOR_EXCEPT = [
  ...["copyJobs", "dataTransferJobs", "readonlyKeys", "regenerateKey", "listKeys", "listConnectionStrings"].map((p) => cosmos(`${p}/*`)),
  ...["sqlRoleDefinitions", "sqlRoleAssignments", "mongodbRoleDefinitions", "mongodbUserDefinitions"].flatMap(both),
  ...["table", "gremlin", "cassandra", "mongoMI"].flatMap((api) => [`${api}RoleAssignments`, `${api}RoleDefinitions`]).flatMap(both),
];

function both(part: string): string[] {
  return [cosmos(`${part}/write`), cosmos(`${part}/delete`)];
}

const ROLES: Record<string, Role & { id: string }> = {
  Owner: {
    id: ROLE.owner,
    description: "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
    actions: ["*"],
  },
  Contributor: {
    id: ROLE.contributor,
    description:
      "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.",
    actions: ["*"],
    notActions: [
      "Microsoft.Authorization/*/Delete",
      "Microsoft.Authorization/*/Write",
      "Microsoft.Authorization/elevateAccess/Action",
      "Microsoft.Blueprint/blueprintAssignments/write",
      "Microsoft.Blueprint/blueprintAssignments/delete",
      "Microsoft.Compute/galleries/share/action",
      "Microsoft.Purview/consents/write",
      "Microsoft.Purview/consents/delete",
      "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
      "Microsoft.Subscription/cancel/action",
      "Microsoft.Subscription/enable/action",
    ],
  },
  Reader: {
    id: ROLE.reader,
    description: "View all resources, but does not allow you to make any changes.",
    actions: ["*/read"],
  },
  "User Access Administrator": {
    id: ROLE.userAccessAdministrator,
    description: "Lets you manage user access to Azure resources.",
    actions: ["*/read", "Microsoft.Authorization/*", SUPPORT],
  },
  "Role Based Access Control Administrator": {
    id: ROLE.rbacAdministrator,
    description:
      "Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, such as Azure Policy.",
    actions: ["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read", SUPPORT],
  },
  "Key Vault Administrator": {
    id: ROLE.keyVaultAdministrator,
    description: `Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets. Cannot manage key vault resources or manage role assignments. ${RBAC_ONLY}`,
    actions: READ_VAULTS,
    dataActions: ["Microsoft.KeyVault/vaults/*"],
  },
  "Key Vault Contributor": {
    id: ROLE.keyVaultContributor,
    description: "Lets you manage key vaults, but not access to them.",
    actions: [READ_AUTHORIZATION, ALERT_RULES, "Microsoft.KeyVault/*", DEPLOY, READ_GROUPS, SUPPORT],
    notActions: [
      "Microsoft.KeyVault/locations/deletedVaults/purge/action",
      "Microsoft.KeyVault/hsmPools/*",
      "Microsoft.KeyVault/managedHsms/*",
    ],
  },
  "Key Vault Reader": {
    id: ROLE.keyVaultReader,
    description: `Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as secret contents or key material. ${RBAC_ONLY}`,
    actions: READ_VAULTS,
    dataActions: ["Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"],
  },
  "Key Vault Crypto Officer": {
    id: ROLE.keyVaultCryptoOfficer,
    description: `Perform any action on the keys of a key vault, except manage permissions. ${RBAC_ONLY}`,
    actions: READ_VAULTS,
    dataActions: ["Microsoft.KeyVault/vaults/keys/*", "Microsoft.KeyVault/vaults/keyrotationpolicies/*"],
  },
  "Key Vault Crypto User": {
    id: ROLE.keyVaultCryptoUser,
    description: `Perform cryptographic operations using keys. ${RBAC_ONLY}`,
    dataActions: ["read", ...["update", "backup", "encrypt", "decrypt", "wrap", "unwrap", "sign", "verify"].map((v) => `${v}/action`)].map(
      key,
    ),
  },
  "Key Vault Crypto Service Encryption User": {
    id: ROLE.keyVaultCryptoServiceEncryptionUser,
    description: `Read metadata of keys and perform wrap/unwrap operations. ${RBAC_ONLY}`,
    actions: ["write", "read", "delete"].map((v) => `Microsoft.EventGrid/eventSubscriptions/${v}`),
    dataActions: ["read", "wrap/action", "unwrap/action"].map(key),
  },
  "Key Vault Secrets User": {
    id: ROLE.keyVaultSecretsUser,
    description: `Read secret contents. ${RBAC_ONLY}`,
    dataActions: ["Microsoft.KeyVault/vaults/secrets/getSecret/action", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"],
  },
  "Key Vault Data Access Administrator": {
    id: ROLE.keyVaultDataAccessAdministrator,
    description:
      "Manage access to Azure Key Vault by adding or removing role assignments for the Key Vault Administrator, Key Vault Certificates Officer, Key Vault Crypto Officer, Key Vault Crypto Service Encryption User, Key Vault Crypto User, Key Vault Reader, Key Vault Secrets Officer, or Key Vault Secrets User roles. Includes an ABAC condition to constrain role assignments.",
    actions: [
      "Microsoft.Authorization/roleAssignments/write",
      "Microsoft.Authorization/roleAssignments/delete",
      READ_AUTHORIZATION,
      DEPLOY,
      READ_GROUPS,
      "Microsoft.Resources/subscriptions/read",
      "Microsoft.Management/managementGroups/read",
      DEPLOY,
      SUPPORT,
      "Microsoft.KeyVault/vaults/*/read",
    ],
    condition: vaultDelegation,
  },
  "Managed Identity Contributor": {
    id: ROLE.managedIdentityContributor,
    description: "Create, Read, Update, and Delete User Assigned Identity",
    actions: [
      ...["read", "write", "delete"].map(identity),
      ...["read", "write", "delete"].map((v) => identity(`federatedIdentityCredentials/${v}`)),
      identity("revokeTokens/action"),
      READ_AUTHORIZATION,
      ALERT_RULES,
      READ_GROUPS,
      DEPLOY,
      SUPPORT,
    ],
  },
  "Managed Identity Operator": {
    id: ROLE.managedIdentityOperator,
    description: "Read and Assign User Assigned Identity",
    actions: [identity("*/read"), identity("*/assign/action"), READ_AUTHORIZATION, ALERT_RULES, READ_GROUPS, DEPLOY, SUPPORT],
  },
  "Cosmos DB Operator": {
    id: ROLE.cosmosDbOperator,
    description:
      "Lets you manage Azure Cosmos DB accounts, but not access data in them. Prevents access to account keys and connection strings.",
    actions: [
      "Microsoft.DocumentDb/databaseAccounts/*",
      ALERT_RULES,
      READ_AUTHORIZATION,
      HEALTH,
      DEPLOY,
      READ_GROUPS,
      SUPPORT,
      JOIN_SUBNET,
    ],
    notActions: OPERATOR_EXCEPT,
  },
  "Cosmos DB Account Reader Role": {
    id: ROLE.cosmosDbAccountReader,
    description: "Can read Azure Cosmos DB Accounts data",
    actions: [
      READ_AUTHORIZATION,
      "Microsoft.DocumentDB/*/read",
      cosmos("readonlykeys/action"),
      "Microsoft.Insights/MetricDefinitions/read",
      "Microsoft.Insights/Metrics/read",
      READ_GROUPS,
      SUPPORT,
    ],
  },
  "DocumentDB Account Contributor": {
    id: ROLE.documentDbAccountContributor,
    description: "Lets you manage DocumentDB accounts, but not access to them.",
    actions: [
      READ_AUTHORIZATION,
      "Microsoft.DocumentDb/databaseAccounts/*",
      ALERT_RULES,
      HEALTH,
      DEPLOY,
      READ_GROUPS,
      SUPPORT,
      JOIN_SUBNET,
    ],
  },
  "EventGrid Contributor": {
    id: ROLE.eventGridContributor,
    description: "Lets you manage EventGrid operations.",
    actions: [READ_AUTHORIZATION, "Microsoft.EventGrid/*", ALERT_RULES, DEPLOY, READ_GROUPS, SUPPORT],
  },
  "EventGrid EventSubscription Contributor": {
    id: ROLE.eventGridSubscriptionContributor,
    description: "Lets you manage EventGrid event subscription operations.",
    actions: [
      READ_AUTHORIZATION,
      "Microsoft.EventGrid/eventSubscriptions/*",
      "Microsoft.EventGrid/topicTypes/eventSubscriptions/read",
      "Microsoft.EventGrid/locations/eventSubscriptions/read",
      "Microsoft.EventGrid/locations/topicTypes/eventSubscriptions/read",
      ALERT_RULES,
      DEPLOY,
      READ_GROUPS,
      SUPPORT,
    ],
  },
  "Storage Blob Data Owner": {
    id: ROLE.storageBlobDataOwner,
    description: "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.",
    actions: [
      "Microsoft.Storage/storageAccounts/blobServices/containers/*",
      "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
    ],
    dataActions: ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
  },
  "Locks Contributor": {
    id: ROLE.locksContributor,
    description: "Can Manage Locks Operations.",
    actions: ["read", "write", "delete"].map((v) => `Microsoft.Authorization/locks/${v}`),
  },
};

export function loadBuiltInRoles(world: World): void {
  for (const [roleName, { id, description, condition, ...lists }] of Object.entries(ROLES)) {
    const permission = { actions: [], notActions: [], dataActions: [], notDataActions: [], ...lists };
    const role: RoleDefinitionState = {
      name: id,
      roleName,
      type: "BuiltInRole",
      description,
      assignableScopes: ["/"],
      permissions: [condition === undefined ? permission : { ...permission, conditionVersion: "2.0", condition }],
    };
    world.roleDefinitions.set(id, role);
  }
}
