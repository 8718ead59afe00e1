import type { Cause } from "../cause.ts";
import { limitOf } from "../databases/readiness.ts";
import { say } from "../steps/az.ts";
import { VAULT, DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    OtherTenant: true;
  }
}

export const otherTenant: Cause = {
  code: "OtherTenant",
  title: "The vault lies in another tenant",
  shownBy:
    "The default identity is federated with an application of another tenant, or the vault belongs to another tenant than the database or Keymend; and the service does not confirm its access.",
  repair: "None: only the administrators of the vault's own tenant can look, and act.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Configure cross-tenant customer-managed keys",
  madeBy: [...VAULT, ...DATABASE],
  default: "none",
  statusCodes: [],
  eclipses: true,
  find: (facts, target) => {
    const limit = limitOf(facts, target);
    return limit?.cause === "OtherTenant" ? { effect: "unknown", facts: [limit.text], values: {} } : undefined;
  },
  mend: ({ facts }) => ({ kind: "escalate", reason: facts.join("; ") }),
  advice: (_facts, { defaultIdentity, keyUri }) => {
    const whom = defaultIdentity.form === "user" ? defaultIdentity.federatedClientId : null;
    const who = whom === null ? "the database's application" : `application ${whom}`;
    return [say(`only in the vault's own tenant: look at the key ${keyUri}, and at what ${who} may do with it there`)];
  },
};
