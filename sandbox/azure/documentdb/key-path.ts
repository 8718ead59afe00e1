/**
 * Can the service use this database's key now? What a key check would find, from the world alone; changes nothing.
 * Codes: Cosmos DB sub-status codes (SubStatusCodes of the .NET SDK; azure-sdk-for-rust cosmos_status.rs); clusters show none.
 */
import { keyUse } from "../keyvault/key-use.ts";
import type { Account, AttachedIdentity, Cluster, World } from "../world.ts";
import { attached } from "./identity.ts";
import { isAccount, stateOf } from "./state.ts";
import type { Database, KeyPath } from "./state.ts";
import { flagSwitch, numberSwitch } from "./switches.ts";

/** Cosmos DB's own application in every tenant of the public cloud (AZDOCS how-to-setup-cmk). */
export const FIRST_PARTY_APP_ID = "a232010e-820c-4083-83bb-3ace5fc29d0b";

const ACCOUNT_KEY = /^https:\/\/[a-z0-9-]{3,24}\.(vault|managedhsm)\.azure\.net\/keys\/[a-z0-9-]{1,127}$/i;
const CLUSTER_KEY = /^https:\/\/[a-z0-9-]{3,24}\.vault\.azure\.net\/keys\/[a-z0-9-]{1,127}(\/[0-9a-f]{32})?$/i;

/** "The key itself must be passed with no versions and no trailing slashes" (how-to-setup-cross-tenant-customer-managed-keys.md). */
export const isAccountKeyUri = (uri: string): boolean => ACCOUNT_KEY.test(uri);
export const isClusterKeyUrl = (url: string): boolean => CLUSTER_KEY.test(url);
/** The version that a cluster's URL pins, if it pins one. */
export const pinnedVersion = (url: string): string | undefined => CLUSTER_KEY.exec(url)?.[2]?.slice(1);

/** Host and lower-cased name of the key that an identifier names. */
export function keyPlace(uri: string): { host: string; key: string } | undefined {
  const [, host, key] = /^https:\/\/([^/]+)\/keys\/([^/]+)/i.exec(uri) ?? [];
  return host === undefined || key === undefined ? undefined : { host, key: key.toLowerCase() };
}

export const keyUriOf = (database: Database): string | undefined =>
  isAccount(database) ? database.keyVaultKeyUri : database.keyEncryptionKeyUrl;

export const versionInUse = (database: Database): string | undefined =>
  isAccount(database) ? database.keyVaultKeyUriVersion : database.versionInUse;

export function keyPath(world: World, database: Database): KeyPath {
  const forced = stateOf(world).forced.get(database.id.toLowerCase());
  if (forced) return forced;
  const uri = keyUriOf(database);
  if (uri === undefined) throw new Error(`${database.id} has no customer-managed key`);
  const latest = tryKey(world, database, uri);
  const used = versionInUse(database);
  if (!latest.ok || used === undefined || used === latest.version) return latest;
  // Data keys are still wrapped with the version in use: it must stay usable until the service has moved on.
  const inUse = tryKey(world, database, `${versionless(uri)}/${used}`, { ofThisVersion: true });
  return inUse.ok ? latest : lost(database, inUse.why, () => numberSwitch(world, "documentdb.oldVersionCode"));
}

/** The code is asked for when a check shows it: who only looks whether the path is whole asks nothing of what is not known. */
const lost = (database: Database, why: string, code: () => number): KeyPath => ({
  ok: false,
  why,
  get code() {
    return isAccount(database) ? code() : null;
  },
});

/** Sets what checks find for a database whatever the world says (a platform fault, a managed HSM); undefined ends it. */
export function forceKeyPath(world: World, database: Database, path: KeyPath | undefined): void {
  const { forced } = stateOf(world);
  if (path) forced.set(database.id.toLowerCase(), path);
  else forced.delete(database.id.toLowerCase());
}

/** One key with the database's present identity, also one that it does not use yet. */
export function tryKey(world: World, database: Database, uri: string, options: { ofThisVersion?: boolean } = {}): KeyPath {
  const kind = isAccount(database) ? "account" : "cluster";
  const wellFormed = options.ofThisVersion || (kind === "account" ? isAccountKeyUri(uri) : isClusterKeyUrl(uri));
  const principal = isAccount(database) ? accountPrincipal(world, database) : clusterPrincipal(world, database);
  if ("why" in principal) return lost(database, principal.why, () => principal.code);
  if (!wellFormed) return lost(database, "Malformed", () => 4006);
  const use = keyUse(world, { keyUri: uri, principalId: principal.principalId, kind });
  return use.ok ? { ok: true, version: use.version } : lost(database, use.why, () => codeOf(world, use.why));
}

