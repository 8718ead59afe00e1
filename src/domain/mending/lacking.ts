/** What the causes of lost access share. */
import { nameOf } from "../arm-id.ts";
import type { Evidence, Finding, Mend } from "../cause.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { grantDrafts, refusedOf } from "./grants.ts";
import { type Lacking, lackingOf } from "../access/key-access.ts";
import { uriOf } from "../databases/key-path.ts";

/** Where the default identity was changed to one without access, that one lacks nothing which it ever had. */
export const isDefaultChanged = (found: readonly Finding[]): boolean => found.some(({ code }) => code === "DefaultIdentityChanged");

/** What the database's principal lacks, as far as it is the one that should have it. */
export const lackingUnlessChanged = (facts: Facts, target: TargetFacts, found: readonly Finding[]): Lacking | undefined =>
  isDefaultChanged(found) ? undefined : lackingOf(facts, target);

/** Everything needed is granted in the model that is switched off, and the vault was not always in the present one. */
export const isSwitched = (facts: Facts, { inactive, model }: Lacking): boolean =>
  inactive?.allowed === true && facts.baseline?.permissionModel !== model;

/** Somebody said no, or tied it to a condition: another matter than a grant that is missing. */
export const isRefused = (facts: Facts, target: TargetFacts, { principalId, operations }: Lacking): boolean =>
  refusedOf(facts, target, principalId, operations) !== undefined;

const whoOf = (identityId: string | null, principalId: string): string =>
  identityId === null ? principalId : `${nameOf(identityId)} (principal ${principalId})`;

/** One sentence per reason, however many operations share it. */
export function sayLacking(target: TargetFacts, { principalId, identityId, operations }: Lacking): Evidence {
  const reasons = [...new Set(operations.map(({ detail }) => detail))];
  const facts = reasons.map((reason) => {
    const lost = operations.filter(({ detail }) => detail === reason).map(({ operation }) => operation);
    return `${whoOf(identityId, principalId)} can't ${lost.join(", ")} with key ${uriOf(target)?.key}: ${reason}`;
  });
  return { effect: "broken", facts, values: { principalId, identityId } };
}

/** Grants what is lacking, in the vault's active model. */
export function mendByGrant({ values }: Evidence, facts: Facts, target: TargetFacts): Mend {
  const { principalId, identityId } = values;
  const grantee = { principalId: String(principalId), identityId: typeof identityId === "string" ? identityId : null };
  return { kind: "steps", steps: grantDrafts(facts, target, grantee) };
}
