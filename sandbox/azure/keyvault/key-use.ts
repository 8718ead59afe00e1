/**
 * The database service's own use of a key, as its hourly check makes it: from the name of the vault to wrap and unwrap, in the
 * order in which the real path fails. Decides; changes nothing.
 */
import { evaluateDataAction } from "../authorization/evaluate.ts";
import type { KeyVersion, Vault, World } from "../world.ts";
import { policyGrants } from "./authorize.ts";
import { refusalOf, type Refusal } from "./data-crypto.ts";
import { PERMISSIONS } from "./data-route.ts";
import { admitsTrustedService, networkOf } from "./firewall.ts";
import { liveKey, versionOf } from "./key-state.ts";
import { setting } from "./switches.ts";
import { vaultOfHost } from "./vault-state.ts";
import { usesRbac } from "./vault-write.ts";

export type KeyUseFailure =
  | "Malformed"
  | "DnsNotResolved"
  | "VaultNotFound"
  | "Perimeter"
  | "Firewall"
  | "Forbidden"
  | "KeyNotFound"
  | "Unfit"
  | Refusal;

export type KeyUse = { ok: true; version: string } | { ok: false; why: KeyUseFailure; detail: string };

export type KeyUseRequest = { keyUri: string; principalId: string; kind: "account" | "cluster" };

/** The one version that a key of a managed HSM has here. */
const HSM_VERSION = "c1d2e3f405162738495a6b7c8d9e0f10";

const no = (why: KeyUseFailure, detail: string): KeyUse => ({ ok: false, why, detail });

export function keyUse(world: World, request: KeyUseRequest): KeyUse {
  const uri = readKeyUri(request.keyUri);
  if (!uri) return no("Malformed", `${request.keyUri} is no key identifier that a database takes`);
  if (uri.host.toLowerCase().endsWith(MANAGED_HSM)) return useManagedHsm(world, uri);
  const vault = vaultOfHost(world, uri.host);
  const blocked = reach(world, uri.host, vault);
  if (blocked) return blocked;
  return useKey(world, vault!, request, uri);
}

type KeyUri = { host: string; key: string; version: string | undefined };

/** With or without version: whether a database may pin one is the database's own rule. */
function readKeyUri(keyUri: string): KeyUri | undefined {
  const match = /^https:\/\/([a-z0-9-]+\.(?:vault|managedhsm)\.azure\.net)(?::443)?\/keys\/([a-z0-9-]+)(?:\/([0-9a-f]{32}))?$/i.exec(
    keyUri,
  );
  return match ? { host: match[1]!, key: match[2]!, version: match[3] } : undefined;
}

const MANAGED_HSM = ".managedhsm.azure.net";

/** A managed HSM grants access to its keys by itself, out of Azure's sight (Managed HSM: access-control.md): a switch says whom it lets in. */
function useManagedHsm(world: World, { host, key, version }: KeyUri): KeyUse {
  const name = host.slice(0, -MANAGED_HSM.length);
  if (name.toLowerCase() === setting(world, "keyvault.openManagedHsm").toLowerCase()) return { ok: true, version: version ?? HSM_VERSION };
  return no("Forbidden", `managed HSM ${name} does not let the identity use ${key}`);
}

/** The way to the vault: DNS, the vault itself, a perimeter, the firewall. Undefined: reached. */
function reach(world: World, host: string, vault: Vault | undefined): KeyUse | undefined {
  if (!vault) return no("DnsNotResolved", `${host} does not resolve`);
  const { name } = vault;
  if (vault.deleted) {
    const looks = setting(world, "keyvault.softDeletedVaultLooks");
    return no(looks === "DnsNotResolved" ? "DnsNotResolved" : "VaultNotFound", `vault ${name} is soft-deleted`);
  }
  if (networkOf(vault) === "perimeter") return no("Perimeter", `vault ${name} is secured by a network security perimeter`);
  if (!admitsTrustedService(vault)) return no("Firewall", `vault ${name} does not let trusted services through`);
  return undefined;
}

function useKey(world: World, vault: Vault, { principalId, kind }: KeyUseRequest, uri: KeyUri): KeyUse {
  const lacking = lackingAccess(world, vault, uri.key, principalId, kind);
  if (lacking) return no("Forbidden", `${principalId} lacks ${lacking} at ${vault.name}/${uri.key}`);
  const key = liveKey(world, vault, uri.key);
  const version = key && versionOf(key, uri.version);
  if (!version) return no("KeyNotFound", `${vault.name} has no key ${uri.key}${uri.version ? `/${uri.version}` : ""}`);
  if (!fits(version)) return no("Unfit", `${version.kty} ${version.keySize}`);
  for (const operation of ["wrapKey", "unwrapKey"] as const) {
    const refusal = refusalOf(world, version, operation);
    if (refusal) return no(refusal, `${operation} with ${uri.key}/${version.version}`);
  }
  return { ok: true, version: version.version };
}

/** RSA or RSA-HSM of 2048, 3072 or 4096 bits (Azure DocumentDB: how-to-data-encryption.md, requirements). */
const fits = ({ kty, keySize }: KeyVersion): boolean => /^RSA(-HSM)?$/.test(kty) && [2048, 3072, 4096].includes(keySize);

/** get, wrapKey, unwrapKey; a cluster also list (Azure DocumentDB: how-to-data-encryption.md). Only the model in force counts. */
function lackingAccess(world: World, vault: Vault, key: string, principalId: string, kind: "account" | "cluster"): string | undefined {
  const needed = [PERMISSIONS.get, PERMISSIONS.wrap, PERMISSIONS.unwrap, ...(kind === "cluster" ? [PERMISSIONS.list] : [])];
  if (!usesRbac(vault)) return needed.find((p) => !policyGrants(world, vault, principalId, [p.policy]))?.policy;
  const scope = `${vault.id}/keys/${key}`;
  return needed.find((p) => !evaluateDataAction(world, principalId, p.dataAction, scope).allowed)?.dataAction;
}
