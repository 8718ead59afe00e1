/** Keys as the data plane sees them now: which is the current version, what is readable, what is soft-deleted. Changes nothing. */
import { AzureError, same } from "../routes.ts";
import type { Key, KeyVersion, Vault, World } from "../world.ts";

export const nowSeconds = (world: World): number => Math.floor(world.clock.now() / 1000);

/** The current version: the newest by creation; versions made in one second keep their order. */
export function currentVersion(key: Key): KeyVersion {
  return key.versions.reduce((newest, v) => (v.created >= newest.created ? v : newest));
}

export function versionOf(key: Key, version: string | undefined): KeyVersion | undefined {
  return version ? key.versions.find((v) => same(v.version, version)) : currentVersion(key);
}

const stored = (world: World, vault: Vault, name: string): Key | undefined => {
  const key = vault.keys.get(name.toLowerCase());
  return key?.deleted && key.deleted.scheduledPurgeDate <= nowSeconds(world) ? undefined : key;
};

const isReadable = (world: World, key: Key): boolean => !key.deleted && key.readableAt <= world.clock.now();

/** Neither deleted nor still being recovered. */
export function liveKey(world: World, vault: Vault, name: string): Key | undefined {
  const key = stored(world, vault, name);
  return key && isReadable(world, key) ? key : undefined;
}

const byName = (a: Key, b: Key): number => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1);

export function liveKeys(world: World, vault: Vault): Key[] {
  return [...vault.keys.values()].filter((key) => isReadable(world, key)).sort(byName);
}

/** Soft-deleted, and the deletion is done. */
export function deletedKey(world: World, vault: Vault, name: string): Key | undefined {
  const key = stored(world, vault, name);
  return key?.deleted && key.deleted.visibleAt <= world.clock.now() ? key : undefined;
}

export function deletedKeys(world: World, vault: Vault): Key[] {
  return [...vault.keys.values()].filter((key) => deletedKey(world, vault, key.name) === key).sort(byName);
}

/** Is the name free? A soft-deleted key keeps it (Key Vault: soft-delete-overview.md). Texts as in azure-sdk-for-cpp's key tests. */
export function refuseTakenName(world: World, vault: Vault, name: string): void {
  const key = stored(world, vault, name);
  if (!key?.deleted) return;
  const done = key.deleted.visibleAt <= world.clock.now();
  throw new AzureError(
    409,
    "Conflict",
    done
      ? `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`
      : `Key ${name} is currently being deleted and cannot be re-created; retry later.`,
    { innererror: { code: done ? "ObjectIsDeletedButRecoverable" : "ObjectIsBeingDeleted" } },
  );
}

/** The same words for a key that never was and for a deleted one (recorded: Azure/azure-sdk-for-js keys_client delete_nonexisting_key, 2020-06). */
export function keyNotFound(name: string, version?: string): AzureError {
  return new AzureError(
    404,
    "KeyNotFound",
    `A key with (name/id) ${name}${version ? `/${version}` : ""} was not found in this key vault. If you recently deleted this key you may be ` +
      "able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
  );
}

export const deletedKeyNotFound = (name: string): AzureError => new AzureError(404, "KeyNotFound", `Deleted Key not found: ${name}`);
