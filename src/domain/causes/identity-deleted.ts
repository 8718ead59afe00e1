import { nameOf, sameId } from "../arm-id.ts";
import type { Cause, Mend } from "../cause.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { principalIn } from "../databases/key-path.ts";
import { replaceWith, replacementFor } from "../mending/replacement-identity.ts";
import { replacementCandidates } from "../databases/stand-in-names.ts";
import { detachDraft } from "../mending/switch-identity.ts";
import { NO_TOKEN } from "../databases/account.ts";

function mend(facts: Facts, target: TargetFacts, goneId: string): Mend {
  const replacement = replacementFor(facts, goneId, replacementCandidates(goneId));
  if (!replacement) return { kind: "escalate", reason: `no free name was found for an identity in place of ${nameOf(goneId)}` };
  // As the database spells it: a removal under another casing is none (Azure/azure-cli, cosmosdb module, identity remove).
  const identityId = target.attached.find(({ id }) => sameId(id, goneId))?.id ?? goneId;
  return replaceWith(replacement, facts, target, [detachDraft(target, identityId, replacement.identityId)]);
}

/** A deleted identity can't be brought back, nor does one of the same name help: it has another principal. */
export const identityDeleted: Cause = {
  code: "IdentityDeleted",
  title: "The database's identity was deleted",
  shownBy: "The default identity's id answers 404, or an identity of that name is there again and is another principal.",
  repair:
    "A deleted identity can't be brought back: make one under a new name, grant it what the old one had, attach it, make it the default, then detach the stale one. Account: each a write of its own. Cluster: identity and key URL in one.",
  steps: [
    "CreateIdentity",
    "RestoreRoleAssignment",
    "GrantKeyRole",
    "AddAccessPolicyPermissions",
    "AttachIdentity",
    "SetDefaultIdentity",
    "SetClusterEncryption",
    "DetachIdentity",
  ],
  kinds: ["account", "cluster"],
  source:
    'Microsoft Learn: account troubleshooting guide, "Token Acquisition error"; vCore troubleshooting guide, "Recovering from managed identity deletion"',
  default: "ask",
  statusCodes: [NO_TOKEN],
  find: (facts, target) => {
    const principal = principalIn(facts, target);
    if (principal.state !== "gone") return undefined;
    const { identityId, recreated } = principal;
    const text = recreated
      ? `identity ${nameOf(identityId)} was made again: it has another principal than the database knows (attaching it again may refresh that)`
      : `identity ${nameOf(identityId)} does not exist`;
    return { effect: "broken", facts: [text], values: { identityId } };
  },
  mend: ({ values }, facts, target) => mend(facts, target, String(values["identityId"])),
};
