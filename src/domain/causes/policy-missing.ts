import type { Cause } from "../cause.ts";
import { isSwitched, lackingUnlessChanged, mendByGrant, sayLacking } from "../mending/lacking.ts";
import { POLICY, VAULT, DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    PolicyMissing: true;
  }
}

/** Both guides ask for get, wrapKey and unwrapKey; a cluster needs list as well. */
export const policyMissing: Cause = {
  code: "PolicyMissing",
  title: "The identity's access policy lacks permissions",
  shownBy: "On a vault with access policies the identity lacks get, wrapKey or unwrapKey; a cluster's also list.",
  repair: "Add just the lacking ones to its policy.",
  steps: ["AddAccessPolicyPermissions"],
  kinds: ["account", "cluster"],
  source: 'Microsoft Learn: account troubleshooting guide, "Default Identity is unauthorized"; vCore troubleshooting guide, row 5',
  madeBy: [...POLICY, ...VAULT, ...DATABASE],
  default: "auto",
  statusCodes: [4002],
  find: (facts, target, _settings, found) => {
    const lacking = lackingUnlessChanged(facts, target, found);
    return lacking?.model === "policies" && !isSwitched(facts, lacking) ? sayLacking(target, lacking) : undefined;
  },
  mend: mendByGrant,
};
