import type { Cause } from "../cause.ts";
import { missingOperations, NEEDED_OPERATIONS, whyUnfit } from "../mending/key-fitness.ts";
import { evidenceOf, versionsIn } from "../mending/versions.ts";
import { VERSION } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyOperationsRemoved: true;
  }
}

/** What was not read shows no fault. */
const known = (operations: readonly string[] | null): readonly string[] => operations ?? NEEDED_OPERATIONS;

export const keyOperationsRemoved: Cause = {
  code: "KeyOperationsRemoved",
  title: "The key may not wrap or unwrap",
  shownBy: "The permitted operations (key_ops) of a version that matters lack wrapKey or unwrapKey.",
  repair: "Put just those back; the others stay as they are.",
  steps: ["RestoreKeyOperations"],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Key Vault keys, about keys: key_ops; 403 KeyOperationForbidden",
  madeBy: VERSION,
  default: "ask",
  statusCodes: [4005, 4002],
  find: (facts, target) =>
    evidenceOf(facts, target, ({ facts: version }) => {
      const lacking = missingOperations(known(version.operations));
      // A key of another type never had them: that is what is wrong with it.
      return lacking.length === 0 || whyUnfit(version) !== undefined ? undefined : `lacks the operations ${lacking.join(" and ")}`;
    }),
  mend: (evidence, facts, target) => ({
    kind: "steps",
    steps: versionsIn(evidence, facts, target).map(({ on, facts: { operations } }) => ({
      name: "RestoreKeyOperations",
      params: { ...on, operations: [...known(operations), ...missingOperations(known(operations))] },
    })),
  }),
};
