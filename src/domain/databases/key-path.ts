/**
 * The way from one database to its key, as far as the facts show it: vault, key, versions, principal. Causes ask here, so that all of
 * them see the same path. Nothing is guessed: what was not read is undefined or says so.
 */
import type { Effect } from "../cause.ts";
import type { Facts, KeyFacts, KeyVersionFacts, LiveVault, TargetFacts } from "../facts.ts";
import { type KeyUri, parseKeyUri } from "../key-uri.ts";
import { DAY, toMs } from "../time.ts";
import { type PrincipalState, principalStateOf, rulesOf, verdictOf } from "./index.ts";

/** Undefined where the database has no customer-managed key. */
export const uriOf = (target: TargetFacts): KeyUri | undefined => (target.keyUri === null ? undefined : parseKeyUri(target.keyUri));

export const liveVaultOf = (facts: Facts): LiveVault | undefined => (facts.vault?.state === "live" ? facts.vault : undefined);

/** Of a live vault only: what was read of a key whose vault is gone says nothing. */
export function keyOf(facts: Facts, target: TargetFacts): KeyFacts | undefined {
  const name = uriOf(target)?.key;
  if (!name || !liveVaultOf(facts)) return undefined;
  return facts.keys.find((key) => key.name.toLowerCase() === name.toLowerCase());
}

/** The version that a cluster's URL names. */
export const pinnedVersionOf = (target: TargetFacts): string | null =>
  rulesOf(target).mayPinVersion ? (uriOf(target)?.version ?? null) : null;

/** What the database is known to wrap with now; null where it follows the newest and does not say. */
export const versionInUseOf = (target: TargetFacts): string | null => pinnedVersionOf(target) ?? target.versionInUse?.toLowerCase() ?? null;

export type UsedVersion = { facts: KeyVersionFacts; isLatest: boolean; effect: Effect };

/** The service may take a day to move to a new version (Microsoft Learn, "Configure customer-managed keys", key rotation); a day more is room to spare. */
const ROTATION_MS = 2 * DAY;

/** Made so lately that a database which does not say what it wraps with may wrap with the one before still. */
export const isFreshVersion = ({ createdOn }: KeyVersionFacts, { at }: Facts): boolean =>
  createdOn !== null && toMs(at) - toMs(createdOn) < ROTATION_MS;

/**
 * The versions that matter to this database: the one in use, then the newest, which the service moves to within a day. A fault of the
 * one in use breaks it; one of the newest will, and already has where the service says that access is lost.
 */
export function versionsOf(facts: Facts, target: TargetFacts): UsedVersion[] {
  const key = keyOf(facts, target);
  if (key?.state !== "live") return [];
  const [latest] = key.versions;
  const named = versionInUseOf(target);
  const inUse = named === null ? latest : key.versions.find(({ version }) => version === named);
  const used: UsedVersion[] = inUse ? [{ facts: inUse, isLatest: inUse === latest, effect: "broken" }] : [];
  if (!latest || latest === inUse || pinnedVersionOf(target) !== null) return used;
  return [...used, { facts: latest, isLatest: true, effect: verdictOf(target) === "lost" ? "broken" : "willBreak" }];
}

const earliest = (times: readonly (string | null)[]): string | null =>
  times.filter((time) => time !== null).toSorted((a, b) => toMs(a) - toMs(b))[0] ?? null;

/** When the first of the versions that this database uses, or will within a day, runs out; null where none does, as far as was read. */
export const expiryOf = (facts: Facts, target: TargetFacts): string | null =>
  earliest(versionsOf(facts, target).map((version) => version.facts.expiresOn));

/** The same of all its databases. */
export const firstExpiry = (facts: Facts): string | null => earliest(facts.targets.map((target) => expiryOf(facts, target)));

/** Each of 500 steps asks it of each of 500 databases: it is found out once for a look. Facts are never changed once they are read. */
const PRINCIPALS = new WeakMap<Facts, Map<TargetFacts, PrincipalState>>();

export function principalIn(facts: Facts, target: TargetFacts): PrincipalState {
  const known = PRINCIPALS.get(facts) ?? new Map<TargetFacts, PrincipalState>();
  PRINCIPALS.set(facts, known);
  const principal = known.get(target) ?? principalStateOf(target, facts.identities, facts.firstPartyPrincipalId);
  known.set(target, principal);
  return principal;
}

/** The service asks for the same region however it is written: "East US 2" and "eastus2". */
export const regionOf = (location: string): string => location.toLowerCase().replaceAll(" ", "");
