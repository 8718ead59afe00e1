/**
 * What vault, key, identity and network must be like for a database with a customer-managed key, each with what shows it and the line that
 * meets it. Microsoft Learn: "Configure customer-managed keys for your Azure Cosmos DB account with Azure Key Vault"; "Configure
 * customer-managed key ... for MongoDB vCore" and "Data encryption at rest", requirements.
 */
import { accessOf } from "../access/key-access.ts";
import { ENCRYPTION_USER, POLICY_PERMISSIONS } from "../access/access.ts";
import { keyScopeOf, parseArmId, sameId } from "../arm-id.ts";
import { rulesOf } from "../databases/index.ts";
import { keyOf, liveVaultOf, regionOf } from "../databases/key-path.ts";
import type { Facts, IdentityFacts, KeyFacts, KeyVersionFacts, LiveVault, Rotation, TargetFacts, TargetKind } from "../facts.ts";
import { keyNameOf } from "../key-uri.ts";
import { missingOperations, whyUnfit } from "../mending/key-fitness.ts";
import { LONGEST_RETENTION, retentionLines, rotationLine } from "../steps/az-precautions.ts";
import type { RequirementName } from "../requirement.ts";
import { az, azNamed, say } from "../steps/az.ts";
import { toMs } from "../time.ts";
import type { Requirement } from "../wish.ts";
import { keyInUse } from "./one-key.ts";

type State = Requirement["state"];

const requirement = (name: RequirementName, state: State, detail: string, ...lines: string[]): Requirement => ({
  name,
  state,
  detail,
  az: state === "met" ? [] : lines,
});
const advice = (name: RequirementName, state: State, detail: string, ...lines: string[]): Requirement => ({
  ...requirement(name, state, detail, ...lines),
  advised: true,
});
const met = (holds: boolean): State => (holds ? "met" : "unmet");

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

