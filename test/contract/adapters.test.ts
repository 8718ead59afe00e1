import { afterEach, beforeEach, expect, test } from "vitest";
import { addCustomRole, assignRole } from "../../sandbox/azure/authorization/build.ts";
import { addIdentity } from "../../sandbox/azure/managed-identity/build.ts";
import { readDeadLetterer } from "../../sandbox/estate/deployed-roles.ts";
import { addKeyVersion, keyUriOf } from "../../sandbox/azure/keyvault/build.ts";
import { createInventory } from "../../src/azure/inventory.ts";
import { logActivity } from "../../sandbox/azure/monitor/activity-log.ts";
import { createReadActivityLog } from "../../src/azure/read-activity-log.ts";
import { createReadAccess } from "../../src/azure/read-access.ts";
import { createReadTarget } from "../../src/azure/read-database.ts";
import { createReadEventSubscriptions } from "../../src/azure/read-event-subscriptions.ts";
import { createReadIdentity } from "../../src/azure/read-identity.ts";
import { createReadKey } from "../../src/azure/read-key.ts";
import { createReadVault } from "../../src/azure/read-vault.ts";
import { createStepWriter } from "../../src/azure/write-step.ts";
import type { Incident } from "../../src/domain/incident.ts";
import type { FaultSpec } from "../../sandbox/azure/faults.ts";
import { outcomeNews } from "../../src/domain/telling/news.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import { turnInput } from "../support/turns.ts";
import { startSandbox } from "./sandbox-azure.ts";
import type { Sandbox } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const ROLE = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
const DAY = 86_400_000;

test("the inventory has every database of the estate, and every vault by its name", async () => {
  const inventory = createInventory(
    sandbox.clients,
    () => new Date(),
    () => undefined,
  );
  const listed = await inventory.listDatabases();
  const databases = sandbox.estate.patients.flatMap(({ databases: own, kind, vault, keyName, identity }) =>
    own.map(({ id }) => ({ id, kind, keyUri: keyUriOf(vault, keyName), identityIds: [identity.id] })),
  );
  expect(listed.map(({ id }) => id).toSorted()).toEqual(databases.map(({ id }) => id).toSorted());
  for (const database of databases) {
    const found = listed.find(({ id }) => id === database.id);
    expect(found).toMatchObject({ kind: database.kind, keyUri: database.keyUri });
    expect(found?.identityIds.map((id) => id.toLowerCase())).toContain(database.identityIds[0]?.toLowerCase());
  }
  for (const { vault } of sandbox.estate.patients) expect(await inventory.findVault(vault.name.toUpperCase())).toBe(vault.id);
  expect(await inventory.findVault("kv-nobody")).toBeUndefined();
});

