import type { Cause } from "../cause.ts";
import { toMs } from "../time.ts";
import { evidenceOf, versionsIn } from "../mending/versions.ts";
import { VERSION } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyNotYetValid: true;
  }
}

export const keyNotYetValid: Cause = {
  code: "KeyNotYetValid",
  title: "The key's activation date lies ahead",
  shownBy: "A version that matters may not be used before a time that lies ahead (nbf).",
  repair: "Set its activation date to now.",
  steps: ["SetKeyNotBefore"],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Key Vault keys, key attributes: nbf",
  madeBy: VERSION,
  default: "ask",
  statusCodes: [4018, 4002],
  find: (facts, target) =>
    evidenceOf(facts, target, ({ facts: { notBefore } }) =>
      notBefore !== null && toMs(notBefore) > toMs(facts.at) ? `may not be used before ${notBefore}` : undefined,
    ),
  mend: (evidence, facts, target) => ({
    kind: "steps",
    steps: versionsIn(evidence, facts, target).map(({ on }) => ({ name: "SetKeyNotBefore", params: { ...on, notBefore: facts.at } })),
  }),
};