/** Soft delete is on in every vault by now (Microsoft Learn, "Soft-delete will be enabled on all key vaults"). */
export function vaultRequirements({ vault, keys, tenantId }: Facts): Requirement[] {
  if (vault?.state !== "live") {
    const what = vault === null ? "no vault is named" : `vault ${vault.name} is ${vault.state}`;
    return [requirement("vault", vault?.state === "unreadable" ? "unknown" : "unmet", what)];
  }
  const days = vault.softDeleteRetentionInDays;
  return [
    requirement("vault", "met", `vault ${vault.name} is there`),
    requirement(
      "same tenant",
      met(vault.tenantId.toLowerCase() === tenantId.toLowerCase()),
      `vault ${vault.name} is in tenant ${vault.tenantId}`,
    ),
    requirement("soft delete", days === null ? "unknown" : "met", days === null ? "the vault does not tell" : `${days} days`),
    requirement(
      "purge protection",
      met(vault.purgeProtection),
      vault.purgeProtection ? "on" : "off; once on it can't be turned off",
      vaultSet(vault, "--enable-purge-protection", "true"),
    ),
    advice(
      "retention",
      days === LONGEST_RETENTION ? "met" : "unmet",
      `${days ?? "?"} of at most ${LONGEST_RETENTION} days`,
      ...retentionLines(vault, keys),
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
  if (isOpen(vault)) return advice("Keymend's own reach", "met", "the vault lets in every network");
  const ruledOut = "keys can't be enabled, dated, rotated or recovered by Keymend, and a deleted key is not seen";
  return advice(
    "Keymend's own reach",
    "unknown",
    `the vault lets in some networks only: unless Keymend speaks from one of them, ${ruledOut}`,
    say("docs/deploy.md, firewalls: how Keymend speaks from a network of yours"),
  );
}

const publicAccessOf = ({ network }: LiveVault): string => (network.publicNetworkAccess ?? "Enabled").toLowerCase();
const isOpen = (vault: LiveVault): boolean => publicAccessOf(vault) === "enabled" && vault.network.defaultAction === "Allow";

/** "An instance that is exclusively accessible through private endpoints cannot be used" but by trusted services (the account guide). */
function networkRequirement(vault: LiveVault): Requirement {
  const { defaultAction, bypass } = vault.network;
  const access = publicAccessOf(vault);
  if (access === "securedbyperimeter")
    return requirement("network", "unknown", `vault ${vault.name} is in a network security perimeter, whose rules decide`);
  const words = `public access ${access}, firewall ${defaultAction === "Allow" ? "off" : "on"}, trusted services ${bypass === "AzureServices" ? "may" : "may not"} pass`;
  return requirement("network", met(isOpen(vault) || bypass === "AzureServices"), words, vaultSet(vault, "--bypass", "AzureServices"));
}

const setVersion = (uri: string, version: string, ...setting: string[]): string =>
  az("keyvault", "key", "set-attributes", "--id", `${uri}/${version}`, ...setting);

function useRequirements(uri: string, latest: KeyVersionFacts): Requirement[] {
  const { version, type, size, operations, enabled } = latest;
  const unfit = whyUnfit(latest);
  const missing = operations === null ? [] : missingOperations(operations);
  const shape = type === null ? "not read" : [type, size].join(" ");
  return [
    requirement("key type and size", type === null ? "unknown" : met(unfit === undefined), unfit ?? shape),
    ...(size === null ? [] : [advice("3072 bits", met(size >= 3072), `${size} bits`)]),
    requirement(
      "key enabled",
      met(enabled),
      enabled ? "enabled" : `version ${version} is disabled`,
      setVersion(uri, version, "--enabled", "true"),
    ),
    requirement(
      "key operations",
      operations === null ? "unknown" : met(missing.length === 0),
      missing.length === 0 ? "wrapKey and unwrapKey" : `lacks ${missing.join(", ")}`,
      setVersion(uri, version, "--ops", ...(operations ?? []), ...missing),
    ),
  ];
}

/** Both guides advise to rotate; a policy is not asked for (Microsoft Learn, "Configure cryptographic key auto-rotation in Azure Key Vault"). */
function rotationRequirement(uri: string, rotation: Rotation | null | undefined): Requirement {
  const show = az("keyvault", "key", "rotation-policy", "show", "--id", uri);
  if (rotation === undefined) return advice("rotation policy", "unknown", "it was not read", show);
  const ends = rotation?.expiryTime ? `; each new version expires after ${rotation.expiryTime}` : "";
  if (rotation?.rotates) return advice("rotation policy", "met", `it rotates by itself${ends}`);
  return advice("rotation policy", "unmet", `it is rotated by hand alone${ends}`, show, rotationLine("--id", uri));
}

type Live = Extract<KeyFacts, { state: "live" }>;

function timeRequirements(uri: string, { expiresOn, notBefore }: KeyVersionFacts, { rotation }: Live, at: string): Requirement[] {
  const isExpired = expiresOn !== null && toMs(expiresOn) <= toMs(at);
  const isEarly = notBefore !== null && toMs(notBefore) > toMs(at);
  return [
    requirement(
      "key valid now",
      met(!isExpired && !isEarly),
      isExpired ? `expired ${expiresOn}` : isEarly ? `not before ${notBefore}` : "valid",
      say("an expiry that has passed is moved, a start that is to come is brought forward: az keyvault key set-attributes"),
    ),
    advice("no expiry", met(expiresOn === null), expiresOn === null ? "none" : `expires ${expiresOn}: a database is lost with it`),
    rotationRequirement(uri, rotation),
  ];
}

function missingKey(vault: LiveVault, name: string, key: KeyFacts | undefined): Requirement {
  const make = az("keyvault", "key", "create", "--vault-name", vault.name, "--name", name, "--kty", "RSA", "--size", "3072");
  const state: State = !key || key.state === "unreadable" ? "unknown" : "unmet";
  return requirement("key", state, `key ${name} is ${key?.state ?? "not read"}`, make);
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
  const name = keyNameOf(target.keyUri);
  const uri = String(target.keyUri);
  const inUse = keyInUse({ keyUri: uri }, facts);
  if (key?.state !== "live") return [missingKey(facts.vault, name, key), inUse];
  const [latest] = key.versions;
  const there = [requirement("key", "met", `key ${name} is there`), inUse];
  if (!latest) return [...there, requirement("key type and size", "unknown", "the key shows no version")];
  return [...there, ...useRequirements(uri, latest), ...timeRequirements(uri, latest, key, facts.at)];
}

const identityOf = ({ identities }: Facts, identityId: string): IdentityFacts | undefined =>
  identities.find(({ id }) => sameId(id, identityId));

function missingIdentity(identityId: string, identity: IdentityFacts | undefined): Requirement {
  const state: State = identity?.state === "gone" ? "unmet" : "unknown";
  const what = `identity ${identityId} is ${identity?.state ?? "not read"}`;
  return requirement("identity", state, what, az("identity", "create", ...azNamed(identityId)));
}

/** An account's may be anywhere (Microsoft Learn, Azure DocumentDB limitations, are about clusters). */
function regionRequirement({ vault }: Facts, target: TargetFacts, identity: string, location: string | null): Requirement[] {
  if (target.kind !== "cluster") return [];
  const places = [identity, ...(vault?.state === "live" ? [vault.location] : [])];
  const place = location ?? places.at(-1)!;
  const isSame = places.every((one) => regionOf(one) === regionOf(place));
  return [requirement("same region", met(isSame), `${places.join(" and ")}; the cluster in ${place}`)];
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
    advice("resource provider", there ? "met" : "unknown", words, line("show"), line("register")),
    ...(kind === "account" ? [advice("reserved names of Cassandra", "met", `with a customer-managed key ${names}`)] : []),
  ];
}

export const IDENTITY_ASKS = ["identity", "identity in the same tenant", "same region", "grant"] as const;

/** location: where the database is or is to be; null where that is not known. */
export function identityRequirements(facts: Facts, target: TargetFacts, identityId: string, location: string | null): Requirement[] {
  const identity = identityOf(facts, identityId);
  if (identity?.state !== "live") return [missingIdentity(identityId, identity)];
  const { name, tenantId, principalId } = identity;
  return [
    requirement("identity", "met", `identity ${name} is there`),
    requirement("identity in the same tenant", met(tenantId.toLowerCase() === facts.tenantId.toLowerCase()), `tenant ${tenantId}`),
    ...regionRequirement(facts, target, identity.location, location),
    grantRequirement(facts, target, principalId),
  ];
}

export function grantRequirement(facts: Facts, target: TargetFacts, principalId: string): Requirement {
  const access = accessOf(facts, target, principalId);
  if (access === undefined) return requirement("grant", "unknown", "there is no vault or key to be granted on");
  if (access.state !== "judged") return requirement("grant", "unknown", access.detail);
  const { lacking } = access.effective;
  const words = lacking.length === 0 ? `${principalId} may do what a ${target.kind} needs` : `${principalId} can't ${lacking.join(", ")}`;
  return requirement("grant", met(access.effective.allowed), words, ...grantLines(facts, target, principalId, access.model));
}

function grantLines(facts: Facts, target: TargetFacts, principalId: string, model: "rbac" | "policies"): string[] {
  // Access is judged only where there is a live vault.
  const vault = liveVaultOf(facts)!;
  if (model === "policies") {
    const words = rulesOf(target).operations.map((operation) => POLICY_PERMISSIONS[operation]);
    return [az("keyvault", "set-policy", ...azNamed(vault.id), "--object-id", principalId, "--key-permissions", ...words)];
  }
  const scope = keyScopeOf(vault.id, keyNameOf(target.keyUri));
  const who = ["--assignee-object-id", principalId, "--assignee-principal-type", "ServicePrincipal"];
  return [az("role", "assignment", "create", ...who, "--role", ENCRYPTION_USER, "--scope", scope)];
}

/** What stands in the way: neither advice, nor what the operation itself is there for, nor what is still being found out. */
export const standsInTheWay = ({ state, advised, ownWork, pending }: Requirement): boolean =>
  state !== "met" && !(advised ?? ownWork ?? pending ?? false);

/** What is still being found out. */
export const isAwaited = ({ pending }: Requirement): boolean => pending === true;
