import type { Cause } from "../cause.ts";
import { lackingOf } from "../key-access.ts";
import { isSwitched, mendByGrant, sayLacking } from "./lacking.ts";

export const accessMissing: Cause = {
  code: "AccessMissing",
  title: "The identity's role on the key is missing",
  kinds: ["account", "cluster"],
  source: 'Microsoft Learn: account troubleshooting guide, "Default Identity is unauthorized"; vCore troubleshooting guide, row 4',
  default: "auto",
  statusCodes: [4002],
  find: (facts, target) => {
    const lacking = lackingOf(facts, target);
    if (lacking?.model !== "rbac" || isSwitched(facts, lacking)) return undefined;
    return lacking.operations.some(({ why }) => why === "denied" || why === "condition") ? undefined : sayLacking(target, lacking);
  },
  mend: mendByGrant,
};
