import { expect, test } from "vitest";
import { addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { addAccount, addCluster } from "../../../../sandbox/azure/documentdb/build.ts";
import { checkKey } from "../../../../sandbox/azure/documentdb/key-checks.ts";
import { FIRST_PARTY_APP_ID, forceKeyPath, keyPath } from "../../../../sandbox/azure/documentdb/key-path.ts";
import { addKeyVersion } from "../../../../sandbox/azure/keyvault/build.ts";
import { addIdentity } from "../../../../sandbox/azure/managed-identity/build.ts";
import { aSetting, HOUR, MINUTE, pass, patched, revokeGrants, send, START } from "./support.ts";
import type { Setting } from "./support.ts";

const SECOND = START / 1000;

/** What breaks, what a check finds, and the code of an account's status. */
const losses: Record<string, { act: (s: Setting) => unknown; why: string; code: number }> = {
  "the grant is gone": { act: (s) => revokeGrants(s.world, s.identity.principalId), why: "Forbidden", code: 4002 },
  "the key is disabled": { act: (s) => (s.key.versions[0]!.enabled = false), why: "Disabled", code: 4018 },
  "the key has expired, though unwrap still works": { act: (s) => (s.key.versions[0]!.exp = SECOND - 1), why: "Expired", code: 4018 },
  "the key is not valid yet": { act: (s) => (s.key.versions[0]!.nbf = SECOND + 60), why: "NotYetValid", code: 4018 },
  "wrapKey was taken from the key": {
    act: (s) => void (s.key.versions[0]!.keyOps = ["unwrapKey"]),
    why: "OperationNotAllowed",
    code: 4005,
  },
  "the key is of a wrong type": { act: (s) => (s.key.versions[0]!.kty = "EC"), why: "Unfit", code: 4005 },
  "the key is deleted": { act: (s) => s.vault.keys.clear(), why: "KeyNotFound", code: 4003 },
  "the vault is deleted": {
    act: (s) => void (s.vault.deleted = { at: START, purgeAt: START + 90 * 24 * HOUR }),
    why: "VaultNotFound",
    code: 4017,
  },
  "the vault is purged": { act: (s) => s.world.vaults.clear(), why: "DnsNotResolved", code: 4009 },
  "the firewall lets no trusted service through": {
    act: (s) => void Object.assign(s.vault.networkAcls, { defaultAction: "Deny", bypass: "None" }),
    why: "Firewall",
    code: 4002,
  },
  "a perimeter is around the vault": {
    act: (s) => void (s.vault.publicNetworkAccess = "SecuredByPerimeter"),
    why: "Perimeter",
    code: 4016,
  },
  "the identity is deleted": { act: (s) => s.world.identities.clear(), why: "NoToken", code: 4000 },
  "the identity was made anew under its name": {
    act: (s) => addIdentity(s.world, { resourceGroup: "rg-data", name: s.identity.name }),
    why: "NoToken",
    code: 4000,
  },
};

test.each(Object.entries(losses))("%s: lost, with the documented code for an account and none for a cluster", (_, { act, why, code }) => {
  const setting = aSetting();
  expect(keyPath(setting.world, setting.account).ok && keyPath(setting.world, setting.cluster).ok).toBe(true);
  act(setting);
  expect(keyPath(setting.world, setting.account)).toEqual({ ok: false, why, code });
  expect(keyPath(setting.world, setting.cluster)).toEqual({ ok: false, why, code: null });
});

test("codes that the documentation leaves open are switches", () => {
  const setting = aSetting({ "documentdb.disabledOrExpiredCode": 4002 });
  setting.key.versions[0]!.enabled = false;
  expect(keyPath(setting.world, setting.account)).toMatchObject({ code: 4002 });
  Object.assign(setting.world.switches, { "documentdb.disabledOrExpiredCode": "4002" });
  expect(() => checkKey(setting.world, setting.account)).toThrow("takes a number");
});

test.each([
  ["Undefined", "UndefinedDefaultIdentity", 4015],
  ["", "UndefinedDefaultIdentity", 4015],
  ["SystemAssignedIdentity", "IdentityNotAttached", 4015],
  [
    "UserAssignedIdentity=/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x",
    "IdentityNotAttached",
    4015,
  ],
  // No such application in the tenant.
  ["FirstPartyIdentity", "NoToken", 4000],
])("a default identity of '%s' is %s", (defaultIdentity, why, code) => {
  const { world, account } = aSetting();
  account.defaultIdentity = defaultIdentity;
  expect(keyPath(world, account)).toEqual({ ok: false, why, code });
});

test("the first-party identity is the tenant's service principal of Cosmos DB's application", () => {
  const { world, account, vault } = aSetting();
  account.defaultIdentity = "FirstPartyIdentity";
  const { oid } = addPrincipal(world, { name: "Azure Cosmos DB", appid: FIRST_PARTY_APP_ID });
  expect(keyPath(world, account)).toMatchObject({ why: "Forbidden" });
  assignRole(world, { principalId: oid, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: vault.id });
  expect(keyPath(world, account).ok).toBe(true);
});

test("a system-assigned identity works once it has a grant", async () => {
  const setting = aSetting();
  await patched(setting, { identity: { type: "SystemAssigned,UserAssigned" } });
  await patched(setting, { properties: { defaultIdentity: "SystemAssignedIdentity" } });
  expect(keyPath(setting.world, setting.account)).toMatchObject({ why: "Forbidden" });
  const principalId = setting.account.identity.principalId!;
  assignRole(setting.world, { principalId, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: setting.vault.id });
  expect(keyPath(setting.world, setting.account).ok).toBe(true);
});

test.each([
  "https://kv-orders.vault.azure.net/keys/cmk-orders/",
  "https://kv-orders.vault.azure.net/keys",
  "https://example.com/keys/cmk-orders",
])("an account whose URI is %s: 4006", (keyUri) => {
  const { world, identity } = aSetting();
  const account = addAccount(world, { name: "odd", resourceGroup: "rg-data", identities: [identity.id], keyUri });
  expect(keyPath(world, account)).toEqual({ ok: false, why: "Malformed", code: 4006 });
});

test("an account's URI may not have a version; a cluster's may, and pins it", () => {
  const setting = aSetting();
  const { world, identity, keyUri, key, vault } = setting;
  const pinned = `${keyUri}/${key.versions[0]!.version}`;
  const account = addAccount(world, { name: "odd", resourceGroup: "rg-data", identities: [identity.id], keyUri: pinned });
  expect(keyPath(world, account)).toMatchObject({ code: 4006 });
  const cluster = addCluster(world, { name: "odd", resourceGroup: "rg-data", identities: [identity.id], keyUrl: pinned });
  addKeyVersion(world, vault, key.name);
  expect(keyPath(world, cluster)).toEqual({ ok: true, version: key.versions[0]!.version });
  key.versions[0]!.enabled = false;
  expect(keyPath(world, cluster)).toMatchObject({ why: "Disabled" });
});

test("the version in use must stay usable after a rotation, until the service has moved on", () => {
  const { world, account, cluster, key, vault } = aSetting();
  addKeyVersion(world, vault, key.name);
  expect(keyPath(world, account)).toEqual({ ok: true, version: key.versions[1]!.version });
  key.versions[0]!.enabled = false;
  expect(keyPath(world, account)).toEqual({ ok: false, why: "Disabled", code: 4005 });
  expect(keyPath(world, cluster)).toEqual({ ok: false, why: "Disabled", code: null });
});

test("disabling the latest version revokes, whatever the version in use (how-to-setup-customer-managed-keys.md)", () => {
  const { world, account, key, vault } = aSetting();
  addKeyVersion(world, vault, key.name, { enabled: false });
  expect(keyPath(world, account)).toEqual({ ok: false, why: "Disabled", code: 4018 });
});

test("a restored account lives on its source's identity until some time after the source is gone", async () => {
  const setting = aSetting();
  const { world, account, identity } = setting;
  const copy = addAccount(world, { name: "orders-copy", resourceGroup: "rg-data", restoredFrom: account });
  expect(keyPath(world, copy).ok).toBe(true);
  await send(setting, "DELETE", account.id);
  await pass(world, 10 * MINUTE);
  expect(keyPath(world, copy).ok).toBe(true);
  await pass(world, 24 * HOUR);
  expect(keyPath(world, copy)).toEqual({ ok: false, why: "NoToken", code: 4000 });
  // Attaching it to the copy itself makes it the copy's own.
  await patched({ ...setting, account: copy }, { identity: { type: "UserAssigned", userAssignedIdentities: { [identity.id]: {} } } });
  expect(keyPath(world, copy).ok).toBe(true);
});

test("a story can say what checks find", () => {
  const { world, account } = aSetting();
  forceKeyPath(world, account, { ok: false, why: "DnsNotResolved", code: 4009 });
  expect(keyPath(world, account)).toMatchObject({ code: 4009 });
  forceKeyPath(world, account, undefined);
  expect(keyPath(world, account).ok).toBe(true);
});

test("a database without a customer-managed key has no key path", () => {
  const { world } = aSetting();
  expect(() => keyPath(world, addAccount(world, { name: "plain", resourceGroup: "rg-data" }))).toThrow("no customer-managed key");
});
