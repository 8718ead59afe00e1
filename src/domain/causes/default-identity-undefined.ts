import { sameId } from "../arm-id.ts";
import type { Cause, Mend } from "../cause.ts";
import { type NamedDefault, rememberedDefault } from "../default-identity.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { grantDrafts } from "../grants.ts";
import { readinessOf } from "../key-access.ts";
import { principalIn } from "../key-path.ts";
import { SYSTEM_ASSIGNED } from "../steps/attach-identity.ts";
import type { StepDraft } from "../steps/step.ts";
import { switchDrafts } from "./switch-identity.ts";

/** What the database names, or named when it was last healthy; not an identity that is gone. */
function remembered(facts: Facts, target: TargetFacts): NamedDefault | undefined {
  const { defaultIdentity } = target;
  if (defaultIdentity.form !== "undefined" && defaultIdentity.form !== "unknown") return defaultIdentity;
  const choice = rememberedDefault(target, facts.baseline);
  if (choice?.form !== "user") return choice;
  return facts.identities.some(({ id, state }) => sameId(id, choice.id) && state === "gone") ? undefined : choice;
}

/** The one attached identity that can reach the key, if there is just one. */
function onlyAble(facts: Facts, target: TargetFacts): NamedDefault | undefined {
  const able = (principalId: string | null): boolean => principalId !== null && readinessOf(facts, target, principalId) !== "none";
  const users = target.attached.filter(({ principalId }) => able(principalId));
  const choices: NamedDefault[] = users.map(({ id }) => ({ form: "user", id, federatedClientId: null }));
  if (able(target.systemPrincipalId)) choices.push({ form: "system" });
  return choices.length === 1 ? choices[0] : undefined;
}

function userDrafts(facts: Facts, target: TargetFacts, identityId: string): StepDraft[] {
  const identity = facts.identities.find(({ id }) => sameId(id, identityId));
  const principalId = identity?.state === "live" ? identity.principalId : null;
  return [...grantDrafts(facts, target, { identityId, principalId }), ...switchDrafts(target, identityId)];
}

/** A system-assigned identity that was switched off and on has a new principal: it is granted first. */
function systemDrafts(facts: Facts, target: TargetFacts): StepDraft[] {
  const { id: targetId, kind: targetKind, systemPrincipalId } = target;
  const setDefault: StepDraft = { name: "SetDefaultIdentity", params: { targetId, defaultIdentity: "SystemAssignedIdentity" } };
  if (systemPrincipalId === null)
    return [{ name: "AttachIdentity", params: { targetId, targetKind, identityId: SYSTEM_ASSIGNED } }, setDefault];
  return [...grantDrafts(facts, target, { identityId: null, principalId: systemPrincipalId }), setDefault];
}

function mend(facts: Facts, target: TargetFacts): Mend {
  const choice = remembered(facts, target) ?? onlyAble(facts, target);
  if (choice?.form === "user" && choice.federatedClientId !== null) {
    return { kind: "escalate", reason: `${target.name} used an identity that reaches into another tenant` };
  }
  switch (choice?.form) {
    case undefined:
      return { kind: "escalate", reason: `which identity ${target.name} should use can't be told: name one as its default identity` };
    case "user":
      return { kind: "steps", steps: userDrafts(facts, target, choice.id) };
    case "system":
      return { kind: "steps", steps: systemDrafts(facts, target) };
    case "firstParty": {
      const grants = grantDrafts(facts, target, { identityId: null, principalId: facts.firstPartyPrincipalId });
      return {
        kind: "steps",
        steps: [...grants, { name: "SetDefaultIdentity", params: { targetId: target.id, defaultIdentity: "FirstPartyIdentity" } }],
      };
    }
  }
}

/** Detaching the default identity leaves the account with none, and Azure never picks another by itself. */
export const defaultIdentityUndefined: Cause = {
  code: "DefaultIdentityUndefined",
  title: "The database has no default identity",
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
