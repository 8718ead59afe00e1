/** Facts for tests: every builder gives a healthy default, so that a test names only what matters to it. */
import { DATA_ACTIONS } from "../../src/domain/access/access.ts";
import { keyScopeOf } from "../../src/domain/arm-id.ts";
import type {
  AccessFacts,
  AccountFeatures,
  Baseline,
  DenyAssignment,
  EventSubscriptionFacts,
  Facts,
  Holder,
  IdentityFacts,
  KeyFacts,
  KeyVersionFacts,
  LiveVault,
  RoleAssignment,
  RoleDefinition,
  Rotation,
  ServiceStatus,
  TargetFacts,
} from "../../src/domain/facts.ts";
import type { Settings, SupportContact } from "../../src/domain/settings.ts";
import { DAY, HOUR } from "../../src/domain/time.ts";

export const NOW = "2026-11-02T10:00:00.000Z";
export const TENANT = "72f988bf-0000-4000-8000-2d7cd011db47";
export const SUBSCRIPTION_ID = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
export const SUBSCRIPTION = `/subscriptions/${SUBSCRIPTION_ID}`;
const GROUP = `${SUBSCRIPTION}/resourceGroups/rg-orders`;
export const VAULT_ID = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv-orders`;
export const KEY_SCOPE = keyScopeOf(VAULT_ID, "cmk");
export const KEY_URI = "https://kv-orders.vault.azure.net/keys/cmk";
export const ACCOUNT_ID = `${GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/orders`;
export const CLUSTER_ID = `${GROUP}/providers/Microsoft.DocumentDB/mongoClusters/carts`;
export const APP_ID = `${SUBSCRIPTION}/resourceGroups/rg-keymend/providers/Microsoft.Web/sites/func-keymend`;
export const identityIdOf = (name: string): string => `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
export const IDENTITY_ID = identityIdOf("id-orders");
export const PRINCIPAL = "11111111-0000-4000-8000-000000000001";
export const ENCRYPTION_ROLE = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6`;
export const V1 = "1".repeat(32);
export const V2 = "2".repeat(32);
export const V3 = "3".repeat(32);

/** Keymend's own identities. */
export const OWN = { observe: "own-observe", keys: "own-keys", access: "own-access", databases: "own-databases", vaults: "own-vaults" };

export const someSettings = (over: Partial<Settings> = {}): Settings => ({
  mode: "heal",
  expiryLeadMs: 30 * DAY,
  expiryExtensionMs: 90 * DAY,
  expiryMaxExtensions: 3,
  expiryHorizonMs: 365 * DAY,
  approvalTtlMs: 24 * HOUR,
  knownGoodAfterMs: DAY,
  repeatWindowMs: 7 * DAY,
  settleMs: 0,
  maxAffectedVaults: 10,
  stormWindowMs: HOUR,
  maxVaultsAtOnce: 10,
  quorum: 1,
  causes: {},
  allowed: ["accessPolicies", "vaults", "identities", "clusters", "revocations"],
  privilegedCallers: [],
  logWorkspace: null,
  functionAppId: null,
  deadLetters: null,
  armFrom: "heal",
  supportContact: null,
  principals: OWN,
  ...over,
});

/** Whom Microsoft support is to answer. */
export const CONTACT: SupportContact = {
  firstName: "Ada",
  lastName: "King",
  email: "a@b",
  country: "GBR",
  timeZone: "GMT Standard Time",
  diagnostics: false,
};

export const aVault = (over: Partial<LiveVault> = {}): LiveVault => ({
  state: "live",
  id: VAULT_ID,
  name: "kv-orders",
  uri: "https://kv-orders.vault.azure.net",
  resourceGroup: "rg-orders",
  location: "westeurope",
  tenantId: TENANT,
  tags: {},
  permissionModel: "rbac",
  policies: [],
  network: { publicNetworkAccess: "Enabled", defaultAction: "Allow", bypass: "AzureServices", ipRules: [], virtualNetworkRules: [] },
  softDeleteRetentionInDays: 90,
  purgeProtection: true,
  sku: "premium",
  changedOn: null,
  ...over,
});

export const aPolicyVault = (keys = ["get", "list", "wrapKey", "unwrapKey"], over: Partial<LiveVault> = {}): LiveVault =>
  aVault({ permissionModel: "policies", policies: [{ tenantId: TENANT, objectId: PRINCIPAL, applicationId: null, keys }], ...over });

export const aVersion = (version: string, over: Partial<KeyVersionFacts> = {}): KeyVersionFacts => ({
  version,
  enabled: true,
  notBefore: null,
  expiresOn: null,
  createdOn: "2026-01-01T00:00:00.000Z",
  type: "RSA",
  size: 3072,
  operations: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
  ...over,
});

/** versions: newest first. */
export const aKey = (versions: KeyVersionFacts[] = [aVersion(V1)], name = "cmk"): KeyFacts => ({ state: "live", name, tags: {}, versions });

/** Facts of the one key, with that policy. */
export const aKeyRotated = (rotation: Rotation | null): Partial<Facts> => ({
  keys: [{ state: "live", name: "cmk", tags: {}, versions: [aVersion(V1)], rotation }],
});

export const anIdentity = (
  name = "id-orders",
  principalId = PRINCIPAL,
  over: Partial<Extract<IdentityFacts, { state: "live" }>> = {},
): IdentityFacts => ({
  state: "live",
  id: identityIdOf(name),
  name,
  location: "westeurope",
  tenantId: TENANT,
  principalId,
  clientId: principalId.replace(/^1/, "c"),
  tags: {},
  ...over,
});

export const anAssignment = (over: Partial<RoleAssignment> = {}): RoleAssignment => {
  const name = over.name ?? "aaaaaaaa-0000-4000-8000-000000000001";
  const scope = over.scope ?? VAULT_ID;
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    scope,
    roleDefinitionId: ENCRYPTION_ROLE,
    principalId: PRINCIPAL,
    principalType: "ServicePrincipal",
    condition: null,
    conditionVersion: null,
    description: null,
    createdOn: "2026-01-01T00:00:00.000Z",
    ...over,
  };
};

export const aRole = (
  id = ENCRYPTION_ROLE,
  dataActions: string[] = Object.values(DATA_ACTIONS),
  notDataActions: string[] = [],
): RoleDefinition => ({
  id,
  roleName: "Key Vault Crypto Service Encryption User",
  permissions: [{ actions: [], notActions: [], dataActions, notDataActions }],
});

export const anAccess = (over: Partial<Extract<AccessFacts, { state: "read" }>> = {}): Extract<AccessFacts, { state: "read" }> => ({
  state: "read",
  principalId: PRINCIPAL,
  keyName: "cmk",
  keyScope: KEY_SCOPE,
  viaGroups: true,
  assignments: [anAssignment()],
  definitions: [aRole()],
  denies: [],
  ...over,
});

/** Keeps the principal from everything on the vault's data plane. */
export const aDeny = (over: Partial<DenyAssignment> = {}): DenyAssignment => ({
  id: `${VAULT_ID}/providers/Microsoft.Authorization/denyAssignments/d1`,
  name: "d1",
  scope: VAULT_ID,
  permissions: [{ actions: [], notActions: [], dataActions: ["*"], notDataActions: [] }],
  principals: [{ id: PRINCIPAL, type: "ServicePrincipal" }],
  excludePrincipals: [],
  doesNotApplyToChildScopes: false,
  condition: null,
  changedOn: null,
  ...over,
});

export const aStatus = (over: Partial<ServiceStatus> = {}): ServiceStatus => ({
  healthy: true,
  code: null,
  text: "Access to the configured customer managed key confirmed.",
  clusterStatus: null,
  provisioningState: "Succeeded",
  ...over,
});

export const revoked = (code = 4002): ServiceStatus =>
  aStatus({ healthy: false, code, text: `Access to your account is currently revoked (${code}).` });
export const clusterSays = (clusterStatus: string | null, healthy: boolean | null): ServiceStatus =>
  aStatus({ healthy, text: null, clusterStatus });
export const inaccessible = (): ServiceStatus => clusterSays("Inaccessible", false);

export const anAccount = (over: Partial<TargetFacts> = {}): TargetFacts => ({
  kind: "account",
  id: ACCOUNT_ID,
  name: "orders",
  resourceGroup: "rg-orders",
  location: "West Europe",
  tags: {},
  keyUri: KEY_URI,
  versionInUse: null,
  defaultIdentity: { form: "user", id: IDENTITY_ID, federatedClientId: null },
  identityType: "UserAssigned",
  systemPrincipalId: null,
  attached: [{ id: IDENTITY_ID, principalId: PRINCIPAL, clientId: "c1111111-0000-4000-8000-000000000001" }],
  tenantId: TENANT,
  service: aStatus(),
  restoredFrom: null,
  changedOn: null,
  ...over,
});

/** Of an account that nothing keeps from getting a key. */
export const someFeatures = (over: Partial<AccountFeatures> = {}): AccountFeatures => ({
  capabilities: [],
  backup: "Periodic",
  analyticalStorage: false,
  materializedViews: false,
  allVersionsChangeFeed: false,
  endpoint: "https://orders.documents.azure.com:443/",
  ...over,
});

export const aCluster = (over: Partial<TargetFacts> = {}): TargetFacts =>
  anAccount({ kind: "cluster", id: CLUSTER_ID, name: "carts", service: clusterSays("Ready", true), ...over });

export const someFacts = (over: Partial<Facts> = {}): Facts => ({
  schema: 1,
  at: NOW,
  patient: { id: VAULT_ID, kind: "vault", vaultName: "kv-orders" },
  vault: aVault(),
  keys: [aKey()],
  identities: [anIdentity()],
  access: [anAccess()],
  targets: [anAccount()],
  missing: [],
  eventSubscriptions: [],
  baseline: null,
  expiryExtensions: {},
  firstPartyPrincipalId: null,
  tenantId: TENANT,
  ...over,
});

/** Who has had access to the key for months. */
export const aHolder = (over: Partial<Holder> = {}): Holder => ({
  principalId: PRINCIPAL,
  key: "cmk",
  accessSince: "2026-01-01T00:00:00.000Z",
  defaultSince: "2026-01-01T00:00:00.000Z",
  ...over,
});

/** What would be remembered of these facts while they were healthy. */
export const aBaseline = (over: Partial<Baseline> = {}): Baseline => ({
  at: "2026-11-02T09:00:00.000Z",
  assignments: [anAssignment()],
  policies: [],
  permissionModel: "rbac",
  network: aVault().network,
  sku: "premium",
  eventSubscriptions: [],
  defaultIdentities: { [ACCOUNT_ID.toLowerCase()]: `UserAssignedIdentity=${IDENTITY_ID}`, [CLUSTER_ID.toLowerCase()]: IDENTITY_ID },
  principals: { [IDENTITY_ID.toLowerCase()]: PRINCIPAL },
  holders: { [ACCOUNT_ID.toLowerCase()]: aHolder(), [CLUSTER_ID.toLowerCase()]: aHolder() },
  ...over,
});

/** Keymend's own subscription to the vault's events. */
export const aSubscription = (over: Partial<EventSubscriptionFacts> = {}): EventSubscriptionFacts => ({
  id: "t/es",
  name: "keymend",
  topicId: `${VAULT_ID}-topic`,
  topicName: "t",
  topicLocation: "westeurope",
  properties: { filter: {} },
  ...over,
});

/** A database that is there, and may not be read. */
export const unseen = (id: string = ACCOUNT_ID): Facts["missing"][number] => ({
  kind: "account",
  id,
  state: "unreadable",
  why: "denied",
  detail: "AuthorizationFailed",
});
