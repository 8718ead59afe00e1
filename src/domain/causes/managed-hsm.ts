import type { Cause } from "../cause.ts";
import { uriOf } from "../key-path.ts";

export const managedHsm: Cause = {
  code: "ManagedHsm",
  title: "The key lives in a managed HSM",
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Managed HSM access control (its own roles; Azure RBAC does not reach its keys)",
  default: "none",
  statusCodes: [],
  eclipses: true,
  find: (facts, target) =>
    facts.vault?.state === "managedHsm" || uriOf(target)?.kind === "managedHsm"
      ? {
          effect: "unknown",
          facts: [`the key URI '${target.keyUri}' names a managed HSM, which Keymend neither reads nor repairs`],
          values: {},
        }
      : undefined,
  mend: ({ facts }) => ({ kind: "escalate", reason: facts.join("; ") }),
};