test.each([
  ["account", "rbac"],
  ["account", "policies"],
  ["cluster", "rbac"],
  ["cluster", "policies"],
] as const)("reads all there is about a healthy %s on %s", async (kind, access) => {
  const { vault, keyName, identity, databases } = sandbox.patient(kind, access);
  const { clients } = sandbox;
  const target = await createReadTarget(clients)(kind, databases[0]?.id ?? "");
  expect(target).toMatchObject({
    kind,
    keyUri: keyUriOf(vault, keyName),
    identityType: "UserAssigned",
    attached: [{ principalId: identity.principalId, clientId: identity.clientId }],
    service: { healthy: true },
    restoredFrom: null,
  });
  expect(target).toMatchObject({ defaultIdentity: { form: "user", id: expect.stringMatching(new RegExp(`${identity.name}$`)) } });
  const live = await createReadVault(clients)({ id: vault.id, name: vault.name });
  expect(live).toMatchObject({
    state: "live",
    id: vault.id,
    permissionModel: access,
    network: { bypass: "AzureServices" },
    purgeProtection: true,
  });
  if (live.state !== "live") throw new Error("not live");
  const own = live.policies.find(({ objectId }) => objectId === identity.principalId);
  expect(own?.keys.includes("wrapKey") ?? false).toBe(access === "policies");
  const key = await createReadKey(clients)(live, keyName);
  expect(key).toMatchObject({
    state: "live",
    versions: [{ enabled: true, type: "RSA", size: 4096, operations: ["wrapKey", "unwrapKey"] }],
  });
  expect(await createReadIdentity(clients)(identity.id)).toMatchObject({ state: "live", principalId: identity.principalId });
  const grants = await createReadAccess(clients)({ principalId: identity.principalId, keyScope: `${vault.id}/keys/${keyName}`, keyName });
  if (grants.state !== "read") throw new Error(grants.detail);
  expect(grants.viaGroups).toBe(true);
  expect(grants.definitions.every(({ permissions }) => permissions !== null)).toBe(true);
  expect(grants.assignments.some(({ roleDefinitionId }) => roleDefinitionId.endsWith(ROLE))).toBe(access === "rbac");
  expect(await createReadEventSubscriptions(clients)(vault.id)).toMatchObject({
    topic: { name: `evgt-${vault.name}` },
    subscriptions: [{ name: "keymend-keys", properties: { destination: { endpointType: "AzureFunction" } } }],
  });
});

test("reads a key with an old disabled version, newest first", async () => {
  const { vault, keyName } = sandbox.patient("account", "rbac");
  const [old] = vault.keys.get(keyName)?.versions ?? [];
  if (old === undefined) throw new Error("no key");
  old.enabled = false;
  const { version } = addKeyVersion(sandbox.world, vault, keyName);
  const key = await createReadKey(sandbox.clients)({ id: vault.id, name: vault.name, uri: "" }, keyName, [old.version]);
  if (key.state !== "live") throw new Error(key.state);
  expect(key.versions.map((read) => [read.version, read.enabled, read.type])).toEqual([
    [version, true, "RSA"],
    [old.version, false, "RSA"],
  ]);
});

test("tells gone from deleted, for vaults, keys and identities", async () => {
  const { vault, keyName, identity } = sandbox.patient("account", "rbac");
  const { world, clients } = sandbox;
  const ref = { id: vault.id, name: vault.name, uri: `https://${vault.name}.vault.azure.net` };
  const now = Math.floor(world.clock.now() / 1000);
  const key = vault.keys.get(keyName);
  if (key === undefined) throw new Error("no key");
  key.deleted = { deletedDate: now, scheduledPurgeDate: now + 90 * 86_400, visibleAt: world.clock.now() + 14_000 };
  expect(await createReadKey(clients)(ref, keyName)).toMatchObject({ state: "gone" });
  await sandbox.pass(1);
  expect(await createReadKey(clients)(ref, keyName)).toMatchObject({ state: "deleted", versions: [{ enabled: true, size: 4096 }] });
  expect(await createReadKey(clients)(ref, "never")).toEqual({ state: "gone", name: "never" });
  world.identities.delete(identity.id.toLowerCase());
  expect(await createReadIdentity(clients)(identity.id)).toEqual({ state: "gone", id: identity.id });
  vault.deleted = { at: world.clock.now(), purgeAt: world.clock.now() + 90 * DAY };
  const readVault = createReadVault(clients);
  expect(await readVault({ id: vault.id, name: vault.name })).toMatchObject({ state: "deleted", id: vault.id, resourceGroup: "rg-keys" });
  expect(
    await createInventory(
      clients,
      () => new Date(),
      () => undefined,
    ).findVault(vault.name),
  ).toBe(vault.id);
  world.vaults.delete(vault.id.toLowerCase());
  expect(await readVault({ id: vault.id, name: vault.name })).toEqual({ state: "gone", id: vault.id, name: vault.name });
});

