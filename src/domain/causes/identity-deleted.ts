import { nameOf } from "../arm-id.ts";
import type { Cause } from "../cause.ts";
import { principalIn } from "../databases/key-path.ts";
import { replaceGone } from "../mending/replacement-identity.ts";
import { NO_TOKEN } from "../databases/account.ts";
import { IDENTITY_DELETED } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    IdentityDeleted: true;
  }
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
  madeBy: IDENTITY_DELETED,
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
  mend: ({ values }, facts, target) => replaceGone(facts, target, String(values["identityId"])),
};
