/**
 * A cluster that follows its key's newest version does not say which one it wraps with now. The service may take a day to move to a new
 * one (Microsoft Learn, "Configure customer-managed keys", key rotation), so after a rotation it may be the one before.
 */
import type { Facts, KeyVersionFacts, TargetFacts } from "../facts.ts";
import { grantStateOf } from "../access/key-access.ts";
import { isFreshVersion, keyOf, principalIn, versionInUseOf } from "../databases/key-path.ts";
import { verdictOf } from "../databases/index.ts";

function canReachKey(facts: Facts, target: TargetFacts): boolean {
  const principal = principalIn(facts, target);
  return principal.state === "known" && grantStateOf(facts, target, principal.principalId) === "settled";
}

export type VersionBefore = KeyVersionFacts & {
  /** There is no older one that it could be as well. */
  isOnly: boolean;
};

/** The version before the newest, where the loss of access just after a rotation is explained by nothing else: not by who may use the key. */
export function versionBefore(facts: Facts, target: TargetFacts): VersionBefore | undefined {
  const key = keyOf(facts, target);
  if (key?.state !== "live" || versionInUseOf(target) !== null || verdictOf(target) !== "lost") return undefined;
  const [latest, previous, ...older] = key.versions;
  if (!latest?.enabled || !previous) return undefined;
  return isFreshVersion(latest, facts) && canReachKey(facts, target) ? { ...previous, isOnly: older.length === 0 } : undefined;
}
