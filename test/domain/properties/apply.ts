/**
 * Azure for properties, pure and small: what one step does to facts, and what the service's own key check would say of them. It shares
 * no rule with the domain, so that the two can disagree.
 */
import { sameId } from "../../../src/domain/arm-id.ts";
import type { AccessFacts, Facts, IdentityFacts, KeyFacts, KeyVersionFacts, LiveVault, TargetFacts } from "../../../src/domain/facts.ts";
import type { StepName, StepParams } from "../../../src/domain/steps/step.ts";
import { aKey, aRole, aStatus, aVersion, clusterSays, ENCRYPTION_ROLE, inaccessible, revoked } from "../../support/builders.ts";

export type ReadAccess = Extract<AccessFacts, { state: "read" }>;

/** What a vault that was deleted comes back with, where the test does not say otherwise. */
export type Graveyard = { vault: LiveVault; keys: KeyFacts[]; access: AccessFacts[]; deletedKey: KeyFacts };

const withVault = (facts: Facts, change: (vault: LiveVault) => LiveVault): Facts =>
  facts.vault?.state === "live" ? { ...facts, vault: change(facts.vault) } : facts;

const withTarget = (facts: Facts, id: string, change: (target: TargetFacts) => TargetFacts): Facts => ({
  ...facts,
  targets: facts.targets.map((target) => (sameId(target.id, id) ? change(target) : target)),
});

function withVersion(facts: Facts, { key: name, version }: { key: string; version: string }, change: Partial<KeyVersionFacts>): Facts {
  const keys = facts.keys.map((key) =>
    key.state === "live" && key.name === name
      ? { ...key, versions: key.versions.map((one) => (one.version === version ? { ...one, ...change } : one)) }
      : key,
  );
  return { ...facts, keys };
}

const withKeyTags = (facts: Facts, name: string, change: (tags: Record<string, string>) => Record<string, string>): Facts => ({
  ...facts,
  keys: facts.keys.map((key) => (key.state === "live" && key.name === name ? { ...key, tags: change(key.tags) } : key)),
});

function withAssignment(facts: Facts, principalId: string, scope: string, name: string): Facts {
  const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
  const assignment = {
    id,
    name,
    scope,
    roleDefinitionId: ENCRYPTION_ROLE,
    principalId,
    principalType: "ServicePrincipal",
    condition: null,
    conditionVersion: null,
    description: null,
    createdOn: facts.at,
  };
  const access = facts.access.map((one): AccessFacts => {
    if (one.state !== "read" || one.principalId !== principalId || one.assignments.some((there) => there.id === id)) return one;
    return { ...one, assignments: [...one.assignments, assignment], definitions: [aRole()] };
  });
  return { ...facts, access };
}

const principalNumber = (text: string): string => {
  let digits = 7;
  for (let i = 0; i < text.length; i += 1) digits = (digits * 31 + text.charCodeAt(i)) % 1_000_000_007;
  return `${String(digits).padStart(8, "0").slice(0, 8)}-0000-4000-8000-000000000099`;
};

function createIdentity(facts: Facts, { identityId, location, insteadOf }: StepParams["CreateIdentity"]): Facts {
  if (facts.identities.some(({ id, state }) => sameId(id, identityId) && state === "live")) return facts;
  const principalId = principalNumber(identityId);
  const name = identityId.split("/").at(-1)!;
  const identity: IdentityFacts = {
    state: "live",
    id: identityId,
    name,
    location,
    tenantId: facts.tenantId,
    principalId,
    clientId: principalId,
    tags: insteadOf === null ? {} : { "keymend:insteadOf": insteadOf },
  };
  const access = facts.keys.map((key): ReadAccess => {
    const vaultId = facts.vault && "id" in facts.vault ? facts.vault.id : "";
    return {
      state: "read",
      principalId,
      keyName: key.name,
      keyScope: `${vaultId}/keys/${key.name}`,
      viaGroups: true,
      assignments: [],
      definitions: [],
      denies: [],
    };
  });
  return {
    ...facts,
    identities: [...facts.identities.filter(({ id }) => !sameId(id, identityId)), identity],
    access: [...facts.access, ...access],
  };
}

function addPermissions(facts: Facts, { principalId, tenantId, keys }: StepParams["AddAccessPolicyPermissions"]): Facts {
  return withVault(facts, (vault) => {
    const mine = vault.policies.find(({ objectId, applicationId }) => objectId === principalId && applicationId === null);
    const united = [...new Set([...(mine?.keys ?? []), ...keys])];
    const policy = { tenantId, objectId: principalId ?? "", applicationId: null, keys: united };
    return { ...vault, policies: [...vault.policies.filter((one) => one !== mine), policy] };
  });
}

function attach(facts: Facts, { targetId, identityId }: StepParams["AttachIdentity"]): Facts {
  if (identityId === "SystemAssigned")
    return withTarget(facts, targetId, (target) => ({
      ...target,
      systemPrincipalId: target.systemPrincipalId ?? principalNumber(targetId),
    }));
  const identity = facts.identities.find(({ id }) => sameId(id, identityId));
  const principalId = identity?.state === "live" ? identity.principalId : null;
  return withTarget(facts, targetId, (target) => ({
    ...target,
    attached: [...target.attached.filter(({ id }) => !sameId(id, identityId)), { id: identityId, principalId, clientId: principalId }],
  }));
}

