/**
 * What each step declares is what its write takes of the identity of its capability: with that, and the reads of `observe` beside it, it is
 * made under that identity and no other; without any one of it, it is not.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { assignRole } from "../../sandbox/azure/authorization/build.ts";
import { keyUriOf } from "../../sandbox/azure/keyvault/build.ts";
import { addIdentity } from "../../sandbox/azure/managed-identity/build.ts";
import type { Account, Cluster, KeyVersion } from "../../sandbox/azure/world.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import type { Writing } from "../../src/domain/capability.ts";
import { type Permission, united } from "../../src/domain/steps/spec.ts";
import type { StepDraft, StepName, StepParams } from "../../src/domain/steps/step.ts";
import { declaredReads } from "../../src/azure/declared-reads.ts";
import { leaveOnly, type Sandbox, startSandbox, withoutEach } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

// The log of a vault is read with a role of its own.
const { READ_KEY_LOG: _log, ...reads } = declaredReads;

const secondsOf = ({ world }: Sandbox): number => Math.floor(world.clock.now() / 1000);
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

const accountOf = ({ patient }: Sandbox): Account => {
  const found = patient("account", "rbac").databases.find((one) => "defaultIdentity" in one);
  if (found === undefined) throw new Error("no account");
  return found;
};
const clusterOf = ({ patient }: Sandbox): Cluster => {
  const found = patient("cluster", "policies").databases.find((one) => "keyEncryptionKeyUrl" in one);
  if (found === undefined) throw new Error("no cluster");
  return found;
};

function onKey({ patient }: Sandbox): StepParams["RecoverKey"] {
  const { vault, keyName } = patient("account", "rbac");
  return { vaultId: vault.id, vaultUri: `https://${vault.name}.vault.azure.net`, key: keyName };
}

/** The only version of that key, broken in this way. */
function broken(own: Sandbox, how: Partial<KeyVersion>): StepParams["EnableKeyVersion"] {
  const { vault, keyName } = own.patient("account", "rbac");
  const version = vault.keys.get(keyName)!.versions[0]!;
  Object.assign(version, how);
  return { ...onKey(own), version: version.version };
}

/** One more that a database may be given, made once. */
function otherIdentity({ world, patient }: Sandbox, kind: "account" | "cluster") {
  const { vault, identity } = patient(kind, "policies");
  const known = world.identities.get(`${identity.id}-other`.toLowerCase());
  const other = known ?? addIdentity(world, { resourceGroup: identity.id.split("/")[4]!, name: `${identity.name}-other` });
  const keys = ["get", "list", "wrapKey", "unwrapKey"];
  if (known === undefined) vault.accessPolicies.push({ tenantId: world.tenantId, objectId: other.principalId, permissions: { keys } });
  return other;
}

function attachTo({ identity }: Account | Cluster, { id, principalId, clientId }: ReturnType<typeof otherIdentity>): void {
  identity.userAssigned.set(id, { principalId, clientId });
}

const role = "e147488a-f6f5-4113-8e2d-b22465e65bf6";

