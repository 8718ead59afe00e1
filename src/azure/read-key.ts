/**
 * Reads one key as facts. Live keys are read through ARM, which the vault's firewall does not stop and which shows a
 * disabled key too; only a deleted key needs the data plane. Never reads key material.
 */
import type { Key } from "@azure/arm-keyvault";
import type { DeletedKey } from "@azure/keyvault-keys";
import { nameOf } from "../domain/arm-id.ts";
import type { KeyFacts, KeyVersionFacts, LiveVault, Rotation } from "../domain/facts.ts";
import type { Permission } from "../domain/steps/spec.ts";
import { isKeyName, parseKeyUri } from "../domain/key-uri.ts";
import { fromUnix } from "../domain/time.ts";
import { callAzure, collect, toUnreadable } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";

/**
 * Type, size and operations are read of the newest version and of those in `inUse`; the list of versions may leave them out.
 * A key that was deleted seconds ago is neither live nor in the deleted list and reads as `gone`: ask twice before
 * believing it. Recorded: Azure/azure-sdk-for-js keyvault-keys, 404 for 14 s after DELETE.
 */
export type ReadKey = (vault: Pick<LiveVault, "id" | "name" | "uri">, keyName: string, inUse?: readonly string[]) => Promise<KeyFacts>;

/** Permission; the data action is for a deleted key. */
export const READ_KEY: Permission = {
  actions: ["Microsoft.KeyVault/vaults/keys/read", "Microsoft.KeyVault/vaults/keys/versions/read"],
  dataActions: ["Microsoft.KeyVault/vaults/keys/read"],
};

/** Azure leaves it out where it is empty (Azure/azure-rest-api-specs, Microsoft.KeyVault keys, KeyProperties.rotationPolicy). */
function rotationOf({ rotationPolicy }: Key): Rotation | null {
  if (rotationPolicy === undefined) return null;
  const rotates = (rotationPolicy.lifetimeActions ?? []).some(({ action }) => action?.type?.toLowerCase() === "rotate");
  return { rotates, expiryTime: rotationPolicy.attributes?.expiryTime ?? null };
}

export function createReadKey(clients: Pick<Clients, "vaults" | "keys">): ReadKey {
  return async (vault, keyName, inUse = []) => {
    if (!isKeyName(keyName)) return { state: "gone", name: keyName };
    const { subscriptionId, resourceGroup, name } = parseResourcePath(vault.id);
    const { keys } = clients.vaults(subscriptionId);
    const live = await callAzure("read key", `${vault.id}/keys/${keyName}`, async (): Promise<KeyFacts> => {
      const [latest, listed] = await Promise.all([
        keys.get(resourceGroup, name, keyName),
        collect(keys.listVersions(resourceGroup, name, keyName)),
      ]);
      const wanted = new Set(inUse.map((version) => version.toLowerCase()));
      const versions = await Promise.all(
        listed.map(async (item) => {
          const version = versionOf(item);
          if (version === versionOf(latest)) return versionFacts(latest);
          const isComplete = item.kty !== undefined && item.keyOps !== undefined;
          return versionFacts(isComplete || !wanted.has(version) ? item : await keys.getVersion(resourceGroup, name, keyName, version));
        }),
      );
      // Tags belong to a version: one that forbids a repair must not be lost by a rotation.
      const tags: Record<string, string> = Object.fromEntries([...listed, latest].flatMap((item) => Object.entries(item.tags ?? {})));
      return { state: "live", name: keyName, tags, versions: newestFirst(versions, versionOf(latest)), rotation: rotationOf(latest) };
    });
    if (live.ok) return live.value;
    if (live.failure.kind !== "notFound") return { name: keyName, ...toUnreadable(live.failure) };

    const deleted = await callAzure("read deleted key", `${vault.uri}/deletedkeys/${keyName}`, async () =>
      deletedFacts(keyName, await clients.keys(vault.uri).getDeletedKey(keyName)),
    );
    if (deleted.ok) return deleted.value;
    return deleted.failure.kind === "notFound" ? { state: "gone", name: keyName } : { name: keyName, ...toUnreadable(deleted.failure) };
  };
}

const versionOf = ({ keyUriWithVersion, id = "" }: Key): string => parseKeyUri(keyUriWithVersion ?? "").version ?? nameOf(id).toLowerCase();

function versionFacts(key: Key): KeyVersionFacts {
  const { enabled, notBefore, expires, created, updated } = key.attributes ?? {};
  const time = (seconds: number | undefined): string | null => (typeof seconds === "number" ? fromUnix(seconds) : null);
  return {
    version: versionOf(key),
    enabled: enabled ?? true,
    notBefore: time(notBefore),
    expiresOn: time(expires),
    createdOn: time(created),
    ...(typeof updated === "number" ? { updatedOn: fromUnix(updated) } : {}),
    type: key.kty ?? null,
    size: key.keySize ?? null,
    operations: key.keyOps ?? null,
  };
}

/**
 * Azure lists versions by their id, which is random. Recorded: Azure/azure-cli test_keyvault_key.yaml, 2022-04. current: what Azure
 * answers for the key without a version, which tells versions apart that were made in the same second.
 */
const newestFirst = (versions: KeyVersionFacts[], current: string): KeyVersionFacts[] =>
  versions.toSorted(
    (a, b) => (b.createdOn ?? "").localeCompare(a.createdOn ?? "") || Number(b.version === current) - Number(a.version === current),
  );

/** A deleted key shows its newest version only. */
function deletedFacts(name: string, deleted: DeletedKey): KeyFacts {
  const { properties, key } = deleted;
  const iso = (time: Date | undefined): string | null => time?.toISOString() ?? null;
  return {
    state: "deleted",
    name,
    tags: properties.tags ?? {},
    deletedOn: iso(properties.deletedOn),
    scheduledPurgeOn: iso(properties.scheduledPurgeDate),
    versions: [
      {
        version: properties.version?.toLowerCase() ?? parseKeyUri(deleted.id ?? "").version ?? "",
        enabled: properties.enabled ?? true,
        notBefore: iso(properties.notBefore),
        expiresOn: iso(properties.expiresOn),
        createdOn: iso(properties.createdOn),
        type: deleted.keyType ?? null,
        size: key?.n === undefined ? null : key.n.length * 8,
        operations: deleted.keyOperations ?? null,
      },
    ],
  };
}