test("a firewall stops the data plane and no read through ARM", async () => {
  const { vault, keyName } = sandbox.patient("account", "policies");
  vault.networkAcls = { bypass: "None", defaultAction: "Deny", ipRules: [{ value: "1.2.3.4/32" }], virtualNetworkRules: [] };
  const ref = { id: vault.id, name: vault.name, uri: `https://${vault.name}.vault.azure.net` };
  const key = await createReadKey(sandbox.clients)(ref, keyName);
  if (key.state !== "live") throw new Error(key.state);
  const version = key.versions[0]?.version ?? "";
  const params = { vaultId: vault.id, vaultUri: ref.uri, key: keyName, version };
  expect(await sandbox.carryOut({ name: "EnableKeyVersion", params })).toMatchObject({ kind: "refused", reason: "Firewall" });
  expect(await createReadKey(sandbox.clients)(ref, "gone")).toMatchObject({ state: "unreadable", why: "firewall" });
  expect(await sandbox.carryOut({ name: "AllowTrustedServices", params: { vaultId: vault.id } })).toMatchObject({ kind: "done" });
  expect(vault.networkAcls).toEqual({
    bypass: "AzureServices",
    defaultAction: "Deny",
    ipRules: [{ value: "1.2.3.4/32" }],
    virtualNetworkRules: [],
  });
});

const JOIN = "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action";

test("what has virtual network rules is changed by who may join their subnets; else the right is named that is lacking", async () => {
  const { world, estate, patient, carryOut } = sandbox;
  const network = `/subscriptions/${world.subscriptionId}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet`;
  const rules = [{ id: `${network}/subnets/a` }];
  const { vault, databases, identity } = patient("account", "rbac");
  vault.networkAcls = { bypass: "None", defaultAction: "Deny", ipRules: [], virtualNetworkRules: rules };
  const account = [...world.accounts.values()].find(({ name }) => name === databases[0]!.name)!;
  account.properties["virtualNetworkRules"] = rules;
  account.defaultIdentity = "FirstPartyIdentity";
  const defaultIdentity = `UserAssignedIdentity=${identity.id}`;
  const open = () => carryOut({ name: "AllowTrustedServices", params: { vaultId: vault.id } });
  const set = () => carryOut({ name: "SetDefaultIdentity", params: { targetId: account.id, defaultIdentity } });
  const lacking = {
    kind: "refused",
    reason: "NotPermitted",
    code: "LinkedAuthorizationFailed",
    detail: expect.stringContaining(JOIN) as string,
  };
  expect([await open(), await set()]).toMatchObject([lacking, lacking]);
  expect([vault.networkAcls.bypass, account.defaultIdentity]).toEqual(["None", "FirstPartyIdentity"]);
  const { name: role } = addCustomRole(world, { roleName: "Keymend Joiner", actions: [JOIN] });
  for (const { principalId } of [estate.keymend.vaults, estate.keymend.databases]) assignRole(world, { principalId, role, scope: network });
  expect([await open(), await set()]).toMatchObject([{ kind: "done" }, { kind: "done" }]);
  expect([vault.networkAcls, account.defaultIdentity]).toMatchObject([
    { bypass: "AzureServices", virtualNetworkRules: rules },
    defaultIdentity,
  ]);
});

