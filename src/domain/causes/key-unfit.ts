import type { Cause } from "../cause.ts";
import { evidenceOf } from "./versions.ts";

const SIZES = [2048, 3072, 4096];

export const keyUnfit: Cause = {
  code: "KeyUnfit",
  title: "The key is of a kind the service can't use",
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Data encryption at rest in vCore, requirements: RSA or RSA-HSM of 2048, 3072 or 4096 bits",
  default: "none",
  statusCodes: [4005],
  find: (facts, target) =>
    evidenceOf(facts, target, ({ facts: { type, size } }) => {
      if (type !== null && !/^RSA(-HSM)?$/i.test(type)) return `is of type ${type}; RSA or RSA-HSM is needed`;
      return size !== null && !SIZES.includes(size) ? `has ${size} bits; ${SIZES.join(", ")} are allowed` : undefined;
    }),
  mend: ({ facts }) => ({
    kind: "escalate",
    reason: `${facts.join("; ")}: create a version of type RSA or RSA-HSM with ${SIZES.join(", ")} bits`,
  }),
};
