import type { Cause } from "../cause.ts";
import { lackingOf } from "../access/key-access.ts";
import { isSwitched, mendByGrant, sayLacking } from "../mending/lacking.ts";

/** Both guides ask for get, wrapKey and unwrapKey; a cluster needs list as well. */
export const policyMissing: Cause = {
  code: "PolicyMissing",
  title: "The identity's access policy lacks permissions",
  shownBy: "On a vault with access policies the identity lacks get, wrapKey or unwrapKey; a cluster's also list.",
  repair: "Add just the lacking ones to its policy.",
  steps: ["AddAccessPolicyPermissions"],
  kinds: ["account", "cluster"],
  source: 'Microsoft Learn: account troubleshooting guide, "Default Identity is unauthorized"; vCore troubleshooting guide, row 5',
  default: "auto",
  statusCodes: [4002],
  find: (facts, target) => {
    const lacking = lackingOf(facts, target);
    return lacking?.model === "policies" && !isSwitched(facts, lacking) ? sayLacking(target, lacking) : undefined;
  },
  mend: mendByGrant,
};
