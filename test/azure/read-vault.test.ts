import { RestError } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { createReadKey } from "../../src/azure/read-key.ts";
import { createReadVault } from "../../src/azure/read-vault.ts";
import { byPath, fakeAzure, SUB, VAULT_ID } from "../support/fake-azure.ts";
import type { FakeAnswer } from "../support/fake-azure.ts";
import { throwing } from "../support/fakes.ts";

/** Shaped as recorded: Azure/azure-cli test_keyvault_network_rule.yaml, 2022-04 */
const vault = (properties: Record<string, unknown> = {}, id = VAULT_ID) => ({
  id,
  name: "v1",
  type: "Microsoft.KeyVault/vaults",
  location: "eastus",
  tags: {},
  properties: {
    sku: { family: "A", name: "Standard" },
    tenantId: "t",
    accessPolicies: [{ tenantId: "t", objectId: "o", permissions: { keys: ["Get", "wrapKey"] } }],
    enabledForDeployment: false,
    enableSoftDelete: true,
    softDeleteRetentionInDays: 90,
    vaultUri: "https://v1.vault.azure.net/",
    provisioningState: "Succeeded",
    publicNetworkAccess: "Enabled",
    ...properties,
  },
});
const VAULTS = `GET /subscriptions/${SUB}/providers/Microsoft.KeyVault/vaults`;
const DELETED = `GET /subscriptions/${SUB}/providers/Microsoft.KeyVault/deletedVaults`;
const DENIED: FakeAnswer = { status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } };

const read = (table: Record<string, FakeAnswer | FakeAnswer[]>, asked: { id?: string; name: string } = { id: VAULT_ID, name: "v1" }) =>
  createReadVault(fakeAzure(byPath(table)).clients)(asked);

test("reads what Azure leaves out as its defaults", async () => {
  expect(await read({ [`GET ${VAULT_ID}`]: { body: vault() } })).toEqual({
    state: "live",
    id: VAULT_ID,
    name: "v1",
    uri: "https://v1.vault.azure.net",
    resourceGroup: "rg1",
    location: "eastus",
    tenantId: "t",
    tags: {},
    permissionModel: "policies",
    policies: [{ tenantId: "t", objectId: "o", applicationId: null, keys: ["Get", "wrapKey"] }],
    network: { publicNetworkAccess: "Enabled", defaultAction: "Allow", bypass: "AzureServices", ipRules: [], virtualNetworkRules: [] },
    softDeleteRetentionInDays: 90,
    purgeProtection: false,
    sku: "Standard",
    changedOn: null,
  });
});

test.each([
  [{ bypass: "AzureServices, Metrics", defaultAction: "Deny" }, "Enabled", "bypass 'AzureServices, Metrics'"],
  [{ bypass: "None", defaultAction: "Ask" }, "Halfway", "publicNetworkAccess 'Halfway', defaultAction 'Ask'"],
  [{ bypass: "azureservices", defaultAction: "deny" }, "securedByPerimeter", undefined],
  [{ bypass: "NONE", defaultAction: "ALLOW" }, "", undefined],
  [undefined, "disabled", undefined],
])("a firewall of %j with public access '%s' has as words that nobody knows: %s", async (networkAcls, publicNetworkAccess, unclear) => {
  const body = vault({ networkAcls, publicNetworkAccess });
  expect(await read({ [`GET ${VAULT_ID}`]: { body } })).toMatchObject({
    network: unclear === undefined ? expect.not.objectContaining({ unclear: expect.anything() }) : { unclear },
  });
});

test("tells when the vault was last changed, where Azure does", async () => {
  const systemData = { createdAt: "2024-01-01T00:00:00Z", lastModifiedAt: "2026-05-06T07:08:09.1234567+00:00" };
  expect(await read({ [`GET ${VAULT_ID}`]: { body: { ...vault(), systemData } } })).toMatchObject({
    changedOn: "2026-05-06T07:08:09.123Z",
  });
});

test("reads the application that a compound policy is bound to: it is none of the identity's own", async () => {
  const accessPolicies = [{ tenantId: "t", objectId: "o", applicationId: "app", permissions: { keys: ["wrapKey"] } }];
  expect(await read({ [`GET ${VAULT_ID}`]: { body: vault({ accessPolicies }) } })).toMatchObject({
    policies: [{ tenantId: "t", objectId: "o", applicationId: "app", keys: ["wrapKey"] }],
  });
});