function setDefault(facts: Facts, { targetId, defaultIdentity }: StepParams["SetDefaultIdentity"]): Facts {
  return withTarget(facts, targetId, (target) => {
    const id = defaultIdentity.startsWith("UserAssignedIdentity=") ? defaultIdentity.slice("UserAssignedIdentity=".length) : undefined;
    if (id !== undefined) return { ...target, defaultIdentity: { form: "user", id, federatedClientId: null } };
    return { ...target, defaultIdentity: { form: defaultIdentity === "SystemAssignedIdentity" ? "system" : "firstParty" } };
  });
}

/** Role assignments do not come back with a vault, access policies do. */
function recoverVault(facts: Facts, { vault, keys, access }: Graveyard): Facts {
  if (facts.vault?.state !== "deleted") return facts;
  return {
    ...facts,
    vault,
    keys,
    access: access.map((one): AccessFacts => (one.state === "read" ? { ...one, assignments: [], definitions: [] } : one)),
  };
}

function subscribe(facts: Facts, { topicId, topicLocation, name, properties }: StepParams["RestoreEventSubscription"]): Facts {
  if (facts.eventSubscriptions.some((one) => one.name === name)) return facts;
  const subscription = { id: `${topicId}/${name}`, name, topicId, topicName: "t", topicLocation, properties };
  return { ...facts, eventSubscriptions: [...facts.eventSubscriptions, subscription] };
}

function setEncryption(facts: Facts, { targetId, identityId, keyUrl }: StepParams["SetClusterEncryption"]): Facts {
  const attached = attach(facts, { targetId, identityId });
  return withTarget(attached, targetId, (target) => ({
    ...target,
    keyUri: keyUrl,
    versionInUse: /[0-9a-f]{32}$/.exec(keyUrl)?.[0] ?? null,
    defaultIdentity: { form: "user", id: identityId, federatedClientId: null },
  }));
}

const detach = (facts: Facts, { targetId, identityId }: StepParams["DetachIdentity"]): Facts =>
  withTarget(facts, targetId, (target) => ({ ...target, attached: target.attached.filter(({ id }) => !sameId(id, identityId)) }));

const EFFECTS: { [N in StepName]: (facts: Facts, params: StepParams[N], graveyard: Graveyard) => Facts } = {
  ExtendKeyExpiry: (facts, params) => withVersion(facts, params, { expiresOn: params.expiresOn }),
  PutBackKeyVersion: (facts, params) => withVersion(facts, params, { [params.attribute]: params.value }),
  EnableKeyVersion: (facts, params) => withVersion(facts, params, { enabled: true }),
  TagIntent: (facts, { key, value }) => withKeyTags(facts, key, (tags) => ({ ...tags, "keymend:revoked": value })),
  DisableKeyVersion: (facts, params) => withVersion(facts, params, { enabled: false }),
  CreateKey: (facts, { key: name }) => ({
    ...facts,
    keys: [...facts.keys.filter((key) => key.name !== name), aKey([aVersion("f".repeat(32))], name)],
  }),
  CreateKeyVersion: (facts, { key: name, since }) => ({
    ...facts,
    keys: facts.keys.map((key) =>
      key.state === "live" && key.name === name
        ? { ...key, versions: [{ ...key.versions[0]!, version: "e".repeat(32), createdOn: since }, ...key.versions] }
        : key,
    ),
  }),
  UntagIntent: (facts, { key }) =>
    withKeyTags(facts, key, (tags) => Object.fromEntries(Object.entries(tags).filter(([name]) => name !== "keymend:revoked"))),
  SetKeyNotBefore: (facts, params) => withVersion(facts, params, { notBefore: params.notBefore }),
  RestoreKeyOperations: (facts, params) => withVersion(facts, params, { operations: params.operations }),
  RecoverKey: (facts, params, { deletedKey }) => ({
    ...facts,
    keys: facts.keys.map((key) => (key.state === "deleted" && key.name === params.key ? deletedKey : key)),
  }),
  RecoverVault: (facts, _params, graveyard) => recoverVault(facts, graveyard),
  RestoreEventSubscription: subscribe,
  RestoreRoleAssignment: (facts, { principalId, scope, name }) => withAssignment(facts, principalId ?? "", scope, name),
  GrantKeyRole: (facts, { principalId, scope }) => withAssignment(facts, principalId ?? "", scope, `granted-to-${principalId}`),
  AddAccessPolicyPermissions: addPermissions,
  RemoveGrant: (facts, { name }) => ({
    ...facts,
    access: facts.access.map((one): AccessFacts =>
      one.state === "read" ? { ...one, assignments: one.assignments.filter((there) => there.name !== name) } : one,
    ),
  }),
  RemoveAccessPolicyPermissions: (facts, { holder, keys }) =>
    withVault(facts, (vault) => ({
      ...vault,
      policies: vault.policies.map((policy) =>
        policy.objectId === holder ? { ...policy, keys: policy.keys.filter((key) => !keys.includes(key.toLowerCase())) } : policy,
      ),
    })),
  CreateIdentity: createIdentity,
  AttachIdentity: attach,
  SetDefaultIdentity: setDefault,
  DetachIdentity: detach,
  EnablePurgeProtection: (facts) => withVault(facts, (vault) => ({ ...vault, purgeProtection: true })),
  AllowTrustedServices: (facts) => withVault(facts, (vault) => ({ ...vault, network: { ...vault.network, bypass: "AzureServices" } })),
  SetKeyUri: (facts, { targetId, keyUri }) => withTarget(facts, targetId, (target) => ({ ...target, keyUri })),
  SetClusterEncryption: setEncryption,
};

