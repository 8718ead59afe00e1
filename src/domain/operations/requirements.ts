/**
 * What vault, key, identity and network must be like for a database with a customer-managed key, each with what shows it and the line that
 * meets it. Microsoft Learn: "Configure customer-managed keys for your Azure Cosmos DB account with Azure Key Vault"; "Configure
 * customer-managed key ... for MongoDB vCore" and "Data encryption at rest", requirements.
 */
import { accessOf } from "../access/key-access.ts";
import { parseArmId, sameId, sameText } from "../arm-id.ts";
import { keyOf, regionOf } from "../databases/key-path.ts";
import type { Facts, IdentityFacts, KeyFacts, KeyVersionFacts, LiveVault, Rotation, TargetFacts, TargetKind } from "../facts.ts";
import { keyNameOf } from "../key-uri.ts";
import { missingOperations, whyUnfit } from "../mending/key-fitness.ts";
import { LONGEST_RETENTION, retentionLines, rotationLine } from "../steps/az-precautions.ts";
import { newGrantDrafts, whyNoGrant } from "../mending/grants.ts";
import { showVault, showVersions } from "../mending/advice.ts";
import { az, azNamed, azTime, type Lines, say } from "../steps/az.ts";
import { azOf } from "../steps/index.ts";
import { DAY, toIso, toMs } from "../time.ts";
import type { Requirement } from "../wish.ts";
import { keyInUse } from "./one-key.ts";
import { advised, met, OUT_OF_SIGHT, requirement, told } from "./rows.ts";

const vaultSet = (vault: LiveVault, ...setting: string[]): string => az("keyvault", "update", ...azNamed(vault.id), ...setting);

export const VAULT_ASKS = [
  "vault",
  "same tenant",
  "soft delete",
  "purge protection",
  "retention",
  "network",
  "Keymend's own reach",
] as const;

/** What makes a vault, as the account guide asks for one. */
const newVault = (id: string): string =>
  az("keyvault", "create", ...azNamed(id), "--enable-purge-protection", "true", "--retention-days", String(LONGEST_RETENTION));

function missingVault({ vault }: Facts): Requirement {
  if (vault === null)
    return requirement("vault", "unmet", "no vault is named", say("name a key of a key vault, by its URI or by vault and name"));
  const words = `vault ${vault.name} is ${vault.state}`;
  if (vault.state === "unreadable") return requirement("vault", "unknown", words, OUT_OF_SIGHT);
  if (vault.state !== "deleted") {
    const make = vault.id === null ? [] : [newVault(vault.id)];
    return requirement("vault", "unmet", words, say("a vault of that name holds none of the keys that one of it held before:"), ...make);
  }
  return requirement("vault", "unmet", words, az("keyvault", "recover", ...azNamed(vault.id), "--location", vault.location));
}

/** Soft delete is on in every vault by now (Microsoft Learn, "Soft-delete will be enabled on all key vaults"). */
export function vaultRequirements(facts: Facts): Requirement[] {
  const { vault, keys, tenantId } = facts;
  if (vault?.state !== "live") return [missingVault(facts)];
  const days = vault.softDeleteRetentionInDays;
  return [
    met("vault", `vault ${vault.name} is there`),
    requirement(
      "same tenant",
      sameText(vault.tenantId, tenantId),
      `vault ${vault.name} is in tenant ${vault.tenantId}`,
      say(
        `take a vault of tenant ${tenantId}: another is set by a person alone, once its subscription was moved, for every access policy goes with it (Learn, 'Moving an Azure Key Vault to another subscription')`,
      ),
    ),
    requirement(
      "soft delete",
      days === null ? "unknown" : "met",
      days === null ? "the vault does not tell" : `${days} days`,
      say("it is on in every vault, and can't be switched off:"),
      ...showVault(facts, "retention:properties.softDeleteRetentionInDays"),
    ),
    requirement(
      "purge protection",
      vault.purgeProtection,
      vault.purgeProtection ? "on" : "off; once on it can't be turned off",
      vaultSet(vault, "--enable-purge-protection", "true"),
    ),
    advised(
      requirement(
        "retention",
        days === LONGEST_RETENTION,
        `${days ?? "?"} of at most ${LONGEST_RETENTION} days`,
        ...retentionLines(vault, keys),
      ),
    ),
    networkRequirement(vault),
    reachRequirement(vault),
  ];
}

