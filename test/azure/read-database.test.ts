import { expect, test } from "vitest";
import { createReadTarget } from "../../src/azure/read-database.ts";
import { parseDefaultIdentity } from "../../src/domain/databases/default-identity.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { ACCOUNT_ID, byPath, CLUSTER_ID, fakeAzure, IDENTITY_ID } from "../support/fake-azure.ts";

/** Shaped as recorded: Azure/azure-cli-extensions cosmosdb-preview test_cosmosdb_system_identity_restore.yaml, 2024-03 */
const account = (properties: Record<string, unknown> = {}, identity?: unknown) => ({
  id: ACCOUNT_ID,
  name: "acc1",
  location: "East US 2",
  type: "Microsoft.DocumentDB/databaseAccounts",
  kind: "GlobalDocumentDB",
  tags: {},
  systemData: { createdAt: "2024-03-04T19:41:44.6612363+00:00" },
  properties: {
    provisioningState: "Succeeded",
    EnabledApiTypes: "Sql",
    createMode: "Default",
    defaultIdentity: `UserAssignedIdentity=${IDENTITY_ID}`,
    keyVaultKeyUri: "https://v1.vault.azure.net/keys/k1",
    customerManagedKeyStatus: "Access to the configured customer managed key confirmed. ",
    writeLocations: [{ id: "acc1-eastus2", locationName: "East US 2", failoverPriority: 0 }],
    ...properties,
  },
  identity: identity ?? {
    type: "UserAssigned",
    tenantId: "t",
    userAssignedIdentities: { [IDENTITY_ID]: { principalId: "p1", clientId: "c1" } },
  },
});

const readAccount = (body: unknown) =>
  createReadTarget(fakeAzure(byPath({ [`GET ${ACCOUNT_ID}`]: { body } })).clients)("account", ACCOUNT_ID);

/** Policies: swagger of Microsoft.DocumentDB 2024-11-15, PeriodicModeProperties and ContinuousTier. */
test.each([
  ["of 8 hours", { type: "Periodic", periodicModeProperties: { backupIntervalInMinutes: 240, backupRetentionIntervalInHours: 8 } }, 8],
  ["that tells no time", { type: "Periodic" }, null],
  ["of 7 days", { type: "Continuous", continuousModeProperties: { tier: "Continuous7Days" } }, 7 * 24],
  ["of 30 days", { type: "Continuous", continuousModeProperties: { tier: "Continuous30Days" } }, 30 * 24],
  ["from before there were tiers", { type: "Continuous" }, 30 * 24],
  ["of a tier that nobody knows", { type: "Continuous", continuousModeProperties: { tier: "Continuous90Days" } }, null],
  ["of a kind that nobody knows", { type: "Weekly" }, null],
])("a backup %s reaches so many hours back", async (_what, backupPolicy, hours) => {
  expect(await readAccount(account({ backupPolicy }))).toMatchObject({ backupsReachMs: hours === null ? null : hours * 3_600_000 });
});

test("reads a healthy account, the trailing space of its status cut", async () => {
  expect(await readAccount(account())).toEqual({
    kind: "account",
    id: ACCOUNT_ID,
    name: "acc1",
    resourceGroup: "rg1",
    location: "East US 2",
    tags: {},
    keyUri: "https://v1.vault.azure.net/keys/k1",
    versionInUse: null,
    defaultIdentity: { form: "user", id: IDENTITY_ID, federatedClientId: null },
    identityType: "UserAssigned",
    systemPrincipalId: null,
    attached: [{ id: IDENTITY_ID, principalId: "p1", clientId: "c1" }],
    tenantId: "t",
    service: {
      healthy: true,
      code: null,
      text: "Access to the configured customer managed key confirmed.",
      clusterStatus: null,
      provisioningState: "Succeeded",
    },
    backupsReachMs: null,
    restoredFrom: null,
    // An account tells no more than this one time.
    changedOn: "2024-03-04T19:41:44.661Z",
  });
});

test.each([
  ["Access to your account is currently revoked because the correspondent key is not found; please visit https://x#y (4003).", false, 4003],
  ["Access to your account is currently revoked; for more details please visit https://x", false, null],
  ["A wording that nobody has seen (4020). ", false, 4020],
  ["Something else.", null, null],
  ["Access to the configured customer managed key confirmed for the last time.", null, null],
  ["Access to the configured customer managed key confirmed (4021).", false, 4021],
])("reads the status '%s'", async (customerManagedKeyStatus, healthy, code) => {
  expect(await readAccount(account({ customerManagedKeyStatus }))).toMatchObject({
    service: { healthy, code, text: customerManagedKeyStatus.trim() },
  });
});