test("mends a key version: expiry, switch, start and operations, each once", async () => {
  const { vault, keyName } = sandbox.patient("account", "policies");
  const [version] = vault.keys.get(keyName)?.versions ?? [];
  if (version === undefined) throw new Error("no key");
  const now = Math.floor(Date.now() / 1000);
  Object.assign(version, { enabled: false, exp: now - 60, nbf: now + 600, keyOps: ["sign"] });
  const params = { vaultId: vault.id, vaultUri: `https://${vault.name}.vault.azure.net`, key: keyName, version: version.version };
  const expiresOn = new Date((now + 90 * 86_400) * 1000).toISOString();
  const notBefore = new Date((now - 60) * 1000).toISOString();
  for (let twice = 0; twice < 2; twice++) {
    const extended = await sandbox.carryOut({ name: "ExtendKeyExpiry", params: { ...params, expiresOn, previous: null, extensions: 1 } });
    expect(extended).toMatchObject({ kind: "done" });
    expect(await sandbox.carryOut({ name: "EnableKeyVersion", params })).toMatchObject({ kind: "done" });
    expect(await sandbox.carryOut({ name: "SetKeyNotBefore", params: { ...params, notBefore } })).toMatchObject({ kind: "done" });
    const operations = ["wrapKey", "unwrapKey"];
    expect(await sandbox.carryOut({ name: "RestoreKeyOperations", params: { ...params, operations } })).toMatchObject({ kind: "done" });
  }
  expect(version).toMatchObject({ enabled: true, exp: now + 90 * 86_400, nbf: now - 60, keyOps: ["sign", "wrapKey", "unwrapKey"] });
  expect(sandbox.writes()).toHaveLength(4);
});

test("recovers a deleted key, and a deleted vault into its place", async () => {
  const { vault, keyName } = sandbox.patient("account", "policies");
  const { world } = sandbox;
  const now = Math.floor(world.clock.now() / 1000);
  const key = vault.keys.get(keyName);
  if (key === undefined) throw new Error("no key");
  key.deleted = { deletedDate: now, scheduledPurgeDate: now + 90 * 86_400, visibleAt: world.clock.now() };
  const on = { vaultId: vault.id, vaultUri: `https://${vault.name}.vault.azure.net`, key: keyName };
  expect(await sandbox.carryOut({ name: "RecoverKey", params: on })).toMatchObject({ kind: "done" });
  expect(key.deleted).toBeUndefined();
  vault.deleted = { at: world.clock.now(), purgeAt: world.clock.now() + 90 * DAY };
  const params = { vaultId: vault.id, location: vault.location, tenantId: world.tenantId, sku: "standard" };
  expect(await sandbox.carryOut({ name: "RecoverVault", params })).toMatchObject({ kind: "done" });
  expect(vault.deleted).toBeUndefined();
  expect(await sandbox.carryOut({ name: "RecoverVault", params })).toMatchObject({
    kind: "done",
    detail: expect.stringContaining("already"),
  });
});

test("grants, once, and only what Keymend may grant", async () => {
  const { vault, keyName, identity } = sandbox.patient("account", "rbac");
  const { world } = sandbox;
  const [id, lost] = [...world.roleAssignments].find(([, { principalId }]) => principalId === identity.principalId) ?? [];
  if (id === undefined || lost === undefined) throw new Error("no grant");
  world.roleAssignments.delete(id);
  const grantee = { identityId: identity.id, principalId: identity.principalId };
  const restore = { ...grantee, ...lost };
  for (let twice = 0; twice < 2; twice++) {
    expect(await sandbox.carryOut({ name: "RestoreRoleAssignment", params: restore })).toMatchObject({ kind: "done" });
  }
  expect(world.roleAssignments.get(id)).toMatchObject({ principalId: identity.principalId, scope: lost.scope });
  const scope = `${vault.id}/keys/${keyName}`;
  for (let twice = 0; twice < 2; twice++) {
    expect(await sandbox.carryOut({ name: "GrantKeyRole", params: { ...grantee, scope, roleDefinitionId: ROLE } })).toMatchObject({
      kind: "done",
    });
  }
  const administrator = "00482a5a-887f-4fb3-b363-3b7fe8e74483";
  expect(await sandbox.carryOut({ name: "GrantKeyRole", params: { ...grantee, scope, roleDefinitionId: administrator } })).toMatchObject({
    kind: "refused",
    reason: "NotPermitted",
  });
});