test("reads a firewall with its rules and the RBAC model", async () => {
  const networkAcls = {
    bypass: "None",
    defaultAction: "Deny",
    ipRules: [{ value: "1.2.3.4/32" }],
    virtualNetworkRules: [{ id: "/subnet" }],
  };
  const body = vault({
    networkAcls,
    enableRbacAuthorization: true,
    enablePurgeProtection: true,
    publicNetworkAccess: "SecuredByPerimeter",
  });
  expect(await read({ [`GET ${VAULT_ID}`]: { body } })).toMatchObject({
    permissionModel: "rbac",
    purgeProtection: true,
    network: {
      publicNetworkAccess: "SecuredByPerimeter",
      defaultAction: "Deny",
      bypass: "None",
      ipRules: ["1.2.3.4/32"],
      virtualNetworkRules: ["/subnet"],
    },
  });
});

test("finds a deleted vault beyond an empty page that has a next one", async () => {
  const nextLink = `https://management.azure.com:443/subscriptions/${SUB}/providers/Microsoft.KeyVault/deletedVaults?api-version=2026-02-01&%24skiptoken=a`;
  const deleted = {
    id: `/subscriptions/${SUB}/providers/Microsoft.KeyVault/locations/eastus/deletedVaults/v1`,
    name: "v1",
    type: "Microsoft.KeyVault/deletedVaults",
    properties: {
      vaultId: VAULT_ID,
      location: "eastus",
      tags: {},
      deletionDate: "2026-06-30T10:53:07Z",
      scheduledPurgeDate: "2026-09-28T10:53:07Z",
    },
  };
  expect(await read({ [DELETED]: [{ body: { value: [], nextLink } }, { body: { value: [deleted] } }] })).toEqual({
    state: "deleted",
    id: VAULT_ID,
    name: "v1",
    resourceGroup: "rg1",
    location: "eastus",
    tags: {},
    deletedOn: "2026-06-30T10:53:07.000Z",
    scheduledPurgeOn: "2026-09-28T10:53:07.000Z",
  });
});

test("finds a vault that has moved, by its name", async () => {
  const moved = `/subscriptions/${SUB}/resourceGroups/other/providers/Microsoft.KeyVault/vaults/V1`;
  expect(await read({ [DELETED]: { body: { value: [] } }, [VAULTS]: { body: { value: [vault({}, moved)] } } })).toMatchObject({
    state: "live",
    id: moved,
    resourceGroup: "other",
  });
});

test("says gone only when every list could be read", async () => {
  expect(await read({ [DELETED]: { body: { value: [] } }, [VAULTS]: { body: { value: [] } } })).toEqual({
    state: "gone",
    id: VAULT_ID,
    name: "v1",
  });
  expect(await read({ [DELETED]: DENIED, [VAULTS]: { body: { value: [] } } })).toMatchObject({
    state: "unreadable",
    why: "denied",
    name: "v1",
  });
  expect(await read({ [DELETED]: { body: { value: [] } }, [VAULTS]: DENIED }, { name: "v1" })).toMatchObject({
    state: "unreadable",
    id: null,
  });
  expect(await read({ [`GET ${VAULT_ID}`]: DENIED })).toMatchObject({ state: "unreadable", why: "denied", id: VAULT_ID });
});

const KEY = `${VAULT_ID}/keys/k1`;
const [OLD, NEW] = ["f".repeat(32), "0".repeat(32)];
const key = (version: string, attributes: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  id: `${KEY}/versions/${version}`,
  name: version,
  type: "Microsoft.KeyVault/vaults/keys/versions",
  location: "eastus",
  properties: {
    attributes: { enabled: true, created: 1000, ...attributes },
    keyUri: "https://v1.vault.azure.net/keys/k1",
    keyUriWithVersion: `https://v1.vault.azure.net/keys/k1/${version.toUpperCase()}`,
    ...more,
  },
});
const FULL = { kty: "RSA", keySize: 4096, keyOps: ["wrapKey", "unwrapKey"] };
const LIVE = { id: VAULT_ID, name: "v1", uri: "https://v1.vault.azure.net" };