test("reads an account whose new identity has no principal yet", async () => {
  const read = await readAccount(account({}, { type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: {} } }));
  expect(read).toMatchObject({ attached: [{ id: IDENTITY_ID, principalId: null, clientId: null }], tenantId: null });
});

test("reads an account without a customer-managed key or identity", async () => {
  const body = account(
    { keyVaultKeyUri: undefined, customerManagedKeyStatus: undefined, defaultIdentity: "FirstPartyIdentity" },
    { type: "None" },
  );
  expect(await readAccount(body)).toMatchObject({
    keyUri: null,
    identityType: "None",
    attached: [],
    defaultIdentity: { form: "firstParty" },
    service: { healthy: null, text: null },
  });
});

test("knows a restored account and its source", async () => {
  const restoreSource = "/subscriptions/s/providers/Microsoft.DocumentDB/locations/eastus2/restorableDatabaseAccounts/g";
  expect(
    await readAccount(account({ createMode: "Restore", restoreParameters: { restoreMode: "PointInTime", restoreSource } })),
  ).toMatchObject({
    restoredFrom: restoreSource,
  });
});

test.each([
  [undefined, { form: "undefined" }],
  ["", { form: "undefined" }],
  ["Undefined", { form: "undefined" }],
  ["SystemAssignedIdentity", { form: "system" }],
  ["UserAssignedIdentity=/subscriptions/s&FederatedClientId=f", { form: "user", id: "/subscriptions/s", federatedClientId: "f" }],
  ["DelegatedSystemAssignedIdentity", { form: "unknown", raw: "DelegatedSystemAssignedIdentity" }],
])("reads the default identity %j", (raw, expected) => {
  expect(parseDefaultIdentity(raw)).toEqual(expected);
});

const cluster = (properties: Record<string, unknown>) => ({
  id: CLUSTER_ID,
  name: "c1",
  type: "Microsoft.DocumentDB/mongoClusters",
  tags: { team: "orders" },
  location: "eastus",
  identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: { principalId: "p1", clientId: "c1" } } },
  properties: {
    provisioningState: "Succeeded",
    clusterStatus: "Ready",
    encryption: {
      customerManagedKeyEncryption: {
        keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: IDENTITY_ID },
        keyEncryptionKeyUrl: "https://v1.vault.azure.net/keys/k1/0123456789ABCDEF0123456789abcdef",
      },
    },
    ...properties,
  },
});

test.each([
  ["Ready", true],
  ["Inaccessible", false],
  ["failed", false],
  ["Updating", null],
  [undefined, null],
])("reads a cluster whose status is %s", async (clusterStatus, healthy) => {
  const { clients } = fakeAzure(byPath({ [`GET ${CLUSTER_ID}`]: { body: cluster({ clusterStatus }) } }));
  expect(await createReadTarget(clients)("cluster", CLUSTER_ID)).toMatchObject({
    kind: "cluster",
    versionInUse: "0123456789abcdef0123456789abcdef",
    defaultIdentity: { form: "user", id: IDENTITY_ID },
    service: { healthy, clusterStatus: clusterStatus ?? null, text: null },
    tags: { team: "orders" },
  });
});

test("tells a missing database from one that may not be read", async () => {
  expect(await createReadTarget(fakeAzure(() => undefined).clients)("account", ACCOUNT_ID)).toEqual({
    kind: "account",
    id: ACCOUNT_ID,
    state: "gone",
  });
  const body = { error: { code: "AuthorizationFailed", message: "The client does not have authorization" } };
  expect(await createReadTarget(fakeAzure(() => ({ status: 403, body })).clients)("cluster", CLUSTER_ID)).toMatchObject({
    kind: "cluster",
    state: "unreadable",
    why: "denied",
  });
});

test("throws on what a retry may cure, with the time that Azure asks for, and does not retry itself", async () => {
  const { clients, sent } = fakeAzure(() => ({ status: 503, headers: { "retry-after": "5" }, body: {} }));
  const error = await createReadTarget(clients)("account", ACCOUNT_ID).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TransientError);
  expect(error).toMatchObject({ operation: "read account", resourceId: ACCOUNT_ID, retryAfterMs: 5000 });
  expect(sent).toHaveLength(1);
});
