import type { Cause } from "../cause.ts";
import { keyOf } from "../databases/key-path.ts";
import { evidenceOf, versionsIn } from "../mending/versions.ts";
import { VERSION } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyDisabled: true;
  }
}

/** Disabling the latest version is the documented way to revoke: a person must say that it was not meant. */
export const keyDisabled: Cause = {
  code: "KeyDisabled",
  title: "The key is disabled",
  shownBy:
    "The latest version of the key is disabled. That is also the documented way to revoke, so a person has to say that it was not meant.",
  repair: "Enable the disabled versions that the database needs.",
  steps: ["EnableKeyVersion"],
  kinds: ["account", "cluster"],
  source: 'Microsoft Learn: Configure customer-managed keys, "How do I revoke an encryption key?"; vCore troubleshooting guide, note',
  madeBy: VERSION,
  default: "ask",
  statusCodes: [4018, 4002],
  find: (facts, target) => {
    const key = keyOf(facts, target);
    // The key's own latest, also where a cluster is pinned to another: with both disabled, disabling was no slip after a rotation.
    if (key?.state !== "live" || key.versions[0]?.enabled !== false) return undefined;
    return evidenceOf(facts, target, ({ facts: version }) => (version.enabled ? undefined : "is disabled"));
  },
  mend: (evidence, facts, target) => ({
    kind: "steps",
    steps: versionsIn(evidence, facts, target).map(({ on }) => ({ name: "EnableKeyVersion", params: on })),
  }),
};
