import { expect, test } from "vitest";
import { judgeOperation, readsOfWishes } from "../../../src/domain/operations/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import type { OperationParams } from "../../../src/domain/wish.ts";
import {
  aKeyRotated,
  ACCOUNT_ID,
  aCluster,
  aDeny,
  aKey,
  anAccess,
  anAccount,
  anIdentity,
  aPolicyVault,
  aVault,
  aVersion,
  CLUSTER_ID,
  IDENTITY_ID,
  KEY_SCOPE,
  NOW,
  PRINCIPAL,
  someFacts,
  someFeatures,
  someSettings,
  V1,
  VAULT_ID,
} from "../../support/builders.ts";
import { aWish, CHECK } from "../../support/wishes.ts";

type Params = OperationParams["check-requirements"];

function check(over: Partial<Facts> = {}, params: Partial<Params> = {}) {
  const facts = someFacts(over);
  const wish = aWish({ operation: "check-requirements", params: { ...CHECK.params, ...params } });
  return judgeOperation({ facts, diagnosis: diagnose(facts, someSettings()), wish });
}

const of = (name: string, over?: Partial<Facts>, params?: Partial<Params>) =>
  check(over, params).requirements.find((requirement) => requirement.name === name);

test("all that is met is told with what shows it, and needs no command", () => {
  const { requirements, reached, targetIds, drafts } = check();
  expect(requirements.filter(({ state, advised }) => state !== "met" && !advised)).toEqual([]);
  expect(requirements.filter(({ state }) => state === "met").every(({ az }) => az.length === 0)).toBe(true);
  expect(reached).toEqual({ done: true, detail: "every requirement is met" });
  expect([targetIds, drafts]).toEqual([[ACCOUNT_ID], []]);
});

test.each<[what: string, identityId: string | null, identityIds: string[]]>([
  ["its key, its database and the identity that is named", IDENTITY_ID, [IDENTITY_ID]],
  ["its key and its database where none is", null, []],
])("a wish has %s read, though no database names them", (_, identityId, identityIds) => {
  const wish = aWish({ operation: "check-requirements", params: { ...CHECK.params, identityId } });
  expect(readsOfWishes([wish])).toEqual({ keys: [CHECK.params.key], identityIds, databaseIds: [ACCOUNT_ID] });
  const toCome = aWish({ operation: "check-requirements", params: { ...CHECK.params, databaseId: null } });
  expect(readsOfWishes([toCome]).databaseIds).toEqual([]);
});

const version = (over: Parameters<typeof aVersion>[1]) => ({ keys: [aKey([aVersion(V1, over)])] });
const network = (over: Partial<ReturnType<typeof aVault>["network"]>) => ({ vault: aVault({ network: { ...aVault().network, ...over } }) });
const unread = { state: "unreadable", why: "denied", detail: "403" } as const;
const elsewhere = { location: "northeurope" };
const deletedKey: Facts["keys"][number] = {
  state: "deleted",
  name: "cmk",
  tags: {},
  deletedOn: null,
  scheduledPurgeOn: null,
  versions: [],
};
const deletedVault: Facts["vault"] = {
  state: "deleted",
  id: VAULT_ID,
  name: "kv-orders",
  resourceGroup: "rg-orders",
  location: "westeurope",
  tags: {},
  deletedOn: null,
  scheduledPurgeOn: null,
};
const blind = { ...unread, principalId: PRINCIPAL, keyName: "cmk", keyScope: KEY_SCOPE };
const own = (
  form: "system" | "firstParty" | "undefined",
  systemPrincipalId: string | null = null,
  firstPartyPrincipalId: string | null = null,
) => ({
  targets: [anAccount({ defaultIdentity: { form }, systemPrincipalId })],
  firstPartyPrincipalId,
});
const bare = (over: Parameters<typeof someFeatures>[0]) => ({ targets: [anAccount({ keyUri: null, features: someFeatures(over) })] });
const guest = {
  targets: [],
  guests: [
    anAccount({ defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL, keyUri: "https://kv-old.vault.azure.net/keys/cmk" }),
  ],
};
const CLUSTER: Partial<Params> = { kind: "cluster", databaseId: CLUSTER_ID };