test("an assignment's old name that another principal has taken is left alone", async () => {
  const { vault, identity } = sandbox.patient("account", "rbac");
  const { world } = sandbox;
  const [id, taken] = [...world.roleAssignments].find(([, { principalId }]) => principalId === identity.principalId) ?? [];
  if (id === undefined || taken === undefined) throw new Error("no grant");
  const other = sandbox.patient("cluster", "rbac").identity;
  const params = { identityId: other.id, ...taken, principalId: other.principalId };
  expect(await sandbox.carryOut({ name: "RestoreRoleAssignment", params })).toMatchObject({ kind: "done" });
  expect(world.roleAssignments.get(id)?.principalId).toBe(identity.principalId);
  expect(
    [...world.roleAssignments.values()].some(({ principalId, scope }) => principalId === other.principalId && scope === vault.id),
  ).toBe(true);
});

test("adds to an access policy what it lacks", async () => {
  const { vault, identity } = sandbox.patient("cluster", "policies");
  const policy = vault.accessPolicies.find(({ objectId }) => objectId === identity.principalId);
  if (policy === undefined) throw new Error("no policy");
  policy.permissions.keys = ["get"];
  const grantee = { identityId: identity.id, principalId: identity.principalId };
  const params = {
    ...grantee,
    vaultId: vault.id,
    tenantId: sandbox.world.tenantId,
    applicationId: null,
    keys: ["list", "wrapKey", "unwrapKey"],
  };
  for (let twice = 0; twice < 2; twice++) {
    expect(await sandbox.carryOut({ name: "AddAccessPolicyPermissions", params })).toMatchObject({ kind: "done" });
  }
  const own = vault.accessPolicies.filter(({ objectId }) => objectId === identity.principalId);
  expect(own).toHaveLength(1);
  expect(own[0]?.permissions.keys?.toSorted()).toEqual(["get", "list", "unwrapKey", "wrapKey"]);
  expect(sandbox.writes()).toHaveLength(1);
});

test("gives an account a new identity: make, attach, default, detach", async () => {
  const { databases, identity } = sandbox.patient("account", "policies");
  const targetId = databases[0]?.id ?? "";
  const identityId = `${identity.id}-k1`;
  const create = { name: "CreateIdentity" as const, params: { identityId, location: identity.location, insteadOf: identity.name } };
  for (let twice = 0; twice < 2; twice++) expect(await sandbox.carryOut(create)).toMatchObject({ kind: "done" });
  const detach = { targetId, targetKind: "account" as const, identityId: identity.id, keeps: null };
  const early = await sandbox.carryOut({ name: "DetachIdentity", params: detach });
  expect(early).toMatchObject({ kind: "refused", code: "StillTheDefault" });
  expect(await sandbox.carryOut({ name: "AttachIdentity", params: { targetId, identityId } })).toMatchObject({ kind: "done" });
  const defaultIdentity = `UserAssignedIdentity=${identityId}`;
  expect(await sandbox.carryOut({ name: "SetDefaultIdentity", params: { targetId, defaultIdentity } })).toMatchObject({ kind: "done" });
  expect(await sandbox.carryOut({ name: "DetachIdentity", params: detach })).toMatchObject({ kind: "done" });
  const read = await createReadTarget(sandbox.clients)("account", targetId);
  expect(read).toMatchObject({
    defaultIdentity: { form: "user", id: identityId },
    attached: [{ id: identityId }],
    identityType: "UserAssigned",
  });
});

test("two changes of one account at once: the second is told to come again", async () => {
  const { databases, identity } = sandbox.patient("account", "policies");
  const targetId = databases[0]?.id ?? "";
  const writer = createStepWriter(sandbox.clientsOf);
  const identityId = `${identity.id}-k1`;
  await sandbox.carryOut({ name: "CreateIdentity", params: { identityId, location: identity.location, insteadOf: identity.name } });
  const attach = { name: "AttachIdentity" as const, params: { targetId, identityId } };
  expect(await writer.submit(attach)).toMatchObject({ kind: "submitted" });
  await expect(writer.submit(attach)).rejects.toMatchObject({ name: "TransientError" });
});

