/** Key URIs as databases store them: which vault and key they name, and what is wrong with those that Azure would not follow. */

import { withoutLastSlashes } from "./arm-id.ts";
import { keyHostOf } from "./clouds.ts";

export type KeyUriFault =
  | "notAUri"
  | "notHttps"
  | "unknownHost"
  | "noKeyName"
  | "badKeyName"
  | "badVersion"
  | "trailingSlash"
  | "extraParts";

export type KeyUri = {
  /** Lower case, without port; empty where the text is no URI. */
  host: string;
  /** First label of a host that Keymend knows; null otherwise. */
  vaultName: string | null;
  key: string | null;
  /** Lower case; null where the URI names none, or nothing like one. */
  version: string | null;
  kind: "vault" | "managedHsm" | "unknown";
  /** Empty where Azure can follow it. A version is no fault here: a cluster may pin one, an account may not. */
  faults: KeyUriFault[];
};

const PARTS = /^([a-z]+):\/\/([^/:?#]+)(:\d+)?(?:\/([^?#]*))?([?#].*)?$/i;
/** Microsoft Learn, "Azure Key Vault keys, secrets, and certificates overview" (object identifiers). No key has another. */
export const isKeyName = (name: string): boolean => /^[0-9a-z-]{1,127}$/i.test(name);
const VERSION = /^[0-9a-f]{32}$/i;

export const keyUriFaultText: Record<KeyUriFault, string> = {
  notAUri: "is no URI",
  notHttps: "does not start with https",
  unknownHost: "names a host that is no key vault of this cloud",
  noKeyName: "names no key",
  badKeyName: "names a key that Key Vault would not allow",
  badVersion: "ends in something that is no key version",
  trailingSlash: "ends in a slash",
  extraParts: "has more than a host, a key and a version",
};

function readPath(path: string): Pick<KeyUri, "key" | "version" | "faults"> {
  const faults: KeyUriFault[] = [];
  if (path.endsWith("/")) faults.push("trailingSlash");
  const [collection, key, version, ...more] = withoutLastSlashes(path).split("/");
  if (collection?.toLowerCase() !== "keys" || !key) return { key: null, version: null, faults: ["noKeyName", ...faults] };
  if (!isKeyName(key)) faults.push("badKeyName");
  if (version !== undefined && !VERSION.test(version)) faults.push("badVersion");
  if (more.length > 0) faults.push("extraParts");
  return { key, version: version !== undefined && VERSION.test(version) ? version.toLowerCase() : null, faults };
}

/** Never throws: what it can't make out is null, and `faults` says what is wrong. */
export function parseKeyUri(raw: string): KeyUri {
  const match = PARTS.exec(raw.trim());
  if (!match) return { host: "", vaultName: null, key: null, version: null, kind: "unknown", faults: ["notAUri"] };
  const [, protocol, authority, port, path, rest] = match;
  const host = authority!.toLowerCase();
  const known = keyHostOf(host);
  const read = readPath(path ?? "");
  const faults: KeyUriFault[] = [];
  if (protocol!.toLowerCase() !== "https") faults.push("notHttps");
  if (!known) faults.push("unknownHost");
  faults.push(...read.faults);
  // `:443` is how Key Vault itself writes some of its links (recorded: Azure/azure-cli test_keyvault_key.yaml).
  if ((port !== undefined && port !== ":443") || rest !== undefined) faults.push("extraParts");
  const kind = known?.kind ?? "unknown";
  return { host, vaultName: known?.name ?? null, key: read.key, version: read.version, kind, faults };
}

/** The vault that a database's key lies in; null where its URI names none. A managed HSM is none, though it may bear the name of one. */
export function vaultNameOf(keyUri: string | null): string | null {
  const { kind, vaultName } = parseKeyUri(keyUri ?? "");
  return kind === "vault" ? vaultName : null;
}

/** The key that it names, whichever version of it; empty where it names none. */
export const keyNameOf = (keyUri: string | null): string => parseKeyUri(keyUri ?? "").key ?? "";

/** The URI that follows the newest version of the same key, or undefined where the URI does not say which vault or key is meant. */
export function versionlessKeyUri(uri: KeyUri): string | undefined {
  if (uri.vaultName === null || uri.key === null || uri.faults.includes("badKeyName")) return undefined;
  return `https://${uri.host}/keys/${uri.key}`;
}

/** Whichever version each of them names. */
export function isSameKey(a: string, b: string): boolean {
  const [one, other] = [parseKeyUri(a), parseKeyUri(b)];
  return one.host === other.host && one.key?.toLowerCase() === other.key?.toLowerCase();
}
