import type { Cause } from "../cause.ts";
import type { TargetFacts } from "../facts.ts";
import { uriOf } from "../databases/key-path.ts";
import { keyUriFaultText, versionlessKeyUri } from "../key-uri.ts";
import { rulesOf } from "../databases/index.ts";
import { DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyUriMalformed: true;
  }
}

function faultsOf(target: TargetFacts): string[] {
  const uri = uriOf(target);
  if (!uri) return [];
  const version = uri.version !== null && !rulesOf(target).mayPinVersion ? ["names a version"] : [];
  return [...uri.faults.map((fault) => keyUriFaultText[fault]), ...version];
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
    const keyUri = versionlessKeyUri(uriOf(target)!);
    if (target.kind === "account" && keyUri !== undefined)
      return { kind: "steps", steps: [{ name: "SetKeyUri", params: { targetId: target.id, keyUri } }] };
    return { kind: "escalate", reason: facts.join("; ") };
  },
};