test("sets a malformed key URI right, and hears the refusal while revoked", async () => {
  const { vault, keyName, databases } = sandbox.patient("account", "policies");
  const [account] = databases;
  if (account === undefined || !("keyVaultKeyUri" in account)) throw new Error("no account");
  const keyUri = keyUriOf(vault, keyName);
  account.keyVaultKeyUri = `${keyUri}/`;
  expect(await sandbox.carryOut({ name: "SetKeyUri", params: { targetId: account.id, keyUri } })).toMatchObject({ kind: "done" });
  expect(account.keyVaultKeyUri).toBe(keyUri);
  Object.assign(account, { keyVaultKeyUri: `${keyUri}/`, check: { ...account.check, revoked: true, code: 4006 } });
  expect(await sandbox.carryOut({ name: "SetKeyUri", params: { targetId: account.id, keyUri } })).toMatchObject({
    kind: "refused",
    reason: "NotAccepted",
  });
});

test("gives a cluster another identity and key URL in one write", async () => {
  const { vault, keyName, databases, identity } = sandbox.patient("cluster", "policies");
  const targetId = databases[0]?.id ?? "";
  const identityId = `${identity.id}-k1`;
  await sandbox.carryOut({ name: "CreateIdentity", params: { identityId, location: identity.location, insteadOf: identity.name } });
  const { principalId } = sandbox.world.identities.get(identityId.toLowerCase()) ?? { principalId: "" };
  vault.accessPolicies.push({
    tenantId: sandbox.world.tenantId,
    objectId: principalId,
    permissions: { keys: ["get", "list", "wrapKey", "unwrapKey"] },
  });
  const keyUrl = keyUriOf(vault, keyName);
  expect(await sandbox.carryOut({ name: "SetClusterEncryption", params: { targetId, identityId, keyUrl } })).toMatchObject({
    kind: "done",
  });
  const on = { targetId, targetKind: "cluster" as const, identityId: identity.id, keeps: { identityId, keyUrl } };
  expect(await sandbox.carryOut({ name: "DetachIdentity", params: on })).toMatchObject({ kind: "done" });
  const read = await createReadTarget(sandbox.clients)("cluster", targetId);
  expect(read).toMatchObject({ keyUri: keyUrl, defaultIdentity: { form: "user", id: identityId }, attached: [{ id: identityId }] });
});

test("puts a lost event subscription back as it was", async () => {
  const { vault } = sandbox.patient("account", "rbac");
  const { world } = sandbox;
  const read = createReadEventSubscriptions(sandbox.clients);
  const before = await read(vault.id);
  if ("state" in before || before.subscriptions[0] === undefined) throw new Error("no event subscription");
  const [{ id, topicId, topicLocation, name, properties }] = before.subscriptions;
  world.eventSubscriptions.delete(id.toLowerCase());
  expect(await read(vault.id)).toEqual({ ...before, subscriptions: [] });
  const step = { name: "RestoreEventSubscription" as const, params: { topicId, topicLocation, source: vault.id, name, properties } };
  for (let twice = 0; twice < 2; twice++) expect(await sandbox.carryOut(step)).toMatchObject({ kind: "done" });
  expect(await read(vault.id)).toEqual(before);
});