/**
 * No trusted service is a function app: where it does not speak from a network that the vault lets in, the data plane is shut to it, while
 * keys are read and grants written through the management plane (Microsoft Learn, "Network security for Azure Key Vault").
 */
function reachRequirement(vault: LiveVault): Requirement {
  if (isOpen(vault)) return told("Keymend's own reach", "the vault lets in every network");
  const ruledOut = "keys can't be enabled, dated, rotated or recovered by Keymend, and a deleted key is not seen";
  return advised(
    requirement(
      "Keymend's own reach",
      "unknown",
      `the vault lets in some networks only: unless Keymend speaks from one of them, ${ruledOut}`,
      say("docs/deploy.md, firewalls: how Keymend speaks from a network of yours"),
    ),
  );
}

const publicAccessOf = ({ network }: LiveVault): string => (network.publicNetworkAccess ?? "Enabled").toLowerCase();
const isOpen = (vault: LiveVault): boolean => publicAccessOf(vault) === "enabled" && vault.network.defaultAction === "Allow";

/** "An instance that is exclusively accessible through private endpoints cannot be used" but by trusted services (the account guide). */
function networkRequirement(vault: LiveVault): Requirement {
  const { defaultAction, bypass } = vault.network;
  const access = publicAccessOf(vault);
  if (access === "securedbyperimeter")
    return requirement(
      "network",
      "unknown",
      `vault ${vault.name} is in a network security perimeter, whose rules decide`,
      say("database and vault have to be in one perimeter, or the vault's perimeter needs an inbound rule: its owner decides"),
    );
  const words = `public access ${access}, firewall ${defaultAction === "Allow" ? "off" : "on"}, trusted services ${bypass === "AzureServices" ? "may" : "may not"} pass`;
  return requirement("network", isOpen(vault) || bypass === "AzureServices", words, vaultSet(vault, "--bypass", "AzureServices"));
}

const setVersion = (uri: string, version: string, ...setting: string[]): string =>
  az("keyvault", "key", "set-attributes", "--id", `${uri}/${version}`, ...setting);

/** The same command makes a key and a version of one. It has no expiry; the versions before stay as they are. */
const makeKey = ({ name: vault }: LiveVault, key: string): string =>
  az("keyvault", "key", "create", "--vault-name", vault, "--name", key, "--kty", "RSA", "--size", "3072");

type Used = { vault: LiveVault; key: Live; uri: string; latest: KeyVersionFacts };

function useRequirements(target: TargetFacts, { vault, key, uri, latest }: Used): Requirement[] {
  const { version, type, size, operations, enabled } = latest;
  const unfit = whyUnfit(latest);
  const missing = operations === null ? [] : missingOperations(operations);
  const shape = type === null ? "not read" : [type, size].join(" ");
  const newVersion = [
    say("a new version, which the databases of the key move to; those before stay enabled:"),
    makeKey(vault, key.name),
  ] as const;
  return [
    type === null
      ? requirement("key type and size", "unknown", shape, ...versionLines(target))
      : requirement("key type and size", unfit === undefined, unfit ?? shape, ...newVersion),
    ...(size === null ? [] : [advised(requirement("3072 bits", size >= 3072, `${size} bits`, ...newVersion))]),
    requirement(
      "key enabled",
      enabled,
      enabled ? "enabled" : `version ${version} is disabled`,
      setVersion(uri, version, "--enabled", "true"),
    ),
    requirement(
      "key operations",
      operations === null ? "unknown" : missing.length === 0,
      missing.length === 0 ? "wrapKey and unwrapKey" : `lacks ${missing.join(", ")}`,
      setVersion(uri, version, "--ops", ...(operations ?? []), ...missing),
    ),
  ];
}

const versionLines = (target: TargetFacts): Lines => [OUT_OF_SIGHT, ...showVersions(target)];

