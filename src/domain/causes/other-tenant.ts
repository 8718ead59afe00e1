import type { Cause } from "../cause.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import { say } from "../steps/az.ts";

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const otherTenant: Cause = {
  code: "OtherTenant",
  title: "The vault lies in another tenant",
  shownBy:
    "The default identity is federated with an application of another tenant, or the vault belongs to another tenant than the database or Keymend.",
  repair: "None: only the administrators of the vault's own tenant can look, and act.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Configure cross-tenant customer-managed keys",
  default: "none",
  statusCodes: [],
  eclipses: true,
  find: (facts, target) => {
    const { defaultIdentity } = target;
    const values = {};
    if (defaultIdentity.form === "user" && defaultIdentity.federatedClientId !== null) {
      const text = `${target.name} reaches its vault as application ${defaultIdentity.federatedClientId} of another tenant`;
      return { effect: "unknown", facts: [text], values };
    }
    const vault = liveVaultOf(facts);
    if (!vault || (same(vault.tenantId, facts.tenantId) && same(vault.tenantId, target.tenantId ?? vault.tenantId))) return undefined;
    return {
      effect: "unknown",
      facts: [`vault ${vault.name} belongs to tenant ${vault.tenantId}, not to that of ${target.name} and of Keymend`],
      values,
    };
  },
  mend: ({ facts }) => ({ kind: "escalate", reason: facts.join("; ") }),
  advice: (_facts, { defaultIdentity, keyUri }) => {
    const whom = defaultIdentity.form === "user" ? defaultIdentity.federatedClientId : null;
    const who = whom === null ? "the database's application" : `application ${whom}`;
    return [say(`only in the vault's own tenant: look at the key ${keyUri}, and at what ${who} may do with it there`)];
  },
};