test("reads a key's versions newest first, each with what it can do where that was asked for", async () => {
  const { clients, sent } = fakeAzure(
    byPath({
      [`GET ${KEY}`]: {
        body: { ...key(NEW, { created: 2000, updated: 2500, exp: 3000, nbf: 1500 }, FULL), id: KEY, tags: { "keymend:revoked": "yes" } },
      },
      [`GET ${KEY}/versions`]: { body: { value: [key(OLD, { enabled: false }), key(NEW, { created: 2000 })] } },
      [`GET ${KEY}/versions/${OLD}`]: { body: key(OLD, { enabled: false }, { ...FULL, keySize: 2048 }) },
    }),
  );
  expect(await createReadKey(clients)(LIVE, "k1", [OLD.toUpperCase()])).toEqual({
    state: "live",
    rotation: null,
    name: "k1",
    tags: { "keymend:revoked": "yes" },
    versions: [
      {
        version: NEW,
        enabled: true,
        notBefore: "1970-01-01T00:25:00.000Z",
        expiresOn: "1970-01-01T00:50:00.000Z",
        createdOn: "1970-01-01T00:33:20.000Z",
        updatedOn: "1970-01-01T00:41:40.000Z",
        type: "RSA",
        size: 4096,
        operations: ["wrapKey", "unwrapKey"],
      },
      {
        version: OLD,
        enabled: false,
        notBefore: null,
        expiresOn: null,
        createdOn: "1970-01-01T00:16:40.000Z",
        type: "RSA",
        size: 2048,
        operations: ["wrapKey", "unwrapKey"],
      },
    ],
  });
  expect(sent.every(({ url }) => url.hostname === "management.azure.com")).toBe(true);
});

test("reads a deleted key on the data plane", async () => {
  const body = {
    recoveryId: "https://v1.vault.azure.net/deletedkeys/k1",
    deletedDate: 4000,
    scheduledPurgeDate: 5000,
    key: {
      kid: `https://v1.vault.azure.net/keys/k1/${NEW}`,
      kty: "RSA",
      key_ops: ["wrapKey"],
      n: Buffer.alloc(256, 1).toString("base64url"),
      e: "AQAB",
    },
    attributes: { enabled: false, created: 1000, updated: 1000, recoveryLevel: "Recoverable+Purgeable", recoverableDays: 90 },
  };
  const { clients } = fakeAzure(byPath({ "GET /deletedkeys/k1": { body } }));
  expect(await createReadKey(clients)(LIVE, "k1")).toMatchObject({
    state: "deleted",
    deletedOn: "1970-01-01T01:06:40.000Z",
    scheduledPurgeOn: "1970-01-01T01:23:20.000Z",
    versions: [{ version: NEW, enabled: false, type: "RSA", size: 2048, operations: ["wrapKey"] }],
  });
});

test("says of a key that is nowhere, or behind a firewall, what is known", async () => {
  const missing = { status: 404, body: { error: { code: "KeyNotFound", message: "Deleted Key not found: k1" } } };
  expect(await createReadKey(fakeAzure(byPath({ "GET /deletedkeys/k1": missing })).clients)(LIVE, "k1")).toEqual({
    state: "gone",
    name: "k1",
  });
  const firewall = { status: 403, body: { error: { code: "Forbidden", message: "x", innererror: { code: "ForbiddenByFirewall" } } } };
  expect(await createReadKey(fakeAzure(byPath({ "GET /deletedkeys/k1": firewall })).clients)(LIVE, "k1")).toMatchObject({
    name: "k1",
    state: "unreadable",
    why: "firewall",
  });
  const denied = { status: 400, body: { error: { code: "ForbiddenByRbac", message: "[ForbiddenByRbac (Forbidden)] x" } } };
  expect(
    await createReadKey(fakeAzure(byPath({ [`GET ${KEY}`]: denied, [`GET ${KEY}/versions`]: denied })).clients)(LIVE, "k1"),
  ).toMatchObject({
    state: "unreadable",
    why: "denied",
  });
});

test("of versions made in the same second the one that Azure calls current is the newest", async () => {
  const { clients } = fakeAzure(
    byPath({
      [`GET ${KEY}`]: { body: { ...key(NEW, {}, FULL), id: KEY } },
      [`GET ${KEY}/versions`]: { body: { value: [key(OLD, {}), key(NEW, {}), key("1".repeat(32), {})] } },
    }),
  );
  const found = await createReadKey(clients)(LIVE, "k1");
  expect(found.state === "live" && found.versions[0]?.version).toBe(NEW);
});

