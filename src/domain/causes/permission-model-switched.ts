import type { Cause } from "../cause.ts";
import { isRefused, isSwitched, lackingUnlessChanged, mendByGrant, sayLacking } from "../mending/lacking.ts";
import { VAULT } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    PermissionModelSwitched: true;
  }
}

const NAMES = { rbac: "Azure RBAC", policies: "access policies" };

/** Only one model is active at a time. The switch itself is somebody's decision and stays. */
export const permissionModelSwitched: Cause = {
  code: "PermissionModelSwitched",
  title: "The vault was switched to the other permission model",
  shownBy: "The identity has all it needs in the permission model that is switched off, and the vault had that model when last healthy.",
  repair: "Grant it in the model that is active now. The switch itself is never undone: who made it stands in the timeline.",
  steps: ["RestoreRoleAssignment", "GrantKeyRole", "AddAccessPolicyPermissions"],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Configure customer-managed keys, choosing the security model; Migrate from access policies to Azure RBAC",
  madeBy: VAULT,
  default: "auto",
  statusCodes: [4002],
  find: (facts, target, _settings, found) => {
    const lacking = lackingUnlessChanged(facts, target, found);
    if (!lacking || !isSwitched(facts, lacking) || isRefused(facts, target, lacking)) return undefined;
    const other = lacking.model === "rbac" ? "policies" : "rbac";
    const evidence = sayLacking(target, lacking);
    return { ...evidence, facts: [`the vault uses ${NAMES[lacking.model]}, and the grants are in ${NAMES[other]}`, ...evidence.facts] };
  },
  mend: mendByGrant,
};