/** Facts after the step, as Azure would show them once the operation is done. */
export function apply<N extends StepName>(facts: Facts, { name, params }: { name: N; params: StepParams[N] }, graveyard: Graveyard): Facts {
  const effect: (typeof EFFECTS)[N] = EFFECTS[name];
  return effect(facts, params, graveyard);
}

function principalWorks(facts: Facts, target: TargetFacts): string | undefined {
  const { defaultIdentity } = target;
  if (defaultIdentity.form === "system") return target.systemPrincipalId ?? undefined;
  if (defaultIdentity.form === "firstParty") return facts.firstPartyPrincipalId ?? undefined;
  if (defaultIdentity.form !== "user") return undefined;
  const identity = facts.identities.find(({ id }) => sameId(id, defaultIdentity.id));
  const attached = target.attached.find(({ id }) => sameId(id, defaultIdentity.id));
  return identity?.state === "live" && attached?.principalId === identity.principalId ? identity.principalId : undefined;
}

function isGranted(facts: Facts, vault: LiveVault, principalId: string, kind: TargetFacts["kind"]): boolean {
  if (vault.permissionModel === "policies") {
    const own = vault.policies.filter(({ objectId, applicationId }) => objectId === principalId && applicationId === null);
    const keys = own.flatMap((policy) => policy.keys);
    return ["get", "wrapKey", "unwrapKey", ...(kind === "cluster" ? ["list"] : [])].every((key) => keys.includes(key));
  }
  const read = facts.access.find((access): access is ReadAccess => access.state === "read" && access.principalId === principalId);
  if (read === undefined || read.denies.some(({ principals }) => principals.some(({ id }) => id === principalId))) return false;
  // Every role here is one for keys: what it leaves out is what makes it useless.
  const isWhole = (id: string): boolean =>
    read.definitions.every((role) => role.id !== id || role.permissions!.every(({ notDataActions }) => notDataActions.length === 0));
  return read.assignments.some(({ condition, roleDefinitionId }) => condition === null && isWhole(roleDefinitionId));
}

function isUsable({ enabled, notBefore, expiresOn, type, operations }: KeyVersionFacts, at: string): boolean {
  const isInTime = (notBefore ?? "") <= at && (expiresOn ?? "9") > at;
  return enabled && isInTime && type === "RSA" && ["wrapKey", "unwrapKey"].every((needed) => operations?.includes(needed));
}

const isOpen = ({ network: { bypass, defaultAction, publicNetworkAccess } }: LiveVault): boolean =>
  publicNetworkAccess !== "SecuredByPerimeter" &&
  (bypass === "AzureServices" || (defaultAction === "Allow" && publicNetworkAccess === "Enabled"));

function versionUsed(facts: Facts, target: TargetFacts): KeyVersionFacts | undefined {
  const uri = /^https:\/\/kv-orders\.vault\.azure\.net\/keys\/([a-z]+)(?:\/([0-9a-f]{32}))?$/.exec(target.keyUri ?? "");
  const key = facts.keys.find(({ name }) => name === uri?.[1]);
  if (key?.state !== "live" || (uri?.[2] !== undefined && target.kind === "account")) return undefined;
  const version = uri?.[2] ?? target.versionInUse;
  return version === null ? key.versions[0] : key.versions.find((one) => one.version === version);
}

/** What the service's own check would find: nothing here comes from the domain. */
export function serviceCan(facts: Facts, target: TargetFacts): boolean {
  const { vault } = facts;
  const version = versionUsed(facts, target);
  const principalId = principalWorks(facts, target);
  if (vault?.state !== "live" || !version || principalId === undefined) return false;
  return isUsable(version, facts.at) && isOpen(vault) && isGranted(facts, vault, principalId, target.kind);
}

/** The hourly check, done for all: what every database then says of itself. */
export function serviceChecks(facts: Facts): Facts {
  const targets = facts.targets.map((target) => {
    const isWell = serviceCan(facts, target);
    if (target.kind === "cluster") return { ...target, service: isWell ? clusterSays("Ready", true) : inaccessible() };
    return { ...target, service: isWell ? aStatus() : revoked(4002) };
  });
  return { ...facts, targets };
}
