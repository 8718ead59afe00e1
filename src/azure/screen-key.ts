/**
 * The versions of one key in one call, for screening. From the vault itself where it lets Keymend in, whose budget is the vault's own; else
 * through ARM. Both lists show `updated`, which changes with the operations too (Azure/azure-rest-api-specs: KeyItem's KeyAttributes of the
 * data plane; KeyAttributes of Microsoft.KeyVault/vaults/keys).
 */
import * as v from "valibot";
import { nameOf } from "../domain/arm-id.ts";
import type { LiveVault } from "../domain/facts.ts";
import { isKeyName, parseKeyUri } from "../domain/key-uri.ts";
import { HOUR } from "../domain/time.ts";
import { callAzure, collect } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";

/** Times: unix seconds. */
export type VersionPortrait = {
  version: string;
  enabled: boolean;
  notBefore: number | null;
  expires: number | null;
  updated: number | null;
  tags: Record<string, string>;
};

/** Null: there is no such key. Undefined: Keymend may not read it. Throws TransientError. */
export type ScreenKey = (vault: Pick<LiveVault, "id" | "name" | "uri">, keyName: string) => Promise<VersionPortrait[] | null | undefined>;

const PAGE = v.object({
  value: v.nullish(
    v.array(
      v.object({
        kid: v.string(),
        attributes: v.object({
          enabled: v.nullish(v.boolean()),
          nbf: v.nullish(v.number()),
          exp: v.nullish(v.number()),
          updated: v.nullish(v.number()),
        }),
        tags: v.nullish(v.record(v.string(), v.string())),
      }),
    ),
  ),
  nextLink: v.nullish(v.string()),
});

/** How long a vault that did not let Keymend in is not asked again. */
const SHUT_FOR_MS = HOUR;

const ordered = (versions: VersionPortrait[]): VersionPortrait[] => versions.toSorted((a, b) => a.version.localeCompare(b.version));

async function fromVault({ sendToVault }: Pick<Clients, "sendToVault">, uri: string, keyName: string): Promise<VersionPortrait[]> {
  const versions: VersionPortrait[] = [];
  let next: string | null = `${uri}/keys/${encodeURIComponent(keyName)}/versions?api-version=7.4`;
  while (next !== null) {
    const { value, nextLink }: v.InferOutput<typeof PAGE> = v.parse(PAGE, (await sendToVault("GET", next)).body);
    for (const { kid, attributes, tags } of value ?? [])
      versions.push({
        version: parseKeyUri(kid).version ?? kid,
        enabled: attributes.enabled ?? true,
        notBefore: attributes.nbf ?? null,
        expires: attributes.exp ?? null,
        updated: attributes.updated ?? null,
        tags: tags ?? {},
      });
    next = nextLink || null;
  }
  return ordered(versions);
}

async function throughArm(clients: Pick<Clients, "vaults">, vaultId: string, keyName: string): Promise<VersionPortrait[]> {
  const { subscriptionId, resourceGroup, name } = parseResourcePath(vaultId);
  const listed = await collect(clients.vaults(subscriptionId).keys.listVersions(resourceGroup, name, keyName));
  return ordered(
    listed.map(({ id = "", keyUriWithVersion = "", attributes: { enabled, notBefore, expires, updated } = {}, tags = {} }) => ({
      version: parseKeyUri(keyUriWithVersion).version ?? nameOf(id).toLowerCase(),
      enabled: enabled ?? true,
      notBefore: notBefore ?? null,
      expires: expires ?? null,
      updated: updated ?? null,
      tags,
    })),
  );
}

export function createScreenKey(clients: Pick<Clients, "vaults" | "sendToVault">, now: () => Date): ScreenKey {
  const shutUntil = new Map<string, number>();
  return async ({ id, name, uri }, keyName) => {
    if (!isKeyName(keyName)) return null;
    const what = `${id}/keys/${keyName}`;
    if ((shutUntil.get(name) ?? 0) <= now().getTime()) {
      const read = await callAzure("list versions in the vault", what, () => fromVault(clients, uri, keyName));
      if (read.ok) return read.value;
      if (read.failure.kind === "notFound") return null;
      shutUntil.set(name, now().getTime() + SHUT_FOR_MS);
    }
    const read = await callAzure("list versions", what, () => throughArm(clients, id, keyName));
    if (read.ok) return read.value;
    return read.failure.kind === "notFound" ? null : undefined;
  };
}
