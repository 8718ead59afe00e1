/** The bodies of the data plane: bundles, list items, deleted ones. Members, order and types as recorded: Azure/azure-cli test_keyvault_key.yaml, 2022-04. */
import type { JsonObject, Key, KeyVersion, Vault } from "../world.ts";
import { currentVersion } from "./key-state.ts";
import { vaultUri } from "./vault-state.ts";

const FULL_RETENTION = 90;

export const keyId = (vault: Vault, key: Key, version?: KeyVersion): string =>
  `${vaultUri(vault)}/keys/${key.name}${version ? `/${version.version}` : ""}`;

/** Less than 90 days of retention is "customized"; purge protection takes "purgeable" away. */
export function recoveryLevel(vault: Vault): string {
  const level = vault.softDeleteRetentionInDays < FULL_RETENTION ? "CustomizedRecoverable" : "Recoverable";
  return vault.enablePurgeProtection ? level : `${level}+Purgeable`;
}

function attributes(vault: Vault, v: KeyVersion): JsonObject {
  return {
    enabled: v.enabled,
    nbf: v.nbf,
    exp: v.exp,
    created: v.created,
    updated: v.updated,
    recoveryLevel: recoveryLevel(vault),
    recoverableDays: vault.softDeleteRetentionInDays,
  };
}

const CURVES: Record<number, string> = { 256: "P-256", 384: "P-384", 521: "P-521" };

function publicKey(v: KeyVersion): JsonObject {
  if (!v.kty.startsWith("EC")) return { n: v.n, e: "AQAB" };
  const bytes = Buffer.from(v.n, "base64url");
  const half = bytes.length / 2;
  return {
    crv: CURVES[v.keySize],
    x: bytes.subarray(0, half).toString("base64url"),
    y: bytes.subarray(half).toString("base64url"),
  };
}

export function keyBundle(vault: Vault, key: Key, v: KeyVersion): JsonObject {
  return {
    key: { kid: keyId(vault, key, v), kty: v.kty, key_ops: [...v.keyOps], ...publicKey(v) },
    attributes: { ...attributes(vault, v), exportable: false, hsmPlatform: v.kty.endsWith("-HSM") ? "1" : "0" },
    tags: v.tags ?? {},
  };
}

/** In the list of keys the kid has no version and the attributes are the current version's. */
export const keyItem = (vault: Vault, key: Key): JsonObject => item(vault, currentVersion(key), keyId(vault, key));

export const versionItem = (vault: Vault, key: Key, v: KeyVersion): JsonObject => item(vault, v, keyId(vault, key, v));

function item(vault: Vault, v: KeyVersion, kid: string): JsonObject {
  return { kid, attributes: attributes(vault, v), ...(v.tags ? { tags: v.tags } : {}) };
}

const deletion = (vault: Vault, key: Key): JsonObject => ({
  recoveryId: `${vaultUri(vault)}/deletedkeys/${key.name}`,
  deletedDate: key.deleted?.deletedDate,
  scheduledPurgeDate: key.deleted?.scheduledPurgeDate,
});

export const deletedBundle = (vault: Vault, key: Key): JsonObject => ({
  ...deletion(vault, key),
  ...keyBundle(vault, key, currentVersion(key)),
});

/** Items of the list of deleted keys have no key object (recorded: Azure/azure-cli test_keyvault_key_delete.yaml, 2022-08). */
export const deletedItem = (vault: Vault, key: Key): JsonObject => ({ ...deletion(vault, key), ...keyItem(vault, key) });
