import type { Cause } from "../cause.ts";
import { principalIn, uriOf } from "../databases/key-path.ts";
import { limitOf } from "../databases/readiness.ts";
import { az, say } from "../steps/az.ts";
import { DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    ManagedHsm: true;
  }
}

export const managedHsm: Cause = {
  code: "ManagedHsm",
  title: "The key lives in a managed HSM",
  shownBy: "The key URI names a host of managed HSMs, and the service does not confirm its access.",
  repair:
    "None: a managed HSM has roles of its own, which Azure RBAC does not reach. Its administrator grants the encryption role at the key.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Managed HSM access control (its own roles; Azure RBAC does not reach its keys)",
  madeBy: DATABASE,
  default: "none",
  statusCodes: [],
  eclipses: true,
  find: (facts, target) => {
    const limit = limitOf(facts, target);
    return limit?.cause === "ManagedHsm" ? { effect: "unknown", facts: [limit.text], values: {} } : undefined;
  },
  mend: ({ facts }) => ({ kind: "escalate", reason: facts.join("; ") }),
  advice: (facts, target) => {
    const { vaultName, key } = uriOf(target)!;
    const principal = principalIn(facts, target);
    if (!vaultName || !key) return [];
    const at = ["--hsm-name", vaultName, "--scope", `/keys/${key}`];
    const whom = principal.state === "known" ? ["--assignee-object-id", principal.principalId] : [];
    const role = ["--role", "Managed HSM Crypto Service Encryption User", "--assignee-principal-type", "ServicePrincipal"];
    return [
      az("keyvault", "role", "assignment", "list", ...at, ...whom),
      say(`an administrator of the HSM can grant it: ${az("keyvault", "role", "assignment", "create", ...at, ...whom, ...role)}`),
    ];
  },
};
