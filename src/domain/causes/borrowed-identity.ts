import { nameOf, normalId, sameId } from "../arm-id.ts";
import type { Cause } from "../cause.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { principalIn } from "../databases/key-path.ts";
import { userAssigned } from "../databases/default-identity.ts";
import { ownIdentityCandidates } from "../databases/stand-in-names.ts";
import { replaceWith, replacementFor } from "../mending/replacement-identity.ts";
import { NO_TOKEN } from "../databases/account.ts";
import { DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    BorrowedIdentity: true;
  }
}

/**
 * The account that lends its identity: another one on this vault that has it attached, or one that the baseline remembers with it.
 * A restored account that shares its identity with no account known here may have been given its own: it is left alone.
 */
function lenderOf(facts: Facts, target: TargetFacts, identityId: string): string | undefined {
  const others = facts.targets.filter(({ kind, id }) => kind === "account" && !sameId(id, target.id));
  const sharing = others.find((other) => other.restoredFrom === null && other.attached.some(({ id }) => sameId(id, identityId)));
  if (sharing) return sharing.id;
  const remembered = Object.entries(facts.baseline?.defaultIdentities ?? {});
  const known = new Set(facts.targets.map(({ id }) => normalId(id)));
  return remembered.find(([id, raw]) => !known.has(normalId(id)) && sameId(raw, userAssigned(identityId)))?.[0];
}

/** A restore carries the source's identity over without making it the target's own: it stops working some time after the source is deleted. */
export const borrowedIdentity: Cause = {
  code: "BorrowedIdentity",
  title: "The restored account still uses the source account's identity",
  shownBy: "An account made by a restore still uses an identity that belongs to the account it was restored from.",
  repair: "Give it one of its own before the source goes: make it, grant it, attach it, make it the default.",
  steps: ["CreateIdentity", "RestoreRoleAssignment", "GrantKeyRole", "AddAccessPolicyPermissions", "AttachIdentity", "SetDefaultIdentity"],
  kinds: ["account"],
  source:
    'Microsoft Learn: Configure customer-managed keys, restored accounts ("restored accounts become inaccessible after the source account is deleted")',
  madeBy: DATABASE,
  default: "ask",
  statusCodes: [NO_TOKEN],
  find: (facts, target) => {
    const principal = principalIn(facts, target);
    if (target.restoredFrom === null || principal.state !== "known" || principal.identityId === null) return undefined;
    const { identityId } = principal;
    const lender = lenderOf(facts, target, identityId);
    // The service gets no token for an identity that is there: that of a source which is gone.
    const hasRunOut = target.service.code === NO_TOKEN;
    if (lender === undefined && !hasRunOut) return undefined;
    const whose = lender === undefined ? "for which the service gets no token" : `which is that of ${nameOf(lender)}`;
    return {
      effect: hasRunOut ? "broken" : "willBreak",
      facts: [`${target.name} was restored and still uses identity ${nameOf(identityId)}, ${whose}`],
      values: { identityId },
    };
  },
  mend: ({ values }, facts, target) => {
    const borrowed = String(values["identityId"]);
    const replacement = replacementFor(facts, borrowed, ownIdentityCandidates(target));
    if (!replacement) return { kind: "escalate", reason: `no free name was found for an identity of its own for ${target.name}` };
    return replaceWith(replacement, facts, target);
  },
};