const NONE = { [DELETED]: { body: { value: [] } }, [VAULTS]: { body: { value: [] } } };
test.each<[string, { id?: string; name: string }]>([
  ["that is known by its URI alone", { name: "v1" }],
  ["whose id names a subscription that is not watched", { id: VAULT_ID.replace(SUB, "0b1f6471-0000-4000-8000-000000000000"), name: "v1" }],
])("a vault %s is out of sight, not gone: another subscription may hold it", async (_, asked) => {
  const elsewhere =
    asked.id === undefined ? {} : { [`GET ${asked.id}`]: { status: 404, body: { error: { code: "ResourceNotFound", message: "no" } } } };
  expect(await read({ ...NONE, ...elsewhere }, asked)).toEqual({
    state: "unreadable",
    why: "outOfSight",
    id: asked.id ?? null,
    name: "v1",
    detail: expect.stringContaining("v1 is in no subscription that Keymend watches; add its subscription to KEYMEND_SUBSCRIPTIONS"),
  });
});

test("the subscription of an id is watched however it is written", async () => {
  expect(
    await read(
      { ...NONE, [`GET ${VAULT_ID.toUpperCase()}`]: { status: 404, body: { error: { code: "ResourceNotFound", message: "no" } } } },
      { id: VAULT_ID.toUpperCase(), name: "v1" },
    ),
  ).toMatchObject({ state: "gone" });
});

const KEY_VAULT = { "x-ms-keyvault-service-version": "1.9.2145.1" };
test.each<[string, FakeAnswer | "reset", object]>([
  [
    "lets Keymend in",
    { headers: KEY_VAULT, body: { value: [] } },
    { state: "unreadable", why: "outOfSight", detail: expect.stringContaining("answers under its name") },
  ],
  ["refuses Keymend", { ...DENIED, headers: KEY_VAULT }, { state: "unreadable", why: "outOfSight" }],
  [
    "asks for another tenant's token",
    { status: 401, headers: { "www-authenticate": "Bearer" } },
    { state: "unreadable", why: "outOfSight" },
  ],
  ["says that it is deleted", { status: 404, headers: KEY_VAULT }, { state: "unreadable", why: "outOfSight" }],
  ["is a name that a proxy can't resolve", { status: 502, body: "No such host" }, { state: "gone" }],
  ["gives no answer", "reset", { state: "unreadable", detail: expect.stringContaining("is not known") }],
  ["is a box on the way", { status: 403, body: "blocked" }, { state: "unreadable", detail: expect.stringContaining("is not known") }],
])("a vault that no list shows and whose name %s is gone only where nobody has its name", async (_, answer, expected) => {
  const lists = byPath(NONE);
  const { clients } = fakeAzure((sent) => (sent.url.hostname === "v1.vault.azure.net" ? answer : lists(sent)));
  expect(await createReadVault(clients)({ id: VAULT_ID, name: "v1" })).toMatchObject({ id: VAULT_ID, name: "v1", ...expected });
});

test.each<[string, string, object]>([
  ["asked for on a new one, and is nobody's", "ECONNRESET", { state: "gone" }],
  [
    "not asked for again where no connection was cut",
    "ETIMEDOUT",
    { state: "unreadable", detail: expect.stringContaining("is not known") },
  ],
])("a name whose kept connection fails is %s", async (_, code, expected) => {
  const { clients } = fakeAzure(byPath(NONE));
  const failures = [new RestError("the first connection", { code }), new RestError("getaddrinfo ENOTFOUND", { code: "ENOTFOUND" })];
  const sendToVault = async () => {
    throw failures.shift()!;
  };
  expect(await createReadVault({ ...clients, sendToVault })({ id: VAULT_ID, name: "v1" })).toMatchObject(expected);
});

test("a name that does not resolve is nobody's; no token to ask with says nothing of it", async () => {
  const { clients } = fakeAzure(byPath(NONE));
  const failing = (error: Error) => createReadVault({ ...clients, sendToVault: throwing(error) })({ id: VAULT_ID, name: "v1" });
  expect(await failing(new RestError("getaddrinfo ENOTFOUND", { code: "ENOTFOUND" }))).toMatchObject({ state: "gone" });
  const noToken = Object.assign(new Error("the identity endpoint is down"), { name: "CredentialUnavailableError" });
  expect(await failing(noToken)).toMatchObject({ state: "unreadable", detail: expect.stringContaining("is not known") });
  await expect(failing(new TypeError("a mistake"))).rejects.toThrow("a mistake");
});
