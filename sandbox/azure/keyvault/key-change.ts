/** Every change of a key's state, whoever makes it: requests, stories and builders come through here, so that events follow. */
import type { Key, KeyVersion, Vault, World } from "../world.ts";
import { shift } from "./durations.ts";
import { announceVersion, planExpiry } from "./events.ts";
import { currentVersion, nowSeconds } from "./key-state.ts";
import { setting } from "./switches.ts";

const DAY_S = 86_400;

export type NewVersion = Partial<
  Pick<KeyVersion, "enabled" | "nbf" | "exp" | "kty" | "keySize" | "keyOps" | "tags" | "created" | "notifies">
>;

/** What a key may do when nothing is said (RSA recorded: Azure/azure-cli test_keyvault_key.yaml, 2022-04). */
const standardOperations = (curve: boolean): string[] =>
  curve ? ["sign", "verify"] : ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"];

export function makeKey(vault: Vault, name: string): Key {
  const key: Key = { name, versions: [], rotationPolicy: undefined, deleted: undefined, readableAt: 0 };
  vault.keys.set(name.toLowerCase(), key);
  return key;
}

export function makeVersion(world: World, vault: Vault, key: Key, spec: NewVersion): KeyVersion {
  const stream = `keyvault/${vault.name}/${key.name}`.toLowerCase();
  const created = spec.created ?? nowSeconds(world);
  const { kty = "RSA", enabled = true, notifies = true, nbf, tags } = spec;
  const curve = kty.startsWith("EC");
  const keySize = spec.keySize ?? (curve ? 256 : 2048);
  const exp = spec.exp ?? policyExpiry(key, created);
  const version: KeyVersion = {
    version: world.random.hex(stream, 32),
    enabled,
    ...(nbf === undefined ? {} : { nbf }),
    ...(exp === undefined ? {} : { exp }),
    created,
    updated: created,
    kty,
    keySize,
    keyOps: spec.keyOps ?? standardOperations(curve),
    ...(tags ? { tags } : {}),
    n: publicNumber(world, stream, kty, keySize),
    notifies,
  };
  key.versions.push(version);
  announceVersion(world, vault, key, version);
  return version;
}

/** The policy's expiryTime holds for versions made from then on, never for the current one (Key Vault: how-to-configure-key-rotation.md). */
function policyExpiry(key: Key, created: number): number | undefined {
  const attributes = key.rotationPolicy?.["attributes"];
  if (typeof attributes !== "object" || attributes === null || Array.isArray(attributes)) return undefined;
  const expiryTime = attributes["expiryTime"];
  return typeof expiryTime === "string" ? shift(created, expiryTime, 1) : undefined;
}

/** Random digits with the right length: the first bit is set, as a modulus has it. Not a key. */
function publicNumber(world: World, stream: string, kty: string, bits: number): string {
  const bytes = Math.ceil(bits / 8) * (kty.startsWith("EC") ? 2 : 1);
  const number = Buffer.from(world.random.hex(`${stream}/n`, bytes * 2), "hex");
  number[0] = number[0]! | 0x80;
  return number.toString("base64url");
}

export function rotateKey(world: World, vault: Vault, key: Key, notifies: boolean): KeyVersion {
  const { kty, keySize, keyOps, tags } = currentVersion(key);
  return makeVersion(world, vault, key, { kty, keySize, keyOps: [...keyOps], ...(tags ? { tags: { ...tags } } : {}), notifies });
}

export type VersionChange = Partial<Pick<KeyVersion, "enabled" | "nbf" | "exp" | "keyOps" | "tags">>;

/** Only what is named changes; an exp in the past is taken as it is, as the service does. */
export function changeVersion(world: World, vault: Vault, key: Key, version: KeyVersion, change: VersionChange): void {
  Object.assign(version, change, { updated: nowSeconds(world) });
  if (change.exp !== undefined) planExpiry(world, vault, key, version);
}

export function softDeleteKey(world: World, vault: Vault, key: Key): void {
  const deletedDate = nowSeconds(world);
  const visibleAt = world.clock.now() + setting(world, "keyvault.deletedKeyVisibleAfterMs");
  key.deleted = { deletedDate, scheduledPurgeDate: deletedDate + vault.softDeleteRetentionInDays * DAY_S, visibleAt };
}

export function recoverKey(world: World, key: Key): void {
  key.deleted = undefined;
  key.readableAt = world.clock.now() + setting(world, "keyvault.recoveredKeyReadableAfterMs");
}

export function purgeKey(vault: Vault, key: Key): void {
  vault.keys.delete(key.name.toLowerCase());
}
