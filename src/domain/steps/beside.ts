/**
 * What stands beside the value that a step sets, on the very thing that it is written to. A PATCH of a part may be answered with more than that
 * part changed: a vault's firewall is sent as a whole, identities and access policies are lists. What is added beside is no news; what stood
 * there is to stand there as it stood.
 */
import { normalId, sameId } from "../arm-id.ts";
import type { AccessPolicy, Facts, TargetFacts } from "../facts.ts";
import { type Beside, findVault, isStale, type OnKeyVersion, shownTarget, shownVersion } from "./spec.ts";

const THERE = "there";

const allThere = (what: string, names: readonly string[]): Beside =>
  Object.fromEntries(names.map((name) => [`${what} ${name.toLowerCase()}`, THERE]));

const tagsIn = (tags: Record<string, string>): Beside =>
  Object.fromEntries(Object.entries(tags).map(([name, value]) => [`tag ${name.toLowerCase()}`, value]));

/** own: what the step sets itself. */
const without = (beside: Beside, own: readonly string[]): Beside =>
  Object.fromEntries(Object.entries(beside).filter(([name]) => !own.includes(name)));

/** What of a list the step neither sets nor found there: one that is given more than was asked for has another value too. */
export const moreThan = (what: string, words: readonly string[] | null | undefined, asked: readonly string[]): Beside => ({
  [`${what} that were not asked for`]:
    words == null ? null : listed(words.filter((word) => !asked.some((one) => one.toLowerCase() === word.toLowerCase()))),
});

const listed = (words: readonly string[]): string =>
  words
    .map((word) => word.toLowerCase())
    .toSorted()
    .join(", ") || "none";

export function besideOnVersion(facts: Facts, params: OnKeyVersion, ...own: ("enabled" | "activation" | "expiry" | "operations")[]) {
  const version = shownVersion(facts, params);
  if (!version) return undefined;
  const { enabled, notBefore, expiresOn, operations } = version;
  const all: Beside = {
    enabled: String(enabled),
    activation: notBefore ?? "none",
    expiry: expiresOn ?? "none",
    operations: operations && listed(operations),
  };
  return without(all, own);
}

export const policyName = ({ tenantId, objectId, applicationId }: Omit<AccessPolicy, "keys">): string =>
  `access policy of ${[tenantId, objectId, ...(applicationId === null ? [] : [applicationId])].join("/").toLowerCase()}`;

export function besideOnVault(facts: Facts, vaultId: string, ...own: string[]): Beside | undefined {
  const vault = findVault(facts, vaultId);
  if (isStale(vault)) return undefined;
  const { network, policies, permissionModel, purgeProtection, tags } = vault;
  const all: Beside = {
    "permission model": permissionModel,
    "purge protection": String(purgeProtection),
    // Absent is Enabled (REST specification of Microsoft.KeyVault, VaultProperties).
    "public network access": (network.publicNetworkAccess ?? "Enabled").toLowerCase(),
    "default action": network.defaultAction,
    bypass: network.bypass,
    ...allThere("IP rule", network.ipRules),
    ...allThere("network rule", network.virtualNetworkRules),
    ...Object.fromEntries(policies.map((policy) => [policyName(policy), listed(policy.keys)])),
    ...tagsIn(tags),
  };
  return without(all, own);
}

export const KEY_URI = "key URI";
export const DEFAULT_IDENTITY = "default identity";
export const SYSTEM_IDENTITY = "system identity";
export const identityName = (identityId: string): string => `identity ${normalId(identityId)}`;

/** One that is gone may go from the list by itself. */
function identitiesIn({ attached }: TargetFacts, { identities }: Facts): Beside {
  const isLive = (id: string): boolean => identities.some((one) => one.state === "live" && sameId(one.id, id));
  return Object.fromEntries(attached.map(({ id }) => [identityName(id), isLive(id) ? THERE : null]));
}

export function besideOnDatabase(facts: Facts, targetId: string, ...own: string[]): Beside | undefined {
  const target = shownTarget(facts, targetId);
  if (!target) return undefined;
  const { keyUri, defaultIdentity, systemPrincipalId, tags } = target;
  const all: Beside = {
    [KEY_URI]: keyUri ?? "none",
    [DEFAULT_IDENTITY]: JSON.stringify(defaultIdentity).toLowerCase(),
    [SYSTEM_IDENTITY]: systemPrincipalId ?? "none",
    ...identitiesIn(target, facts),
    ...tagsIn(tags),
  };
  return without(all, own);
}

/** What stood there and stands there otherwise, or not at all, each in words. */
export const changedBeside = (before: Beside, now: Beside): string[] =>
  Object.entries(before).flatMap(([name, was]) => {
    const is = name in now ? now[name]! : "not there";
    return was === null || is === null || is === was ? [] : [`${name} is ${is} (it was ${was})`];
  });
