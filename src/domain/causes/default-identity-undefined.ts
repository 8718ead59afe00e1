import { nameOf, sameId } from "../arm-id.ts";
import type { Cause, Mend } from "../cause.ts";
import { principalStateOf } from "../databases/index.ts";
import { type NamedDefault, rememberedDefault } from "../databases/default-identity.ts";
import { isYoungDefault } from "../access/known-good.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { principalIn } from "../databases/key-path.ts";
import { SYSTEM_ASSIGNED } from "../databases/database-change.ts";
import type { StepDraft } from "../steps/step.ts";
import { replaceGone } from "../mending/replacement-identity.ts";
import { grantAndSwitch, onlyAble, switchDrafts } from "../mending/switch-identity.ts";
import { DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    DefaultIdentityUndefined: true;
  }
}

/** What the database names, or named when it was last healthy; not an identity that is gone. */
function remembered(facts: Facts, target: TargetFacts): NamedDefault | undefined {
  const { defaultIdentity } = target;
  if (defaultIdentity.form !== "undefined" && defaultIdentity.form !== "unknown") return defaultIdentity;
  const choice = rememberedDefault(target, facts.baseline);
  if (!choice) return undefined;
  const { state } = principalStateOf({ ...target, defaultIdentity: choice }, facts.identities, facts.firstPartyPrincipalId);
  return state === "gone" ? undefined : choice;
}

function useUser(facts: Facts, target: TargetFacts, identityId: string): Mend {
  const identity = facts.identities.find(({ id }) => sameId(id, identityId));
  const principalId = identity?.state === "live" ? identity.principalId : null;
  return grantAndSwitch(facts, target, { identityId, principalId }, { after: switchDrafts(target, identityId) });
}

/** A system-assigned identity that was switched off and on has a new principal: it is granted before it is used. Its id is the database's. */
function useSystem(facts: Facts, target: TargetFacts): Mend {
  const { id: targetId, systemPrincipalId: principalId } = target;
  const attach: StepDraft = { name: "AttachIdentity", params: { targetId, identityId: SYSTEM_ASSIGNED } };
  const setDefault: StepDraft = { name: "SetDefaultIdentity", params: { targetId, defaultIdentity: "SystemAssignedIdentity" } };
  const before = principalId === null ? [attach] : [];
  return grantAndSwitch(facts, target, { identityId: targetId, principalId }, { before, after: [setDefault] });
}

function useFirstParty(facts: Facts, target: TargetFacts): Mend {
  const setDefault: StepDraft = { name: "SetDefaultIdentity", params: { targetId: target.id, defaultIdentity: "FirstPartyIdentity" } };
  return grantAndSwitch(facts, target, { identityId: null, principalId: facts.firstPartyPrincipalId }, { after: [setDefault] });
}

/** What the database named, or had when last healthy, and that is gone: it is replaced as for a database that names it still. */
function goneIdentity(facts: Facts, target: TargetFacts): string | undefined {
  const choice = rememberedDefault(target, facts.baseline);
  if (choice?.form !== "user" || choice.federatedClientId !== null) return undefined;
  const { state } = principalStateOf({ ...target, defaultIdentity: choice }, facts.identities, facts.firstPartyPrincipalId);
  return state === "gone" ? choice.id : undefined;
}

const asking = (proposed: Mend, asks: string | undefined): Mend =>
  proposed.kind === "steps" && asks !== undefined ? { ...proposed, asks } : proposed;

function mend(facts: Facts, target: TargetFacts): Mend {
  const gone = goneIdentity(facts, target);
  const choice = remembered(facts, target) ?? onlyAble(facts, target);
  switch (choice?.form) {
    case undefined:
      if (gone !== undefined)
        return asking(replaceGone(facts, target, gone), `the identity that ${target.name} used, ${nameOf(gone)}, was deleted`);
      return {
        kind: "escalate",
        reason: `which identity ${target.name} should use can't be told: attach one that can reach the key and make it the default`,
      };
    case "user":
      if (choice.federatedClientId === null) return useUser(facts, target, choice.id);
      return { kind: "escalate", reason: `${target.name} used an identity that reaches into another tenant` };
    case "system":
      return useSystem(facts, target);
    case "firstParty":
      return useFirstParty(facts, target);
  }
}

/** Detaching the default identity leaves the account with none, and Azure never picks another by itself. */
export const defaultIdentityUndefined: Cause = {
  code: "DefaultIdentityUndefined",
  title: "The database has no default identity",
  shownBy: "The default identity is Undefined, or one that is not attached.",
  repair:
    "Attach the one that was in use when last healthy, if it was detached, and make it the default again, in two writes; else the only attached one that can reach the key; where the one in use was deleted, make one in its place, as for a database that names it still; else a person chooses. A system-assigned identity that was switched off and on is a new principal and is granted first.",
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
    'Microsoft Learn: account troubleshooting guide, "Invalid Azure Cosmos DB default identity"; recorded: Azure/azure-cli test_cosmosdb_managed_service_identity.yaml',
  madeBy: DATABASE,
  default: "auto",
  statusCodes: [4015],
  find: (facts, target) => {
    const principal = principalIn(facts, target);
    if (principal.state !== "undefined" && principal.state !== "detached") return undefined;
    const text =
      principal.state === "undefined"
        ? `${target.name} has no default identity`
        : `${target.name} names ${principal.identityId ?? "its system-assigned identity"} as default, which is not attached`;
    return { effect: "broken", facts: [text], values: {} };
  },
  mend: (_evidence, facts, target, settings) => {
    // What it names itself is its owner's word; what is only remembered must have stood.
    const isRemembered = principalIn(facts, target).state === "undefined" && remembered(facts, target) !== undefined;
    return asking(mend(facts, target), isRemembered ? isYoungDefault(facts, target, settings) : undefined);
  },
};
