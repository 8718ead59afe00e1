import type { Cause } from "../cause.ts";
import type { Facts, KeyVersionFacts, TargetFacts } from "../facts.ts";
import { keyOf, liveVaultOf, uriOf, versionInUseOf } from "../databases/key-path.ts";
import { versionBefore } from "../mending/version-before.ts";
import { VERSION_CHANGED } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    OldVersionDisabled: true;
  }
}

/** Both disabled is a revocation, not a rotation that went too fast. */
function toldVersion(facts: Facts, target: TargetFacts): KeyVersionFacts | undefined {
  const key = keyOf(facts, target);
  if (key?.state !== "live" || !key.versions[0]?.enabled) return undefined;
  const [latest] = key.versions;
  const named = versionInUseOf(target);
  return key.versions.find(({ version }) => version === named && version !== latest.version);
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
  madeBy: VERSION_CHANGED,
  default: "auto",
  statusCodes: [4005, 4012],
  find: (facts, target) => {
    const told = toldVersion(facts, target);
    const before = told ?? versionBefore(facts, target);
    if (!before || before.enabled) return undefined;
    const { version } = before;
    const text = told
      ? "is disabled while the service still wraps with it; the latest is enabled"
      : "is disabled and was the newest until a moment ago; the service does not say which one it wraps with, and nothing else explains its loss";
    const older = "isOnly" in before && !before.isOnly ? "the version in use may be an older one as well" : null;
    return { effect: "broken", facts: [`version ${version} of key ${uriOf(target)?.key} ${text}`], values: { version, older } };
  },
  mend: ({ values }, facts, target) => {
    const vault = liveVaultOf(facts)!;
    const on = { vaultId: vault.id, vaultUri: vault.uri, key: uriOf(target)!.key!, version: String(values["version"]) };
    return {
      kind: "steps",
      steps: [{ name: "EnableKeyVersion", params: on }],
      ...(typeof values["older"] === "string" ? { asks: values["older"] } : {}),
    };
  },
};
