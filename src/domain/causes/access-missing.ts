import type { Cause } from "../cause.ts";
import { isRefused, isSwitched, lackingUnlessChanged, mendByGrant, sayLacking } from "../mending/lacking.ts";
import { ASSIGNMENT, MOVED, VAULT, DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    AccessMissing: true;
  }
}

export const accessMissing: Cause = {
  code: "AccessMissing",
  title: "The identity's role on the key is missing",
  shownBy: "On a vault with Azure RBAC the identity has no role that lets it read the key, wrap and unwrap with it.",
  repair:
    "Restore the very role assignment that was there when last healthy; else grant Key Vault Crypto Service Encryption User at that one key.",
  steps: ["RestoreRoleAssignment", "GrantKeyRole"],
  kinds: ["account", "cluster"],
  source: 'Microsoft Learn: account troubleshooting guide, "Default Identity is unauthorized"; vCore troubleshooting guide, row 4',
  madeBy: [...ASSIGNMENT, ...MOVED, ...VAULT, ...DATABASE],
  default: "auto",
  statusCodes: [4002],
  find: (facts, target, _settings, found) => {
    const lacking = lackingUnlessChanged(facts, target, found);
    if (lacking?.model !== "rbac" || isSwitched(facts, lacking) || isRefused(facts, target, lacking)) return undefined;
    return sayLacking(target, lacking);
  },
  mend: mendByGrant,
};