test.each<[what: string, name: string, state: string, over: Partial<Facts>, params: Partial<Params>, line: RegExp]>([
  ["no vault", "vault", "unmet", { vault: null }, {}, /name a key of a key vault/],
  [
    "a deleted vault",
    "vault",
    "unmet",
    { vault: { state: "gone", id: VAULT_ID, name: "kv-orders" } },
    {},
    /keyvault create --name kv-orders .*--enable-purge-protection true --retention-days 90/,
  ],
  ["a vault that is gone, by name alone", "vault", "unmet", { vault: { state: "gone", id: null, name: "kv-orders" } }, {}, /^#.*:$/],
  ["a vault that is deleted softly", "vault", "unmet", { vault: deletedVault }, {}, /^az keyvault recover --name kv-orders .*--location/],
  ["a vault out of sight", "vault", "unknown", { vault: { ...unread, id: VAULT_ID, name: "kv-orders" } }, {}, /lacks a role/],
  ["another tenant", "same tenant", "unmet", { vault: aVault({ tenantId: "other" }) }, {}, /take a vault of tenant/],
  [
    "a vault that tells no retention",
    "soft delete",
    "unknown",
    { vault: aVault({ softDeleteRetentionInDays: null }) },
    {},
    /az keyvault show --name kv-orders/,
  ],
  [
    "a short retention",
    "retention",
    "unmet",
    { vault: aVault({ softDeleteRetentionInDays: 7 }) },
    {},
    /az keyvault key backup --vault-name kv-orders --name cmk/,
  ],
  ["no purge protection", "purge protection", "unmet", { vault: aVault({ purgeProtection: false }) }, {}, /--enable-purge-protection true/],
  ["a firewall", "network", "unmet", network({ defaultAction: "Deny", bypass: "None" }), {}, /--bypass AzureServices/],
  ["private endpoints only", "network", "unmet", network({ publicNetworkAccess: "Disabled", bypass: "None" }), {}, /--bypass/],
  ["private endpoints and trusted services", "network", "met", network({ publicNetworkAccess: "Disabled" }), {}, /^$/],
  ["a vault that says nothing of public access", "network", "met", network({ publicNetworkAccess: null, bypass: "None" }), {}, /^$/],
  ["a perimeter", "network", "unknown", network({ publicNetworkAccess: "SecuredByPerimeter" }), {}, /inbound rule/],
  ["an open vault", "Keymend's own reach", "met", {}, {}, /^$/],
  ["a vault that lets in some", "Keymend's own reach", "unknown", network({ defaultAction: "Deny" }), {}, /deploy\.md, firewalls/],
  ["a vault behind endpoints", "Keymend's own reach", "unknown", network({ publicNetworkAccess: "Disabled" }), {}, /network of yours/],
  ["no such key", "key", "unmet", { keys: [{ state: "gone", name: "cmk" }] }, {}, /key create .*--size 3072/],
  ["a deleted key", "key", "unmet", { keys: [deletedKey] }, {}, /key recover --vault-name kv-orders --name cmk/],
  ["a key that was not read", "key", "unknown", { keys: [] }, {}, /list-versions/],
  ["a key out of sight", "key", "unknown", { keys: [{ ...unread, name: "cmk" }] }, {}, /lacks a role.*\n.*list-versions/],
  ["a key without versions", "key type and size", "unknown", { keys: [aKey([])] }, {}, /list-versions --id \S+\/keys\/cmk /],
  ["an elliptic curve", "key type and size", "unmet", version({ type: "EC", size: null }), {}, /key create .*--kty RSA --size 3072/],
  ["a version that was not read whole", "key type and size", "unknown", version({ type: null, size: null }), {}, /list-versions/],
  ["a small key", "3072 bits", "unmet", version({ size: 2048 }), {}, /key create .*--size 3072/],
  ["a disabled version", "key enabled", "unmet", version({ enabled: false }), {}, /--enabled true/],
  ["operations not read", "key operations", "unknown", version({ operations: null }), {}, /--ops/],
  ["operations lacking", "key operations", "unmet", version({ operations: ["sign", "wrapKey"] }), {}, /--ops sign wrapKey unwrapKey/],
  [
    "an expired key",
    "key valid now",
    "unmet",
    version({ expiresOn: "2026-01-01T00:00:00.000Z" }),
    {},
    /set-attributes --id \S+ --expires \S+Z$/,
  ],
  [
    "a key for later",
    "key valid now",
    "unmet",
    version({ notBefore: "2027-01-01T00:00:00.000Z" }),
    {},
    /set-attributes --id \S+ --not-before \S+Z$/,
  ],
  ["a key that is valid and expires", "key valid now", "met", version({ expiresOn: "2027-01-01T00:00:00.000Z", notBefore: NOW }), {}, /^$/],
  ["a key that expires", "no expiry", "unmet", version({ expiresOn: "2027-01-01T00:00:00.000Z" }), {}, /--expires 20.*\n.*\n.*key create/],
  ["a policy that was not read", "rotation policy", "unknown", {}, {}, /rotation-policy show/],
  ["no policy", "rotation policy", "unmet", aKeyRotated(null), {}, /rotation-policy update --id \S+ --value '\{.*Rotate/],
  ["one that lets versions expire", "rotation policy", "unmet", aKeyRotated({ rotates: false, expiryTime: "P1Y" }), {}, /update/],
  ["one that rotates", "rotation policy", "met", aKeyRotated({ rotates: true, expiryTime: "P2Y" }), {}, /^$/],
  ["one that rotates for ever", "rotation policy", "met", aKeyRotated({ rotates: true, expiryTime: null }), {}, /^$/],
  ["no identity named of one to come", "identity", "unknown", {}, { identityId: null, databaseId: null }, /as identityId/],
  ["one that uses a user-assigned identity", "identity", "met", {}, { identityId: null }, /^$/],
  ["one that uses its own", "grant", "met", own("system", PRINCIPAL), { identityId: null }, /^$/],
  ["one that uses its own, which may not", "grant", "unknown", own("system", "other"), { identityId: null }, /lacks a role/],
  ["one that uses Azure Cosmos DB's", "grant", "met", own("firstParty", null, PRINCIPAL), { identityId: null }, /^$/],
  ["one that uses Azure Cosmos DB's, which is not known", "identity", "unknown", own("firstParty"), { identityId: null }, /as identityId/],
  ["one whose identity is not told", "identity", "unknown", own("undefined"), { identityId: null }, /as identityId/],
  ["one of another vault", "grant", "met", { ...own("system", PRINCIPAL), ...guest }, { identityId: null }, /^$/],
  [
    "an account without a key that is of Cassandra",
    "no Cassandra",
    "unmet",
    bare({ capabilities: ["EnableCassandra"] }),
    {},
    /make another with the key/,
  ],
  ["one without a key, on continuous backup", "managed identity", "met", bare({ backup: "Continuous" }), {}, /^$/],
  ["an identity that is gone", "identity", "unmet", { identities: [{ state: "gone", id: IDENTITY_ID }] }, {}, /identity create/],
  ["an identity out of sight", "identity", "unknown", { identities: [{ ...unread, id: IDENTITY_ID }] }, {}, /identity show/],
  ["an identity that was not read", "identity", "unknown", { identities: [] }, {}, /identity show/],
  [
    "an identity of another tenant",
    "identity in the same tenant",
    "unmet",
    { identities: [anIdentity("id-orders", PRINCIPAL, { tenantId: "other" })] },
    {},
    /a subscription of tenant/,
  ],
  ["no grant", "grant", "unmet", { access: [anAccess({ assignments: [] })] }, {}, /role assignment create .*--scope .*keys\/cmk/],
  ["a deny", "grant", "unmet", { access: [anAccess({ denies: [aDeny()] })] }, {}, /no grant helps: .*; whoever set that changes it/],
  ["no policy", "grant", "unmet", { vault: aPolicyVault([]) }, {}, /accessPolicies\/add.*"get","wrapKey","unwrapKey"/],
  ["no policy for a cluster", "grant", "unmet", { vault: aPolicyVault(["get"]) }, CLUSTER, /accessPolicies\/add.*"list"/],
  ["a grant that could not be read", "grant", "unknown", { access: [blind] }, {}, /lacks a role/],
  [
    "a grant without a vault",
    "grant",
    "unknown",
    { vault: { state: "gone", id: VAULT_ID, name: "kv-orders" } },
    {},
    /once vault and key are there/,
  ],
  ["a database in the subscription", "resource provider", "met", {}, {}, /^$/],
  [
    "none that is seen there",
    "resource provider",
    "unknown",
    { targets: [] },
    { databaseId: null },
    /provider show .*\n.*provider register --namespace Microsoft.DocumentDB/,
  ],
  ["none, and no vault", "resource provider", "unknown", { targets: [], vault: null }, { databaseId: null }, /'<subscription>'/],
  ["an account", "reserved names of Cassandra", "met", {}, {}, /^$/],
  ["a cluster in the region", "same region", "met", { targets: [aCluster({ location: "West Europe" })] }, CLUSTER, /^$/],
  ["a cluster elsewhere", "same region", "unmet", { targets: [aCluster(elsewhere)] }, CLUSTER, /an identity made there/],
  ["a cluster to be made", "same region", "met", {}, { ...CLUSTER, databaseId: null }, /^$/],
  [
    "an identity elsewhere",
    "same region",
    "unmet",
    { identities: [anIdentity("id-orders", PRINCIPAL, elsewhere)] },
    { ...CLUSTER, databaseId: null },
    /an identity made there/,
  ],
  ["a cluster without a vault", "same region", "met", { vault: null, targets: [aCluster({ location: "West Europe" })] }, CLUSTER, /^$/],
])("%s: %s is %s", (_, name, state, over, params, line) => {
  const found = of(name, over, params);
  expect(found?.state).toBe(state);
  expect(found?.az.join("\n")).toMatch(line);
});

test("what is unmet is named, advice left out", () => {
  const { reached } = check({
    vault: aVault({ purgeProtection: false, softDeleteRetentionInDays: 7 }),
    keys: [{ state: "gone", name: "cmk" }],
  });
  expect(reached).toEqual({ done: true, detail: "not met or not known: purge protection, key" });
});

test("without a vault's name the key is not found, and nothing is guessed", () => {
  expect(of("key", { patient: { id: ACCOUNT_ID, kind: "database", vaultName: null }, keys: [] })?.state).toBe("unknown");
});

test("a cluster to be made where the vault can't be seen is judged by its identity", () => {
  expect(of("same region", { vault: null }, { ...CLUSTER, databaseId: null })?.state).toBe("met");
});

const PINNED = `https://kv-orders.vault.azure.net/keys/cmk/${V1}`;
const URI = "https://kv-orders.vault.azure.net/keys/cmk";

test.each<[what: string, Partial<Facts>, Partial<Params>, state: string, advised: boolean, line: RegExp | null]>([
  ["a database to come", { targets: [] }, { databaseId: null }, "met", false, null],
  ["an account that has none yet", { targets: [anAccount({ keyUri: null })] }, {}, "met", false, null],
  ["an account", {}, {}, "met", false, null],
  [
    "an account that names a version",
    { targets: [anAccount({ keyUri: PINNED })] },
    {},
    "unmet",
    false,
    /update --name orders .* --key-uri \S+\/keys\/cmk$/m,
  ],
  ["an account with a slash too many", { targets: [anAccount({ keyUri: `${URI}/` })] }, {}, "unmet", false, /--key-uri \S+\/keys\/cmk$/m],
  [
    "an account with no key's URI",
    { targets: [anAccount({ keyUri: "https://example.com/" })] },
    {},
    "unmet",
    false,
    /no line can be given/,
  ],
  ["a cluster", { targets: [aCluster()] }, CLUSTER, "met", true, null],
  ["a cluster that names a version", { targets: [aCluster({ keyUri: PINNED })] }, CLUSTER, "unmet", true, /keyEncryptionKeyUrl/],
  ["a cluster with a slash too many", { targets: [aCluster({ keyUri: `${URI}/` })] }, CLUSTER, "unmet", false, /keyEncryptionKeyUrl/],
  [
    "a cluster whose identity is not known",
    { targets: [aCluster({ keyUri: PINNED, defaultIdentity: { form: "undefined" } })] },
    CLUSTER,
    "unmet",
    true,
    /no line can be given/,
  ],
])("whether the key is named without a version is told of %s", (_, over, params, state, advised, line) => {
  const told = of("versionless URI", over, params)!;
  expect([told.state, told.advised ?? false]).toEqual([state, advised]);
  if (line) expect(told.az.join("\n")).toMatch(line);
  else expect(told.az).toEqual([]);
});
