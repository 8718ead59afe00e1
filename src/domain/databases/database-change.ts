/**
 * How a change of a database is put to Azure: as a PATCH of one concern, never as a PUT, which would reset what it leaves out
 * (hashicorp/terraform-provider-azurerm, cosmosdb_account). What no PATCH may hold is said here too, and asked before every one is sent.
 */
import type { TargetKind } from "../facts.ts";

type UserIdentities = Record<string, Record<string, never> | null>;
export type DatabaseChange = {
  identity?: { type: string; userAssignedIdentities?: UserIdentities };
  properties?: Record<string, unknown>;
};

/** What a cluster encrypts with. */
export type ClusterEncryption = { identityId: string; keyUrl: string };

/** As identity.type spells it. */
export const SYSTEM_ASSIGNED = "SystemAssigned";
export const USER_ASSIGNED = "UserAssigned";
export const BOTH_ASSIGNED = "SystemAssigned,UserAssigned";

/** The system-assigned identity stays as it is: one that the type leaves out is switched off. */
export const typeWithUsers = (hasSystem: boolean): string => (hasSystem ? BOTH_ASSIGNED : USER_ASSIGNED);

const users = (ids: readonly string[], value: Record<string, never> | null): UserIdentities =>
  Object.fromEntries(ids.map((id) => [id, value]));

/** Those that are left out stay (pulumi/pulumi-azure-native issue 4635), and one that is gone fails the request (Azure/aad-pod-identity issue 515). */
export const attachUser = (identityId: string, type: string): DatabaseChange => ({
  identity: { type, userAssignedIdentities: users([identityId], {}) },
});

/** live: the user-assigned ones that exist; the type System alone would take them off (recorded: Azure/azure-cli test_cosmosdb_managed_service_identity.yaml). */
export const attachSystem = (hasUsers: boolean, live: readonly string[]): DatabaseChange => ({
  identity: {
    type: hasUsers ? BOTH_ASSIGNED : SYSTEM_ASSIGNED,
    ...(live.length === 0 ? {} : { userAssignedIdentities: users(live, {}) }),
  },
});

/** An explicit null removes (recorded, as above); beside the type None a map is refused (Azure/azure-rest-api-specs issue 25222). */
export function detachUser(identityId: string, left: { hasSystem: boolean; hasUsers: boolean }): DatabaseChange {
  if (!left.hasUsers) return { identity: { type: left.hasSystem ? SYSTEM_ASSIGNED : "None" } };
  return { identity: { type: typeWithUsers(left.hasSystem), userAssignedIdentities: users([identityId], null) } };
}

/** Together with an identity it fails without a word (hashicorp/terraform-provider-azurerm, cosmosdb_account, "Azure Bug #2209567"). */
export const setDefault = (defaultIdentity: string): DatabaseChange => ({ properties: { defaultIdentity } });

/** "Cannot update Customer Managed Key settings and other properties at the same time" (Azure/azure-service-operator issue 5560). */
export const keyUriChange = (keyVaultKeyUri: string): DatabaseChange => ({ properties: { keyVaultKeyUri } });

const encryptionOf = ({ identityId, keyUrl }: ClusterEncryption): Record<string, unknown> => ({
  encryption: {
    customerManagedKeyEncryption: {
      keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: identityId },
      keyEncryptionKeyUrl: keyUrl,
    },
  },
});

/** Azure wants all encryption parameters, even to change one (Microsoft Learn, "Data encryption at rest in vCore", change of key and identity). */
export const setEncryption = (encryption: ClusterEncryption): DatabaseChange => ({
  ...attachUser(encryption.identityId, USER_ASSIGNED),
  properties: encryptionOf(encryption),
});

/** kept: what it encrypts with now and goes on encrypting with. */
export const detachFromCluster = (identityId: string, kept: ClusterEncryption): DatabaseChange => ({
  identity: { type: USER_ASSIGNED, userAssignedIdentities: users([identityId], null) },
  properties: encryptionOf(kept),
});

/** Why a PATCH must not be sent; undefined where it may. */
export function forbidsChange(kind: TargetKind, { identity, properties, ...more }: DatabaseChange): string | undefined {
  const named = [...Object.keys(properties ?? {}), ...Object.keys(more)];
  if (kind === "cluster") {
    const isWhole = identity !== undefined && named.length === 1 && named[0] === "encryption";
    return isWhole ? undefined : "a cluster's identity, key identity and key URL go together, and nothing with them";
  }
  const concerns = [...(identity ? ["identity"] : []), ...named];
  const isOne = concerns.length === 1 && ["identity", "defaultIdentity", "keyVaultKeyUri"].includes(concerns[0]!);
  return isOne ? undefined : "identity, default identity and key URI of an account each go alone";
}