test("a topic that went with its vault is made anew with the identity that keeps letters, and by nobody who may not hand that on", async () => {
  const { world, estate } = sandbox;
  const { vault } = sandbox.patient("account", "rbac");
  const read = createReadEventSubscriptions(sandbox.clients);
  const before = await read(vault.id);
  if ("state" in before || before.subscriptions[0] === undefined) throw new Error("no event subscription");
  const identity = addIdentity(world, { resourceGroup: "rg-keymend", name: "id-keymend-events" });
  const [{ topicId, topicLocation, name, properties }] = before.subscriptions;
  const deadLetterWithResourceIdentity = {
    identity: { type: "UserAssigned", userAssignedIdentity: identity.id },
    deadLetterDestination: { endpointType: "StorageBlob", properties: { resourceId: "/st1", blobContainerName: "dead-letters" } },
  };
  const kept = { ...properties, deadLetterWithResourceIdentity };
  const step = { name: "RestoreEventSubscription" as const, params: { topicId, topicLocation, source: vault.id, name, properties: kept } };
  world.eventSubscriptions.delete(before.subscriptions[0].id.toLowerCase());
  // Under a topic that lacks it nobody can name it.
  expect(await sandbox.carryOut(step)).toMatchObject({ kind: "refused", reason: "NotAccepted" });
  world.systemTopics.delete(topicId.toLowerCase());
  expect(await sandbox.carryOut(step)).toMatchObject({ kind: "refused", reason: "NotPermitted" });
  const { principalId } = estate.keymend.vaults;
  const { roleName, permissions } = readDeadLetterer(principalId);
  const role = addCustomRole(world, { roleName });
  role.permissions = permissions;
  assignRole(world, { principalId, role: role.name, scope: identity.id });
  expect(await sandbox.carryOut(step)).toMatchObject({ kind: "done" });
  // Another look: a list of topics is asked for once a look.
  const after = await createReadEventSubscriptions(sandbox.clients)(vault.id);
  expect(after).toMatchObject({
    topic: { identityIds: [identity.id] },
    subscriptions: [{ properties: { deadLetterWithResourceIdentity } }],
  });
});

test("a lock is told as one", async () => {
  const { vault, keyName, identity } = sandbox.patient("account", "rbac");
  const id = `${vault.id}/providers/Microsoft.Authorization/locks/l1`;
  sandbox.world.locks.set(id.toLowerCase(), { id, name: "l1", scope: vault.id, level: "ReadOnly", notes: "" });
  const grantee = { identityId: identity.id, principalId: identity.principalId };
  const params = { ...grantee, scope: `${vault.id}/keys/${keyName}`, roleDefinitionId: ROLE };
  expect(await sandbox.carryOut({ name: "GrantKeyRole", params })).toMatchObject({ kind: "refused", reason: "Locked" });
});

test("throttling and broken connections come out as what a retry may cure", async () => {
  const { vault } = sandbox.patient("account", "rbac");
  const readVault = createReadVault(sandbox.clients);
  const match = { path: "/vaults/" };
  sandbox.azure.faults.arm({ match, fault: { kind: "status", status: 429, code: "TooManyRequests", message: "slow", retryAfter: 7 } });
  await expect(readVault({ id: vault.id, name: vault.name })).rejects.toMatchObject({ name: "TransientError", retryAfterMs: 7000 });
  sandbox.azure.faults.arm({ match, fault: { kind: "reset" } });
  await expect(readVault({ id: vault.id, name: vault.name })).rejects.toMatchObject({ name: "TransientError", retryAfterMs: null });
  expect(await readVault({ id: vault.id, name: vault.name })).toMatchObject({ state: "live" });
});

test("a write whose answer is lost is made once", async () => {
  const { vault, keyName } = sandbox.patient("account", "policies");
  const [version] = vault.keys.get(keyName)?.versions ?? [];
  if (version === undefined) throw new Error("no key");
  version.enabled = false;
  const params = { vaultId: vault.id, vaultUri: `https://${vault.name}.vault.azure.net`, key: keyName, version: version.version };
  sandbox.azure.faults.arm({ match: { method: "PATCH", path: "/keys/" }, fault: { kind: "lostAnswer" } });
  await expect(sandbox.carryOut({ name: "EnableKeyVersion", params })).rejects.toMatchObject({ name: "TransientError" });
  expect(await sandbox.carryOut({ name: "EnableKeyVersion", params })).toMatchObject({
    kind: "done",
    detail: expect.stringContaining("already"),
  });
  expect(sandbox.writes()).toHaveLength(1);
});