/** Both guides advise to rotate; a policy is not asked for (Microsoft Learn, "Configure cryptographic key auto-rotation in Azure Key Vault"). */
function rotationRequirement(uri: string, rotation: Rotation | null | undefined): Requirement {
  const show = az("keyvault", "key", "rotation-policy", "show", "--id", uri);
  if (rotation === undefined) return advised(requirement("rotation policy", "unknown", "it was not read", show));
  const ends = rotation?.expiryTime ? `; each new version expires after ${rotation.expiryTime}` : "";
  if (rotation?.rotates) return told("rotation policy", `it rotates by itself${ends}`);
  return advised(requirement("rotation policy", "unmet", `it is rotated by hand alone${ends}`, show, rotationLine("--id", uri)));
}

type Live = Extract<KeyFacts, { state: "live" }>;

/** An expiry can be moved, and never taken off (recorded: Azure/azure-sdk-for-js, keyvault-keys). */
const YEAR_MS = 365 * DAY;

function timeRequirements({ vault, key, uri, latest: { version, expiresOn, notBefore } }: Used, at: string): Requirement[] {
  const isExpired = expiresOn !== null && toMs(expiresOn) <= toMs(at);
  const isEarly = notBefore !== null && toMs(notBefore) > toMs(at);
  const later = ["--expires", azTime(toIso(toMs(at) + YEAR_MS))];
  const setting = [...(isExpired ? later : []), ...(isEarly ? ["--not-before", azTime(at)] : [])];
  return [
    requirement(
      "key valid now",
      !isExpired && !isEarly,
      isExpired ? `expired ${expiresOn}` : isEarly ? `not before ${notBefore}` : "valid",
      setVersion(uri, version, ...setting),
    ),
    advised(
      requirement(
        "no expiry",
        expiresOn === null,
        expiresOn === null ? "none" : `expires ${expiresOn}: a database is lost with it`,
        say("an expiry can be moved, and not taken off again:"),
        setVersion(uri, version, ...later),
        say("or a new version without one, which the databases of the key move to; those before stay enabled:"),
        makeKey(vault, key.name),
      ),
    ),
    rotationRequirement(uri, key.rotation),
  ];
}

function missingKey(vault: LiveVault, target: TargetFacts, key: KeyFacts | undefined): Requirement {
  const name = keyNameOf(target.keyUri);
  const words = `key ${name} is ${key?.state ?? "not read"}`;
  if (!key || key.state === "unreadable") return requirement("key", "unknown", words, ...versionLines(target));
  if (key.state !== "deleted") return requirement("key", "unmet", words, makeKey(vault, name));
  return requirement("key", "unmet", words, ...azOf({ name: "RecoverKey", params: { vaultId: vault.id, vaultUri: vault.uri, key: name } }));
}

export const KEY_ASKS = [
  "key",
  "key in use",
  "key type and size",
  "3072 bits",
  "key enabled",
  "key operations",
  "key valid now",
  "no expiry",
  "rotation policy",
] as const;

/** target: a database, or one that would be. */
export function keyRequirements(facts: Facts, target: TargetFacts): Requirement[] {
  if (facts.vault?.state !== "live") return [];
  const key = keyOf(facts, target);
  const uri = String(target.keyUri);
  const inUse = keyInUse({ keyUri: uri }, facts);
  if (key?.state !== "live") return [missingKey(facts.vault, target, key), inUse];
  const [latest] = key.versions;
  const there = [met("key", `key ${keyNameOf(uri)} is there`), inUse];
  if (!latest) return [...there, requirement("key type and size", "unknown", "the key shows no version", ...versionLines(target))];
  const used: Used = { vault: facts.vault, key, uri, latest };
  return [...there, ...useRequirements(target, used), ...timeRequirements(used, facts.at)];
}

const identityOf = ({ identities }: Facts, identityId: string): IdentityFacts | undefined =>
  identities.find(({ id }) => sameId(id, identityId));

function missingIdentity(identityId: string, identity: IdentityFacts | undefined): Requirement {
  const what = `identity ${identityId} is ${identity?.state ?? "not read"}`;
  if (identity?.state === "gone") return requirement("identity", "unmet", what, az("identity", "create", ...azNamed(identityId)));
  return requirement("identity", "unknown", what, az("identity", "show", "--ids", identityId), OUT_OF_SIGHT);
}