/** Breaks what the step mends, again before each attempt, and says what it is made with. */
const rows: { readonly [N in StepName]: readonly ((sandbox: Sandbox) => StepParams[N])[] } = {
  RecoverVault: [
    ({ world, patient }) => {
      const { vault } = patient("account", "rbac");
      vault.deleted = { at: world.clock.now(), purgeAt: world.clock.now() + 86_400_000 };
      return { vaultId: vault.id, location: vault.location, tenantId: world.tenantId, sku: "standard" };
    },
  ],
  RecoverKey: [
    (own) => {
      const { vault, keyName } = own.patient("account", "rbac");
      const deletedDate = secondsOf(own);
      vault.keys.get(keyName)!.deleted = { deletedDate, scheduledPurgeDate: deletedDate + 86_400, visibleAt: 0 };
      return onKey(own);
    },
  ],
  PutBackKeyVersion: [
    (own) => {
      const updated = secondsOf(own) - 5;
      const on = broken(own, { exp: secondsOf(own) - 600, updated });
      return { ...on, attribute: "expiresOn", value: iso(secondsOf(own) - 60), writtenOn: iso(updated) };
    },
  ],
  EnableKeyVersion: [(own) => broken(own, { enabled: false })],
  TagIntent: [(own) => ({ ...broken(own, { tags: {} }), value: "w1", others: {} })],
  // To come: none was made since then.
  CreateKeyVersion: [(own) => ({ ...onKey(own), since: iso(secondsOf(own) + 3600) })],
  CreateKey: [
    (own) => {
      own.patient("account", "rbac").vault.keys.delete("cmk-new");
      return { ...onKey(own), key: "cmk-new" };
    },
  ],
  DisableKeyVersion: [(own) => broken(own, { enabled: true })],
  UntagIntent: [(own) => ({ ...broken(own, { tags: { "keymend:revoked": "w1" } }), value: "w1", others: {} })],
  SetKeyNotBefore: [(own) => ({ ...broken(own, { nbf: secondsOf(own) + 600 }), notBefore: iso(secondsOf(own) - 60) })],
  ExtendKeyExpiry: [
    (own) => {
      const expiresOn = iso(Math.floor(Date.now() / 1000) + 90 * 86_400);
      return { ...broken(own, { exp: secondsOf(own) - 60 }), expiresOn, previous: null, extensions: 1 };
    },
  ],
  RestoreKeyOperations: [(own) => ({ ...broken(own, { keyOps: ["sign"] }), operations: ["wrapKey", "unwrapKey"] })],
  CreateIdentity: [
    ({ patient }) => {
      const { identity } = patient("account", "rbac");
      return { identityId: `${identity.id}-k1`, location: identity.location, insteadOf: identity.name };
    },
  ],
  RestoreRoleAssignment: [
    ({ world, patient }) => {
      const { vault, identity } = patient("account", "rbac");
      for (const [id, { principalId }] of world.roleAssignments) if (principalId === identity.principalId) world.roleAssignments.delete(id);
      return {
        identityId: identity.id,
        principalId: identity.principalId,
        scope: vault.id,
        name: "0a0a0a0a-0000-4000-8000-000000000001",
        roleDefinitionId: role,
        principalType: "ServicePrincipal",
        condition: null,
        conditionVersion: null,
        description: null,
      };
    },
  ],
  GrantKeyRole: [
    ({ patient }) => {
      const { vault, keyName, identity } = patient("account", "rbac");
      return {
        identityId: identity.id,
        principalId: identity.principalId,
        scope: `${vault.id}/keys/${keyName}`,
        roleDefinitionId: role,
      };
    },
  ],
  RemoveGrant: [
    (own) => {
      const { vault, identity, keyName } = own.patient("account", "rbac");
      const scope = `${vault.id}/keys/${keyName}`;
      const { name } = assignRole(own.world, { scope, principalId: identity.principalId, role });
      return { scope, name, holder: identity.principalId };
    },
  ],
  RemoveAccessPolicyPermissions: [
    ({ world, patient }) => {
      const { vault, identity } = patient("cluster", "policies");
      const keys = ["get", "list", "wrapKey", "unwrapKey"];
      vault.accessPolicies = vault.accessPolicies.filter(({ objectId }) => objectId !== identity.principalId);
      vault.accessPolicies.push({ tenantId: world.tenantId, objectId: identity.principalId, permissions: { keys } });
      return { vaultId: vault.id, tenantId: world.tenantId, holder: identity.principalId, keys };
    },
  ],
  AddAccessPolicyPermissions: [
    ({ world, patient }) => {
      const { vault, identity } = patient("cluster", "policies");
      vault.accessPolicies = vault.accessPolicies.filter(({ objectId }) => objectId !== identity.principalId);
      return {
        identityId: identity.id,
        principalId: identity.principalId,
        vaultId: vault.id,
        tenantId: world.tenantId,
        applicationId: null,
        keys: ["get", "wrapKey", "unwrapKey"],
      };
    },
  ],
  EnablePurgeProtection: [
    ({ patient }) => {
      const { vault } = patient("account", "rbac");
      vault.enablePurgeProtection = undefined;
      return { vaultId: vault.id };
    },
  ],
  AllowTrustedServices: [
    ({ patient }) => {
      const { vault } = patient("account", "rbac");
      vault.networkAcls = { bypass: "None", defaultAction: "Deny", ipRules: [], virtualNetworkRules: [] };
      return { vaultId: vault.id };
    },
  ],
  SetKeyUri: [
    (own) => {
      const { vault, keyName } = own.patient("account", "rbac");
      const account = accountOf(own);
      const keyUri = keyUriOf(vault, keyName);
      account.keyVaultKeyUri = `${keyUri}/`;
      return { targetId: account.id, keyUri };
    },
  ],
  // Switching on an account's own identity takes no right to hand one on.
  AttachIdentity: [(own) => ({ targetId: accountOf(own).id, identityId: otherIdentity(own, "account").id })],
  SetDefaultIdentity: [
    (own) => {
      const account = accountOf(own);
      const other = otherIdentity(own, "account");
      attachTo(account, other);
      return { targetId: account.id, defaultIdentity: `UserAssignedIdentity=${other.id}` };
    },
  ],
  SetClusterEncryption: [
    (own) => {
      const { vault, keyName } = own.patient("cluster", "policies");
      return { targetId: clusterOf(own).id, identityId: otherIdentity(own, "cluster").id, keyUrl: keyUriOf(vault, keyName) };
    },
  ],
  DetachIdentity: [
    (own) => {
      const account = accountOf(own);
      const other = otherIdentity(own, "account");
      attachTo(account, other);
      return { targetId: account.id, targetKind: "account", identityId: other.id, keeps: null };
    },
    (own) => {
      const cluster = clusterOf(own);
      const other = otherIdentity(own, "cluster");
      attachTo(cluster, other);
      const keeps = { identityId: cluster.keyEncryptionIdentityId!, keyUrl: cluster.keyEncryptionKeyUrl! };
      return { targetId: cluster.id, targetKind: "cluster", identityId: other.id, keeps };
    },
  ],
  RestoreEventSubscription: [
    ({ world, patient }) => {
      const { vault } = patient("account", "rbac");
      // Which action the handler is asked for is not documented: here it is the one that the step declares.
      world.switches["eventGridHandlerAction"] = "Microsoft.Web/sites/functions/read";
      const topicId = `${vault.id.split("/providers/")[0]}/providers/Microsoft.EventGrid/systemTopics/st-${vault.name}`;
      const ofOthers = [...world.eventSubscriptions.values()].find(({ name }) => name === "keymend-keys")!;
      for (const [id, topic] of world.systemTopics) if (topic.source === vault.id) world.systemTopics.delete(id);
      for (const [id, one] of world.eventSubscriptions)
        if (!world.systemTopics.has(one.topicId.toLowerCase())) world.eventSubscriptions.delete(id);
      const { provisioningState: _state, ...properties } = ofOthers.properties;
      return { topicId, topicLocation: vault.location, source: vault.id, name: "keymend-keys", properties };
    },
  ],
};