const versionless = (uri: string): string => uri.split("/").slice(0, 5).join("/");

function codeOf(world: World, why: string): number {
  switch (why) {
    case "VaultNotFound":
      return numberSwitch(world, "documentdb.vaultNotFoundCode");
    case "KeyNotFound":
      return numberSwitch(world, "documentdb.keyNotFoundCode");
    case "Disabled":
    case "Expired":
      return numberSwitch(world, "documentdb.disabledOrExpiredCode");
    case "NotYetValid":
      return numberSwitch(world, "documentdb.notYetValidCode");
    case "OperationNotAllowed":
      return numberSwitch(world, "documentdb.operationNotAllowedCode");
    case "Firewall":
      return numberSwitch(world, "documentdb.firewallCode");
    case "Forbidden":
      return 4002;
    case "Perimeter":
      return 4016;
    case "Malformed":
      return 4006;
    case "DnsNotResolved":
      return 4009;
    default:
      return 4005;
  }
}

type Found = { principalId: string } | { why: string; code: number };

/** 4015: no default, or one that is not attached. 4000: no token for it. */
function accountPrincipal(world: World, account: Account): Found {
  const identity = account.defaultIdentity;
  if (identity === "FirstPartyIdentity") {
    const app = [...world.principals.values()].find((p) => p.appid === FIRST_PARTY_APP_ID);
    return app ? { principalId: app.oid } : { why: "NoToken", code: 4000 };
  }
  if (identity === "SystemAssignedIdentity") {
    const principalId = account.identity.principalId;
    if (principalId === undefined) return { why: "IdentityNotAttached", code: 4015 };
    return world.principals.has(principalId) ? { principalId } : { why: "NoToken", code: 4000 };
  }
  const id = defaultIdentityId(world, identity);
  if (id === undefined) return { why: "UndefinedDefaultIdentity", code: 4015 };
  const entry = attached(account.identity, id);
  if (!entry) return { why: "IdentityNotAttached", code: 4015 };
  return userPrincipal(world, id, entry);
}

function clusterPrincipal(world: World, cluster: Cluster): Found {
  const id = cluster.keyEncryptionIdentityId;
  const entry = id === undefined ? undefined : attached(cluster.identity, id);
  if (id === undefined || !entry) return { why: "IdentityNotAttached", code: 4015 };
  return userPrincipal(world, id, entry);
}

/** `UserAssignedIdentity=<id>`, for another tenant's vault with `&FederatedClientId=<app>` behind it. */
export const userIdentityOf = (defaultIdentity: string): string | undefined =>
  /^UserAssignedIdentity=([^&]+)(&FederatedClientId=[0-9a-f-]{36})?$/i.exec(defaultIdentity)?.[1];

/**
 * The identity that a default means. Microsoft's own guide writes the id without its first slash (Learn, "Configure customer-managed keys on
 * existing accounts"); what Azure makes of that is not documented: a switch. It is kept and shown as it was sent.
 */
export function defaultIdentityId(world: World, defaultIdentity: string): string | undefined {
  const id = userIdentityOf(defaultIdentity);
  const bare = id !== undefined && !id.startsWith("/") && flagSwitch(world, "documentdb.readsIdsWithoutSlash");
  return bare ? `/${id}` : id;
}

/** A deleted identity gives no token, nor does one made anew under its name: it is another principal (vCore troubleshooting guide). */
function userPrincipal(world: World, id: string, entry: AttachedIdentity): Found {
  const live = world.identities.get(id.toLowerCase());
  if (live?.principalId !== entry.principalId || borrowedAndRunOut(world, entry)) return { why: "NoToken", code: 4000 };
  return { principalId: entry.principalId };
}

/** A restored account lives on the source's identity until the source is gone and the "identity's renew time is expired" (how-to-setup-customer-managed-keys.md). */
function borrowedAndRunOut(world: World, entry: AttachedIdentity): boolean {
  const source = entry.borrowedFrom?.toLowerCase();
  if (source === undefined || world.accounts.has(source)) return false;
  const deletedAt = stateOf(world).deletedAt.get(source) ?? 0;
  return world.clock.now() - deletedAt >= numberSwitch(world, "documentdb.borrowedIdentityMs");
}
