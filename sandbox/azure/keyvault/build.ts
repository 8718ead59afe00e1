/** Makes vaults and keys for an estate: healthy unless said otherwise, the same for the same seed. */
import type { JsonObject, Key, KeyVersion, StoredPolicy, Vault, World } from "../world.ts";
import { makeKey, makeVersion, type NewVersion } from "./key-change.ts";
import { keyId } from "./key-body.ts";
import { nowSeconds } from "./key-state.ts";
import { shortIso } from "./vault-body.ts";
import { vaultUri } from "./vault-state.ts";
import { openNetwork } from "./vault-write.ts";

const DAY_MS = 86_400_000;
const DAY_S = 86_400;

export type VaultSpec = {
  name: string;
  resourceGroup: string;
  /** The first one where not given. */
  subscriptionId?: string;
  /** Default westus2. */
  location?: string;
  tags?: Record<string, string>;
  /** Default true. false: the property was never set, so access policies hold. */
  rbac?: boolean;
  /** Key permissions by object id. */
  policies?: { objectId: string; keys: string[] }[];
  /** Default true, as the databases need it. */
  purgeProtection?: boolean;
  /** Default 90. */
  retentionDays?: number;
  network?: Partial<Vault["networkAcls"]>;
  publicNetworkAccess?: "Enabled" | "Disabled" | "SecuredByPerimeter";
};

export function addVault(world: World, spec: VaultSpec): Vault {
  const at = shortIso(world.clock.now() - 400 * DAY_MS);
  const vault: Vault = {
    id: `/subscriptions/${spec.subscriptionId ?? world.subscriptionId}/resourceGroups/${spec.resourceGroup}/providers/Microsoft.KeyVault/vaults/${spec.name}`,
    name: spec.name,
    location: spec.location ?? "westus2",
    tags: { ...spec.tags },
    systemData: {
      createdBy: "platform@contoso.example",
      createdByType: "User",
      createdAt: at,
      lastModifiedBy: "platform@contoso.example",
      lastModifiedByType: "User",
      lastModifiedAt: at,
    },
    sku: { family: "A", name: "standard" },
    accessPolicies: (spec.policies ?? []).map((p) => storedPolicy(world, p)),
    enableRbacAuthorization: spec.rbac === false ? undefined : true,
    enablePurgeProtection: spec.purgeProtection === false ? undefined : true,
    softDeleteRetentionInDays: spec.retentionDays ?? 90,
    publicNetworkAccess: spec.publicNetworkAccess ?? "Enabled",
    networkAcls: { ...openNetwork(), ...spec.network },
    provisioningState: "Succeeded",
    keys: new Map(),
    deleted: undefined,
  };
  world.vaults.set(vault.id.toLowerCase(), vault);
  return vault;
}

const storedPolicy = (world: World, policy: { objectId: string; keys: string[] }): StoredPolicy => ({
  tenantId: world.tenantId,
  objectId: policy.objectId,
  permissions: { keys: [...policy.keys] },
});

/** Times in unix seconds. */
export type KeySpec = NewVersion & {
  name: string;
  /** Default: a policy that notifies 30 days before expiry. null: never set. */
  rotationPolicy?: JsonObject | null;
};

/** A key with one version: RSA 4096, made 90 days ago, without expiry, for wrap and unwrap. */
export function addKey(world: World, vault: Vault, spec: KeySpec): Key {
  const { name, rotationPolicy, ...version } = spec;
  const key = makeKey(vault, name);
  const created = spec.created ?? nowSeconds(world) - 90 * DAY_S;
  key.rotationPolicy =
    rotationPolicy === null
      ? undefined
      : (rotationPolicy ?? {
          id: `${keyId(vault, key)}/rotationpolicy`,
          lifetimeActions: [{ trigger: { timeBeforeExpiry: "P30D" }, action: { type: "Notify" } }],
          attributes: { created, updated: created },
        });
  makeVersion(world, vault, key, { keySize: 4096, keyOps: ["wrapKey", "unwrapKey"], ...version, created });
  return key;
}

/** A newer version of a key, made now unless said otherwise. */
export function addKeyVersion(world: World, vault: Vault, keyName: string, spec: NewVersion = {}): KeyVersion {
  const key = vault.keys.get(keyName.toLowerCase());
  if (!key) throw new Error(`${vault.name} has no key ${keyName}`);
  return makeVersion(world, vault, key, { keySize: 4096, keyOps: ["wrapKey", "unwrapKey"], ...spec });
}

/** The key identifier that a database is configured with: no version, no slash at the end. */
export const keyUriOf = (vault: Vault, keyName: string): string => `${vaultUri(vault)}/keys/${keyName}`;
