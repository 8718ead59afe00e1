/**
 * The smallest grant that lets a principal do with a key what a database needs, in the vault's active permission model: what was lost,
 * put back as it was, or else the encryption role at the key. Never another model, never a wider scope than the vault.
 */
import { ENCRYPTION_USER, type OperationAccess, POLICY_PERMISSIONS, roleGuid } from "../access/access.ts";
import { isUnder, keyScopeOf, sameId, sameText } from "../arm-id.ts";
import type { Facts, LiveVault, RoleAssignment, TargetFacts } from "../facts.ts";
import { accessOf } from "../access/key-access.ts";
import { liveVaultOf, uriOf } from "../databases/key-path.ts";
import { rulesOf } from "../databases/index.ts";
import type { Grantee } from "../access/access.ts";
import type { StepDraft } from "../steps/step.ts";

/**
 * An assignment of the encryption role that the vault held before and that is gone. One of a wider role would grant more than a database
 * needs; one made above the vault reaches other vaults, which are not this patient's: both give way to the role at the key.
 */
export function lostAssignment(facts: Facts, vaultId: string, keyScope: string, principalId: string): RoleAssignment | undefined {
  const now = facts.access.flatMap((access) => (access.state === "read" ? access.assignments : []));
  const lost = (facts.baseline?.assignments ?? []).filter(
    (before) =>
      sameText(before.principalId, principalId) &&
      roleGuid(before.roleDefinitionId) === ENCRYPTION_USER &&
      isUnder(vaultId, before.scope) &&
      isUnder(before.scope, keyScope) &&
      !now.some(({ id }) => sameId(id, before.id)),
  );
  // One under a condition helps only where that is met.
  return lost.find(({ condition }) => condition === null) ?? lost[0];
}

export function restoreDraft(assignment: RoleAssignment, grantee: Grantee): Extract<StepDraft, { name: "RestoreRoleAssignment" }> {
  const { scope, name, roleDefinitionId, principalType, condition, conditionVersion, description } = assignment;
  return {
    name: "RestoreRoleAssignment",
    params: { ...grantee, scope, name, roleDefinitionId, principalType, condition, conditionVersion, description },
  };
}

const keyDraft = (vaultId: string, keyName: string, grantee: Grantee): StepDraft => ({
  name: "GrantKeyRole",
  params: { ...grantee, scope: keyScopeOf(vaultId, keyName), roleDefinitionId: ENCRYPTION_USER },
});

function roleDraft(facts: Facts, vaultId: string, keyName: string, grantee: Grantee): StepDraft {
  const scope = keyScopeOf(vaultId, keyName);
  const lost = grantee.principalId === null ? undefined : lostAssignment(facts, vaultId, scope, grantee.principalId);
  return lost ? restoreDraft(lost, grantee) : keyDraft(vaultId, keyName, grantee);
}

function policyDraft(vault: LiveVault, target: TargetFacts, grantee: Grantee, lacking: readonly string[] | undefined): StepDraft {
  const keys = lacking ?? rulesOf(target).operations.map((operation) => POLICY_PERMISSIONS[operation]);
  return {
    name: "AddAccessPolicyPermissions",
    params: { ...grantee, vaultId: vault.id, tenantId: vault.tenantId, applicationId: null, keys: [...keys] },
  };
}

/**
 * What somebody denied, or tied to a condition that a second grant would go around. Conditions that stood already while the database was
 * healthy went around nobody: there, another assignment beside them is what was lost.
 */
export function refusedOf(
  facts: Facts,
  target: TargetFacts,
  principalId: string,
  operations: readonly OperationAccess[],
): OperationAccess | undefined {
  const denied = operations.find(({ why }) => why === "denied" || why === "maybeDenied");
  if (denied) return denied;
  const conditional = operations.filter(({ why }) => why === "condition");
  if (conditional.length === 0) return undefined;
  // Access is judged only where there are a live vault and a key.
  const vaultId = liveVaultOf(facts)!.id;
  const lost = lostAssignment(facts, vaultId, keyScopeOf(vaultId, uriOf(target)!.key!), principalId);
  if (lost?.condition !== null) return conditional[0];
  // What was lost stands in the baseline.
  const isOld = (id: string): boolean => facts.baseline!.assignments.some((before) => sameId(before.id, id));
  return conditional.every(({ by }) => by.every(isOld)) ? undefined : conditional[0];
}

/** Why a grant must not be made. */
export function whyNoGrant(facts: Facts, target: TargetFacts, { identityId, principalId }: Grantee): string | undefined {
  const access = principalId === null ? undefined : accessOf(facts, target, principalId);
  if (principalId === null || access?.state !== "judged") return undefined;
  const refused = refusedOf(facts, target, principalId, access.effective.operations);
  return refused && `${identityId ?? principalId} can't ${refused.operation} with the key: ${refused.detail}`;
}

/** By a role, which: what was there before or a new one. */
type RoleDraft = (facts: Facts, vaultId: string, keyName: string, grantee: Grantee) => StepDraft;

function draftsBy(byRole: RoleDraft, facts: Facts, target: TargetFacts, grantee: Grantee): StepDraft[] {
  const { vault } = facts;
  const keyName = uriOf(target)?.key;
  if (vault?.state !== "live" || !keyName) return [];
  const access = grantee.principalId === null ? undefined : accessOf(facts, target, grantee.principalId);
  const judged = access?.state === "judged" ? access.effective : undefined;
  if (judged?.allowed) return [];
  if (vault.permissionModel === "rbac") return [byRole(facts, vault.id, keyName, grantee)];
  return [
    policyDraft(
      vault,
      target,
      grantee,
      judged?.lacking.map((operation) => POLICY_PERMISSIONS[operation]),
    ),
  ];
}

/** Empty where the principal can do already what the database needs, or where there is no live vault to grant on. */
export const grantDrafts = (facts: Facts, target: TargetFacts, grantee: Grantee): StepDraft[] =>
  draftsBy(roleDraft, facts, target, grantee);

/** The same where nothing is put back: it reaches no further than the key, whatever was there before. */
export const newGrantDrafts = (facts: Facts, target: TargetFacts, grantee: Grantee): StepDraft[] =>
  draftsBy((_, ...on) => keyDraft(...on), facts, target, grantee);