test("tells an outcome to a custom topic, as a CloudEvent with an id that stays", async () => {
  const openedAt = "2026-11-21T10:00:00.000Z";
  const incident: Incident = {
    ...decideTurn(turnInput({ now: openedAt })).incident!,
    id: "i1",
    outcome: "Healed",
    reason: null,
    detail: "well",
  };
  const { vaultId, causes, targets } = incident;
  const event = {
    source: "/keymend",
    specversion: "1.0",
    id: "i1-Healed",
    subject: vaultId,
    type: "Keymend.Healed",
    time: openedAt,
    data: {
      incidentId: "i1",
      vaultId,
      outcome: "Healed",
      reason: null,
      detail: "well",
      causes: causes.map(({ code }) => code),
      targets: targets.map(({ id, phase, outcome }) => ({ id, phase, outcome })),
      openedAt,
      closedAt: null,
    },
  };
  expect(event.data.causes.length * event.data.targets.length).toBeGreaterThan(0);
  const closedAt = "2026-11-21T11:00:00.000Z";
  const tell = sandbox.channels.topic!;
  expect(await tell([outcomeNews(incident)])).toEqual({ ok: true });
  expect(await tell([outcomeNews({ ...incident, closedAt })])).toEqual({ ok: true });
  const later = { ...event, time: closedAt, data: { ...event.data, closedAt } };
  expect(sandbox.azure.published).toMatchObject([{ events: [event] }, { events: [later] }]);
});

test.each<[string, FaultSpec["fault"], object]>([
  ["is busy", { kind: "status", status: 503 }, { ok: false, retryAfterMs: null }],
  ["refuses", { kind: "status", status: 403, code: "Forbidden", message: "no" }, { ok: false, why: "Forbidden: no", retryAfterMs: null }],
  ["breaks off", { kind: "reset" }, { ok: false, retryAfterMs: null }],
])("a topic that %s is said to be so, and throws nothing", async (_, fault, sent) => {
  sandbox.azure.faults.arm({ match: { path: "/api/events" }, fault });
  const news = outcomeNews({ ...decideTurn(turnInput()).incident!, outcome: "Healed" });
  expect(await sandbox.channels.topic!([news])).toMatchObject(sent);
  expect(sandbox.azure.published).toEqual([]);
});

test("the activity log tells who did what, of operations that have ended well", async () => {
  const { world, clients, pass, patient } = sandbox;
  const { vault } = patient("account", "rbac");
  const [, , subscriptionId = "", , name = ""] = vault.id.split("/");
  const since = new Date(world.clock.now()).toISOString();
  const request = { method: "PUT", url: new URL(`https://management.azure.com${vault.id}`), headers: {}, body: "" };
  const change = (operation: string, scope: string, oid: string, status: "Succeeded" | "Failed") => {
    const done = { request, operation, scope, claims: { oid }, correlationId: `${operation}${oid}`, assignmentId: null };
    logActivity(world, done, { status: "Started" });
    logActivity(world, done, { status, httpStatus: status === "Failed" ? 409 : 200 });
  };
  change("Microsoft.KeyVault/vaults/write", vault.id, "ada", "Succeeded");
  change("Microsoft.KeyVault/vaults/write", vault.id, "eve", "Failed");
  const assignment = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleAssignments/a1`;
  change("Microsoft.Authorization/roleAssignments/delete", assignment, "bob", "Succeeded");
  const ask = () =>
    createReadActivityLog(clients)({
      since,
      until: new Date(world.clock.now()).toISOString(),
      groups: [{ subscriptionId, name }],
      subscriptionIds: [subscriptionId],
    });
  expect(await ask()).toEqual([]);
  await pass(21);
  expect(await ask()).toEqual([
    { operation: "Microsoft.KeyVault/vaults/write", resource: vault.id, at: since, objectId: "ada" },
    { operation: "Microsoft.Authorization/roleAssignments/delete", resource: assignment, at: since, objectId: "bob" },
  ]);
});
