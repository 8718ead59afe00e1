import type { Cause } from "../cause.ts";
import type { Facts, KeyVersionFacts, TargetFacts } from "../facts.ts";
import { keyOf, liveVaultOf, uriOf, versionInUseOf } from "../key-path.ts";
import { verdictOf } from "../targets/index.ts";
import { DAY, toMs } from "../time.ts";

/** The service may take a day to move to a new version, so the one before must stay enabled that long. */
const ROTATION_MS = 2 * DAY;

/** The version in use where it is known; else, where access is lost just after a rotation, the one before the newest. */
function versionBefore(facts: Facts, target: TargetFacts): KeyVersionFacts | undefined {
  const key = keyOf(facts, target);
  if (key?.state !== "live") return undefined;
  const [latest, previous] = key.versions;
  const named = versionInUseOf(target);
  // Both disabled is a revocation, not a rotation that went too fast.
  if (!latest?.enabled) return undefined;
  if (named !== null) return key.versions.find(({ version }) => version === named && version !== latest.version);
  const isFresh = latest.createdOn !== null && toMs(facts.at) - toMs(latest.createdOn) < ROTATION_MS;
  return isFresh && verdictOf(target) === "lost" ? previous : undefined;
}

/** Disabled too early after a rotation: not a revocation, since the latest version stays enabled. */
export const oldVersionDisabled: Cause = {
  code: "OldVersionDisabled",
  title: "The version in use was disabled before the service moved on",
  shownBy:
    "The latest version is enabled, and the one that the service still wraps with is not: a rotation that was cleaned up too early, not a revocation.",
  repair: "Enable it until the service has moved on, which may take a day.",
  steps: ["EnableKeyVersion"],
  kinds: ["account", "cluster"],
  source:
    "Microsoft Learn: Configure customer-managed keys, key rotation (keep the old version enabled); status 4005, sub-status 4012 CustomerKeyRotated",
  default: "auto",
  statusCodes: [4005, 4012],
  find: (facts, target) => {
    const before = versionBefore(facts, target);
    if (!before || before.enabled) return undefined;
    return {
      effect: "broken",
      facts: [
        `version ${before.version} of key ${uriOf(target)?.key} is disabled while the service still wraps with it; the latest is enabled`,
      ],
      values: { version: before.version },
    };
  },
  mend: ({ values }, facts, target) => {
    const vault = liveVaultOf(facts)!;
    const on = { vaultId: vault.id, vaultUri: vault.uri, key: uriOf(target)!.key!, version: String(values["version"]) };
    return { kind: "steps", steps: [{ name: "EnableKeyVersion", params: on }] };
  },
};
