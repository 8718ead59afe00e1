import { sameId } from "../arm-id.ts";
import type { Cause, Mend } from "../cause.ts";
import { principalOf, principalStateOf } from "../databases/index.ts";
import { type NamedDefault, rememberedDefault } from "../databases/default-identity.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { readinessOf } from "../access/key-access.ts";
import { principalIn } from "../databases/key-path.ts";
import { SYSTEM_ASSIGNED } from "../databases/database-change.ts";
import type { StepDraft } from "../steps/step.ts";
import { grantAndSwitch, switchDrafts } from "../mending/switch-identity.ts";

/** What the database names, or named when it was last healthy; not an identity that is gone. */
function remembered(facts: Facts, target: TargetFacts): NamedDefault | undefined {
  const { defaultIdentity } = target;
  if (defaultIdentity.form !== "undefined" && defaultIdentity.form !== "unknown") return defaultIdentity;
  const choice = rememberedDefault(target, facts.baseline);
  if (!choice) return undefined;
  const { state } = principalStateOf({ ...target, defaultIdentity: choice }, facts.identities, facts.firstPartyPrincipalId);
  return state === "gone" ? undefined : choice;
}

const userIdentity = (id: string): NamedDefault => ({ form: "user", id, federatedClientId: null });

/** The one attached identity that can reach the key, if there is just one. */
function onlyAble(facts: Facts, target: TargetFacts): NamedDefault | undefined {
  const able = (principalId: string | null | undefined): boolean => !!principalId && readinessOf(facts, target, principalId) !== "none";
  // A grant outlives its identity: only one that exists can do anything with it.
  const users = target.attached.filter(({ id }) =>
    able(principalOf({ ...target, defaultIdentity: userIdentity(id) }, facts.identities, null)),
  );
  const choices: NamedDefault[] = users.map(({ id }) => userIdentity(id));
  if (able(target.systemPrincipalId)) choices.push({ form: "system" });
  return choices.length === 1 ? choices[0] : undefined;
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

function mend(facts: Facts, target: TargetFacts): Mend {
  const choice = remembered(facts, target) ?? onlyAble(facts, target);
  switch (choice?.form) {
    case undefined:
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
    "Attach the one that was in use when last healthy, if it was detached, and make it the default again, in two writes; else the only attached one that can reach the key; else a person chooses. A system-assigned identity that was switched off and on is a new principal and is granted first.",
  steps: [
    "RestoreRoleAssignment",
    "GrantKeyRole",
    "AddAccessPolicyPermissions",
    "AttachIdentity",
    "SetDefaultIdentity",
    "SetClusterEncryption",
  ],
  kinds: ["account", "cluster"],
  source:
    'Microsoft Learn: account troubleshooting guide, "Invalid Azure Cosmos DB default identity"; recorded: Azure/azure-cli test_cosmosdb_managed_service_identity.yaml',
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
  mend: (_evidence, facts, target) => mend(facts, target),
};
