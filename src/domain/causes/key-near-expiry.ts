import type { Cause } from "../cause.ts";
import { versionsOf } from "../databases/key-path.ts";
import { extendAll, isNearExpiry } from "../mending/expiry.ts";
import { evidenceOf, versionsIn } from "../mending/versions.ts";
import { VERSION } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyNearExpiry: true;
  }
}

/** Weeks ahead: moving an expiry in time costs nothing, and no database notices. */
export const keyNearExpiry: Cause = {
  code: "KeyNearExpiry",
  title: "The key expires soon",
  shownBy: "The expiry of a version that matters lies within the lead time (KEYMEND_EXPIRY_LEAD).",
  repair: "The same as for an expired one, weeks ahead, so that no database notices.",
  steps: ["ExtendKeyExpiry"],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Azure Key Vault as Event Grid source (KeyNearExpiry); vCore troubleshooting guide, row 1",
  madeBy: VERSION,
  default: "auto",
  statusCodes: [],
  find: (facts, target, settings) => {
    const isNear = isNearExpiry;
    const evidence = evidenceOf(
      facts,
      target,
      ({ facts: version }) => (isNear(version, facts, settings) ? `expires on ${version.expiresOn}` : undefined),
      "willBreak",
    );
    const times = versionsOf(facts, target).flatMap(({ facts: version }) => (isNear(version, facts, settings) ? [version.expiresOn!] : []));
    const [first] = times.toSorted();
    return evidence && first !== undefined ? { ...evidence, breaksAt: first } : undefined;
  },
  mend: (evidence, facts, target, settings) => extendAll(versionsIn(evidence, facts, target), facts, settings),
};
