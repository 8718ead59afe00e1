import type { Cause } from "../cause.ts";
import type { TargetFacts } from "../facts.ts";
import { rulesOf } from "../databases/index.ts";
import { DATABASE } from "../mending/made-by.ts";
import { uriFaults, versionlessDraft } from "../steps/versionless.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyUriMalformed: true;
  }
}

function faultsOf(target: TargetFacts): string[] {
  const { faults, version } = uriFaults(target);
  return [...faults, ...(rulesOf(target).mayPinVersion ? [] : version)];
}

export const keyUriMalformed: Cause = {
  code: "KeyUriMalformed",
  title: "The key URI is not one that Azure follows",
  shownBy:
    "The key URI ends in a slash, names another host than a vault, has parts that do not belong there or, on an account, names a version.",
  repair:
    "On an account one attempt to set the same key's URI without a version, alone in its write. A revoked account answers 400 to it, and a cluster's is for a person to set.",
  steps: ["SetKeyUri"],
  kinds: ["account", "cluster"],
  source: 'Microsoft Learn: account troubleshooting guide, "Improper Syntax Detected on the Key Vault URI Property"',
  madeBy: DATABASE,
  default: "auto",
  statusCodes: [4006],
  find: (_facts, target) => {
    const faults = faultsOf(target);
    return faults.length === 0
      ? undefined
      : { effect: "broken", facts: [`the key URI '${target.keyUri}' ${faults.join(", and ")}`], values: {} };
  },
  mend: ({ facts }, _facts, target) => {
    const draft = target.kind === "account" ? versionlessDraft(target) : undefined;
    return draft ? { kind: "steps", steps: [draft] } : { kind: "escalate", reason: facts.join("; ") };
  },
};
