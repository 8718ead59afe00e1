import type { Cause } from "../cause.ts";
import { SIZES, whyUnfit } from "../mending/key-fitness.ts";
import { evidenceOf } from "../mending/versions.ts";
import { uriOf, versionsOf } from "../databases/key-path.ts";
import { az, say } from "../steps/az.ts";
import { NEW_VERSION } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyUnfit: true;
  }
}

export const keyUnfit: Cause = {
  code: "KeyUnfit",
  title: "The key is of a kind the service can't use",
  shownBy: "A version that matters is of another type than RSA or RSA-HSM, or of another size than 2048, 3072 or 4096 bits.",
  repair: "None: a person makes a version that fits, and leaves the one before enabled until the service has moved on.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Data encryption at rest in vCore, requirements: RSA or RSA-HSM of 2048, 3072 or 4096 bits",
  madeBy: NEW_VERSION,
  default: "none",
  statusCodes: [4005],
  find: (facts, target) => evidenceOf(facts, target, ({ facts: version }) => whyUnfit(version)),
  mend: ({ facts }) => ({
    kind: "escalate",
    reason: `${facts.join("; ")}: create a version of type RSA or RSA-HSM with ${SIZES.join(", ")} bits`,
  }),
  advice: (facts, target) => {
    const { host, vaultName, key } = uriOf(target)!;
    if (!vaultName || !key) return [];
    const make = az("keyvault", "key", "create", "--vault-name", vaultName, "--name", key, "--kty", "RSA", "--size", "3072");
    return [
      ...versionsOf(facts, target).map(({ facts: { version } }) =>
        az("keyvault", "key", "show", "--id", `https://${host}/keys/${key}/${version}`, "--query", "key.{type:kty,operations:keyOps}"),
      ),
      say(`a fit version on top, leaving the others enabled: ${make}`),
    ];
  },
};