type Made = { step: StepDraft; capability: Writing; permission: Permission };

const madeOf = <N extends StepName>(name: N, params: StepParams[N]): Made => ({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name and what is made under it
  step: { name, params } as StepDraft,
  capability: stepSpecs[name].capability,
  permission: stepSpecs[name].permission(params),
});

const casesOf = (name: StepName) =>
  rows[name].map((paramsIn, index) => ({ title: `${name} ${index + 1}`, make: (own: Sandbox): Made => madeOf(name, paramsIn(own)) }));

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the names
const cases = (Object.keys(rows) as StepName[]).flatMap(casesOf);

test.each(cases)("$title", async ({ make }) => {
  const tryWith = async ({ actions, dataActions }: Permission): Promise<string> => {
    const { step, capability } = make(sandbox);
    leaveOnly(sandbox, { observe: united(Object.values(reads)), [capability]: { actions, dataActions } });
    const before = sandbox.writes().length;
    const { kind } = await sandbox.carryOut(step);
    const written = sandbox.writes().slice(before);
    const isOwn = (write: string): boolean => write.startsWith(`id-keymend-${capability} `) && / 20\d$/.test(write);
    return kind === "done" && written.every(isOwn) && written.length > 0 ? "made" : kind;
  };
  const { permission } = make(sandbox);
  for (const { action, left } of withoutEach(permission))
    expect(`${await tryWith(left)} without ${action}`).toBe(`refused without ${action}`);
  expect(await tryWith(permission)).toBe("made");
});
