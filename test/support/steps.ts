/** One sample of every step: a step without one does not compile. */
import type { StepName, StepParams } from "../../src/domain/steps/step.ts";
import {
  ACCOUNT_ID,
  CLUSTER_ID,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  identityIdOf,
  KEY_SCOPE,
  KEY_URI,
  NOW,
  PRINCIPAL,
  TENANT,
  V1,
  VAULT_ID,
} from "./builders.ts";

export const VAULT_URI = "https://kv-orders.vault.azure.net";
export const PAST = "2026-10-01T00:00:00.000Z";
export const FUTURE = "2027-10-01T00:00:00.000Z";
export const SECOND = identityIdOf("id-orders-2");
const onKey = { vaultId: VAULT_ID, vaultUri: VAULT_URI, key: "cmk" };
const onVersion = { ...onKey, version: V1 };
const toIdentity = { identityId: IDENTITY_ID, principalId: PRINCIPAL };

export const SAMPLES: { [N in StepName]: StepParams[N] } = {
  ExtendKeyExpiry: { ...onVersion, expiresOn: FUTURE, previous: PAST, extensions: 1 },
  EnableKeyVersion: onVersion,
  SetKeyNotBefore: { ...onVersion, notBefore: NOW },
  RestoreKeyOperations: { ...onVersion, operations: ["sign", "wrapKey", "unwrapKey"] },
  PutBackKeyVersion: { ...onVersion, attribute: "expiresOn", value: PAST, writtenOn: NOW },
  RecoverKey: onKey,
  RecoverVault: { vaultId: VAULT_ID, location: "westeurope", tenantId: TENANT, sku: "premium" },
  RestoreEventSubscription: {
    topicId: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.EventGrid/systemTopics/t",
    topicLocation: "westeurope",
    source: VAULT_ID,
    name: "keymend",
    properties: { filter: {} },
  },
  RestoreRoleAssignment: {
    ...toIdentity,
    scope: VAULT_ID,
    name: "aaaa",
    roleDefinitionId: ENCRYPTION_ROLE,
    principalType: "ServicePrincipal",
    condition: null,
    conditionVersion: null,
    description: "it's for orders",
  },
  GrantKeyRole: { ...toIdentity, scope: KEY_SCOPE, roleDefinitionId: "e147488a-f6f5-4113-8e2d-b22465e65bf6" },
  AddAccessPolicyPermissions: { ...toIdentity, vaultId: VAULT_ID, tenantId: TENANT, applicationId: null, keys: ["wrapKey", "get"] },
  CreateIdentity: { identityId: SECOND, location: "West Europe", insteadOf: "id-orders" },
  AttachIdentity: { targetId: ACCOUNT_ID, identityId: SECOND },
  SetDefaultIdentity: { targetId: ACCOUNT_ID, defaultIdentity: `UserAssignedIdentity=${SECOND}` },
  DetachIdentity: { targetId: ACCOUNT_ID, targetKind: "account", identityId: SECOND, keeps: null },
  AllowTrustedServices: { vaultId: VAULT_ID },
  EnablePurgeProtection: { vaultId: VAULT_ID },
  SetKeyUri: { targetId: ACCOUNT_ID, keyUri: KEY_URI },
  TagIntent: { ...onVersion, value: "w1", others: { team: "orders" } },
  DisableKeyVersion: onVersion,
  RemoveGrant: { scope: KEY_SCOPE, name: "aaaa", holder: PRINCIPAL },
  RemoveAccessPolicyPermissions: { vaultId: VAULT_ID, tenantId: TENANT, holder: PRINCIPAL, keys: ["wrapkey", "get"] },
  CreateKeyVersion: { ...onKey, since: NOW },
  CreateKey: onKey,
  UntagIntent: { ...onVersion, value: "w1", others: { team: "orders" } },
  SetClusterEncryption: { targetId: CLUSTER_ID, identityId: IDENTITY_ID, keyUrl: KEY_URI },
};

/** A sample with other values. */
export const draft = <N extends StepName>(name: N, over: Partial<StepParams[N]> = {}) => ({ name, params: { ...SAMPLES[name], ...over } });
