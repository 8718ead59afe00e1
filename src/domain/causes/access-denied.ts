import type { Cause } from "../cause.ts";
import { isRefused, lackingUnlessChanged, sayLacking } from "../mending/lacking.ts";
import { showAccess } from "../mending/advice.ts";
import { say } from "../steps/az.ts";
import { DENIAL } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    AccessDenied: true;
  }
}

/** Somebody said no, or said yes only under a condition. A second grant without it would go around them. */
export const accessDenied: Cause = {
  code: "AccessDenied",
  title: "A deny assignment or a condition keeps the identity out",
  shownBy:
    "A deny assignment covers the identity at its key, or a group that it may be in while the service says that it has no access, or the condition of its role is not met.",
  repair:
    "None: a second grant would go around a decision of somebody's. Where only a group is named: wait for two hours, then ask a person.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Understand Azure deny assignments; What is Azure attribute-based access control",
  madeBy: DENIAL,
  default: "none",
  statusCodes: [4002],
  find: (facts, target, _settings, found) => {
    const lacking = lackingUnlessChanged(facts, target, found);
    if (!lacking || !isRefused(facts, target, lacking)) return undefined;
    const evidence = sayLacking(target, lacking);
    const isCertain = lacking.operations.some(({ why }) => why !== "maybeDenied");
    return isCertain ? evidence : { ...evidence, effect: "unknown" };
  },
  // Who is in a group can't be read: the service, which looks once an hour, will say whether it was that.
  mend: ({ facts, effect }) => ({ kind: effect === "unknown" ? "wait" : "escalate", reason: facts.join("; ") }),
  advice: (facts, target) => [
    ...showAccess(facts, target),
    say("a deny assignment goes with the deployment stack or managed application that made it; a condition is its author's to change"),
  ],
};