/** An account's may be anywhere (Microsoft Learn, Azure DocumentDB limitations, are about clusters). */
function regionRequirement({ vault }: Facts, target: TargetFacts, identity: string, location: string | null): Requirement[] {
  if (target.kind !== "cluster") return [];
  const places = [identity, ...(vault?.state === "live" ? [vault.location] : [])];
  const place = location ?? places.at(-1)!;
  const isSame = places.every((one) => regionOf(one) === regionOf(place));
  const move = `no line moves any of them: take a vault of ${place}, with a key in it, and an identity made there, and name those`;
  return [requirement("same region", isSame, `${places.join(" and ")}; the cluster in ${place}`, say(move))];
}

export const PLACE_ASKS = ["resource provider", "reserved names of Cassandra"] as const;

const PROVIDER = "Microsoft.DocumentDB";

/**
 * A provider is registered where a resource of it is: it can't be unregistered before (Microsoft Learn, "Azure resource providers and types").
 * Where none is seen Keymend does not know; it has no permission to read registrations. Reserved names: the account guide's warning.
 */
export function placeRequirements({ targets, vault }: Facts, kind: TargetKind, databaseId: string | null): Requirement[] {
  const place = databaseId ?? (vault?.state === "live" ? vault.id : "");
  const subscriptionId = parseArmId(place)?.subscriptionId ?? "<subscription>";
  const there = targets.find(({ id }) => parseArmId(id)?.subscriptionId?.toLowerCase() === subscriptionId.toLowerCase());
  const words = there ? `${there.name} is in subscription ${subscriptionId}` : `no database is seen in subscription ${subscriptionId}`;
  const line = (verb: string): string => az("provider", verb, "--namespace", PROVIDER, "--subscription", subscriptionId);
  const names = "id, ttl, _ts, _etag, _rid, _self, _attachments and _epk are no field names of a table of the API for Apache Cassandra";
  return [
    advised(requirement("resource provider", there ? "met" : "unknown", words, line("show"), line("register"))),
    ...(kind === "account" ? [told("reserved names of Cassandra", `with a customer-managed key ${names}`)] : []),
  ];
}

export const IDENTITY_ASKS = ["identity", "identity in the same tenant", "same region", "grant"] as const;

/** location: where the database is or is to be; null where that is not known. */
export function identityRequirements(facts: Facts, target: TargetFacts, identityId: string, location: string | null): Requirement[] {
  const identity = identityOf(facts, identityId);
  if (identity?.state !== "live") return [missingIdentity(identityId, identity)];
  const { name, tenantId, principalId } = identity;
  return [
    met("identity", `identity ${name} is there`),
    requirement(
      "identity in the same tenant",
      sameText(tenantId, facts.tenantId),
      `tenant ${tenantId}`,
      say(`no line moves it: name one that is made in a subscription of tenant ${facts.tenantId}`),
    ),
    ...regionRequirement(facts, target, identity.location, location),
    grantRequirement(facts, target, principalId),
  ];
}

export function grantRequirement(facts: Facts, target: TargetFacts, principalId: string): Requirement {
  const access = accessOf(facts, target, principalId);
  if (access === undefined)
    return requirement("grant", "unknown", "there is no vault or key to be granted on", say("it is told once vault and key are there"));
  if (access.state !== "judged") return requirement("grant", "unknown", access.detail, OUT_OF_SIGHT);
  const { lacking } = access.effective;
  const words = lacking.length === 0 ? `${principalId} may do what a ${target.kind} needs` : `${principalId} can't ${lacking.join(", ")}`;
  return requirement("grant", access.effective.allowed, words, ...grantLines(facts, target, principalId));
}

/** Of one that needs no grant any more there is none. */
function grantLines(facts: Facts, target: TargetFacts, principalId: string): Lines {
  const grantee = { identityId: null, principalId };
  const refused = whyNoGrant(facts, target, grantee);
  if (refused !== undefined) return [say(`no grant helps: ${refused}; whoever set that changes it`)];
  return [say("the least that it needs:"), ...newGrantDrafts(facts, target, grantee).flatMap(azOf)];
}

/** What stands in the way: neither advice, nor what the operation itself is there for, nor what is still being found out. */
export const standsInTheWay = (row: Requirement): boolean => row.state !== "met" && !(row.advised ?? row.ownWork ?? row.pending ?? false);

/** What is still being found out. */
export const isAwaited = ({ pending }: Requirement): boolean => pending === true;
