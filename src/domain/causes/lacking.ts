/** What the causes of lost access share. */
import type { Evidence, Mend } from "../cause.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { grantDrafts } from "../grants.ts";
import type { Lacking } from "../key-access.ts";
import { uriOf } from "../key-path.ts";

/** Everything needed is granted in the model that is switched off, and the vault was not always in the present one. */
export const isSwitched = (facts: Facts, { inactive, model }: Lacking): boolean =>
  inactive?.allowed === true && facts.baseline?.permissionModel !== model;

/** Somebody said no, or tied it to a condition: another matter than a grant that is missing. */
export const isRefused = ({ operations }: Lacking): boolean => operations.some(({ why }) => why === "denied" || why === "condition");

export const sayLacking = (target: TargetFacts, { principalId, identityId, operations }: Lacking): Evidence => ({
  effect: "broken",
  facts: operations.map(
    ({ operation, detail }) => `${identityId ?? principalId} can't ${operation} with key ${uriOf(target)?.key}: ${detail}`,
  ),
  values: { principalId, identityId },
});

/** Grants what is lacking, in the vault's active model. */
export function mendByGrant({ values }: Evidence, facts: Facts, target: TargetFacts): Mend {
  const { principalId, identityId } = values;
  const grantee = { principalId: String(principalId), identityId: typeof identityId === "string" ? identityId : null };
  return { kind: "steps", steps: grantDrafts(facts, target, grantee) };
}
