import type { Cause, Evidence } from "../cause.ts";
import { extendAll, isExpired, isNearExpiry } from "../mending/expiry.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { uriOf } from "../databases/key-path.ts";
import type { Settings } from "../settings.ts";
import { versionBefore } from "../mending/version-before.ts";
import { evidenceOf, type NamedVersion, versionsIn } from "../mending/versions.ts";
import { VERSION } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyExpired: true;
  }
}

/** A cluster that lost access just after a rotation may wrap with the version before still. */
function expiredBefore(facts: Facts, target: TargetFacts): Evidence | undefined {
  const before = versionBefore(facts, target);
  if (!before?.enabled || !isExpired(before, facts)) return undefined;
  const name = `version ${before.version} of key ${uriOf(target)?.key}`;
  const text = `${name}, which was the newest until a moment ago and may be in use still, expired on ${before.expiresOn}`;
  return { effect: "broken", facts: [text], values: { versions: [before.version] } };
}

const nearExpiry = (facts: Facts, target: TargetFacts, settings: Settings): NamedVersion[] =>
  versionsIn({ values: {} }, facts, target, (version) => isNearExpiry(version, facts, settings));

/** An expired key still unwraps, but wraps no more, and the service needs both. */
export const keyExpired: Cause = {
  code: "KeyExpired",
  title: "The key has expired",
  shownBy: "The expiry of a version that matters has passed (exp). Such a version still unwraps and wraps no more.",
  repair:
    "Move the expiry of the version in use, and of the latest where that is due soon; never rotate first. How far and how often is bounded (KEYMEND_EXPIRY_*); beyond that a person is asked to rotate.",
  steps: ["ExtendKeyExpiry"],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: vCore troubleshooting guide, row 1 (extend, never rotate first); Key Vault keys, key attributes: exp",
  madeBy: VERSION,
  default: "auto",
  statusCodes: [4018, 4002],
  find: (facts, target) =>
    evidenceOf(facts, target, ({ facts: version }) => (isExpired(version, facts) ? `expired on ${version.expiresOn}` : undefined)) ??
    expiredBefore(facts, target),
  // The latest goes along where it would be next, so that the service does not move onto a key that fails.
  mend: (evidence, facts, target, settings) =>
    extendAll(versionsIn(evidence, facts, target), facts, settings, nearExpiry(facts, target, settings)),
};
